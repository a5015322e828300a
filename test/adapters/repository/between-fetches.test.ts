import { spawn } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Repositories } from "../../../src/adapters/repository/index.ts";
import { type Kind, kinds } from "../../support/crash-scene.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ReleaseTree } from "../../support/release-tree.ts";
import { TreeServer } from "../../support/tree-server.ts";

const gpg = new GpgHome();
let key: string;
let maker: PackageMaker;
let keyFile: string;
let tree: ReleaseTree;
let server: TreeServer;
let address: string;
let client: PackageClient;

beforeAll(() => {
  key = gpg.makeKey({ algorithm: "rsa2048" });
  gpg.gpg(["--import-ownertrust"], `${key}:6:\n`);
  maker = new PackageMaker(gpg);
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
});

afterAll(() => {
  maker.remove();
  gpg.remove();
});

beforeEach(async () => {
  tree = new ReleaseTree(gpg, key);
  server = new TreeServer(tree.root);
  address = await server.start();
});

afterEach(() => {
  client.remove();
  expect(server.faults).toEqual([]);
  server.stop();
  tree.remove();
});

const packages: Readonly<Record<Kind, (version: string) => string[]>> = {
  rpm: (version) => ["alpha", "alpha-doc"].map((name) => maker.rpm({ name, version }, key)),
  deb: (version) => ["alpha", "alpha-doc"].map((name) => maker.deb({ name, version, source: "alpha" })),
  arch: (version) => ["alpha", "alpha-doc"].map((name) => maker.arch({ name, version, source: "alpha" }, key)),
};

/** Promotes a first version; answers how to publish and promote the next, of `count` in all, a minute later. */
async function prepare(kind: Kind, count: number): Promise<(repositories?: Repositories) => Promise<void>> {
  const dist = kinds[kind];
  const waiting = Array.from({ length: count }, (_, index) => ({
    commit: "abcdef".charAt(index),
    files: packages[kind](`${index + 1}.0-1`),
  }));
  const next = async (repositories = tree.repositories): Promise<void> => {
    const build = waiting.shift();
    if (build === undefined) return;
    tree.pass(1 / 1440);
    expect(await tree.publish({ dist, component: "alpha", ...build }, repositories)).toBeNull();
    const wish = { dists: [dist], component: "alpha", commit: build.commit, minAgeDays: 0 };
    expect(await tree.promote(wish, repositories)).toEqual(["done"]);
  };
  await next();
  return next;
}

/** Apart from this process, which serves. */
function refresh(words = client.words): Promise<{ status: number | null; said: string }> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, said })));
}

/** Lets the action happen once, before the first request whose path matches. */
function onceBefore(pattern: RegExp, action: () => Promise<void>): void {
  let isDue = true;
  server.before = async (path) => {
    if (!isDue || !pattern.test(path)) return;
    isDue = false;
    await action();
  };
}

const signature = { rpm: /repomd\.xml\.asc$/, arch: /current\.db\.sig$/ } as const;

const rpmBase = (): string => `${address}/rpm/r4.3/current/host/fc41`;

function clientOf(kind: Kind): PackageClient {
  if (kind === "rpm") return dnfClient(rpmBase(), keyFile);
  if (kind === "deb") return aptClient(`${address}/deb/r4.3/vm`, "bookworm", keyFile);
  return pacmanClient(`${address}/archlinux/r4.3/current/vm/archlinux/pkgs`, "qubes-r4.3-current", gpg.directory);
}

describe("a promotion between two requests of one client", () => {
  it.each([
    ["rpm", 3, "its lists", /-(primary|filelists)\.xml\.gz$/, "1.0-1.fc41"],
    ["deb", 3, "its indices, which it asks for by their hash", /by-hash/, "1.0-1"],
  ] as const)(
    "%s: %d promotions before %s: it gets on with the state that it began with, whole",
    async (kind, count, _, pattern, version) => {
      const next = await prepare(kind, count + 1);
      client = clientOf(kind);
      onceBefore(pattern, async () => {
        for (let round = 0; round < count; round++) await next();
      });
      const { status, said } = await refresh();
      expect(`${said} status ${status}`).toMatch(/status 0$/);
      expect(client.offers()).toEqual([`alpha ${version}`, `alpha-doc ${version}`]);
      expect((await refresh()).status).toBe(0);
      expect(client.offers().at(-1)).toMatch(/^alpha-doc 4\.0-1/);
    },
  );

  it("rpm: before the signature: dnf asks for both again by itself, and succeeds", async () => {
    const next = await prepare("rpm", 3);
    client = clientOf("rpm");
    expect((await refresh()).status).toBe(0);
    // A dnf that has the current state would ask for repomd.xml only.
    await next();
    onceBefore(signature.rpm, () => next());
    server.take();
    const { status, said } = await refresh();
    expect(`${said} status ${status}`).toMatch(/status 0$/);
    expect(server.take().filter(({ path }) => signature.rpm.test(path)).length).toBeGreaterThan(1);
    expect(client.offers().at(-1)).toMatch(/^alpha-doc 3\.0-1/);
  });

  /** What two files under fixed names leave: a client that holds one of before, and gets its signature of after, at its last try. */
  it.each([
    ["rpm", "each signature that it asks for", /Bad GPG signature/],
    ["arch", "the signature", /invalid or corrupted database \(PGP signature\)/],
  ] as const)("%s: before %s: it refuses the pair, and its next refresh succeeds", async (kind, _, message) => {
    const next = await prepare(kind, 5);
    client = clientOf(kind);
    expect((await refresh()).status).toBe(0);
    const before = client.offers();
    if (kind === "rpm") await next();
    server.before = async (path) => {
      if (signature[kind].test(path)) await next();
    };
    const { status, said } = await refresh();
    expect(status).not.toBe(0);
    expect(said).toMatch(message);
    if (kind === "rpm") expect(client.offers()).toEqual(before);
    server.before = async () => undefined;
    // pacman without the second y asks only for what is newer than what it has, and sees that what it has is not good.
    const again = await refresh(client.words.map((word) => (word === "-Syy" ? "-Sy" : word)));
    expect(`${again.said} status ${again.status}`).toMatch(/status 0$/);
    expect(client.offers().at(-1)).toMatch(/^alpha-doc [2-5]\.0-1/);
    expect(client.offers()).not.toEqual(before);
  });
});

describe("a client that goes by the metalink, at a mirror that is behind", () => {
  it("gets on with the former state after a promotion, and does not after a withdrawal", async () => {
    const next = await prepare("rpm", 2);
    const behind = join(maker.directory, "behind");
    cpSync(tree.root, behind, { recursive: true });
    const mirror = new TreeServer(behind);
    const metalink = "rpm/r4.3/current/host/fc41/repodata/repomd.xml.metalink";
    try {
      const at = await mirror.start();
      const mirrored = tree.reopen({ mirrors: [`${at}/rpm`] });
      await next(mirrored);
      client = dnfClient("", keyFile, `${address}/${metalink}`);
      const { status, said } = await refresh();
      expect(`${said} status ${status}`).toMatch(/status 0$/);
      expect(mirror.take().map(({ path }) => path)).toContain("/rpm/r4.3/current/host/fc41/repodata/repomd.xml");
      expect(client.offers()).toEqual(["alpha 1.0-1.fc41", "alpha-doc 1.0-1.fc41"]);
      expect(await tree.withdraw({ dist: kinds.rpm, component: "alpha", commit: "b" }, mirrored)).toBe("done");
      expect((await refresh()).said).toMatch(/Cannot download repomd\.xml|All mirrors were tried/);
    } finally {
      mirror.stop();
    }
  });
});
