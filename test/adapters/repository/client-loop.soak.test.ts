import { spawn } from "node:child_process";
import { createReadStream, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, normalize } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Kind, kinds } from "../../support/crash-scene.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ReleaseTree } from "../../support/release-tree.ts";

vi.setConfig({ testTimeout: 3_600_000 });

const full = process.env["RELEASE_BOT_SOAK"] === "full";
const promotions = full ? 40 : 2;
const gpg = new GpgHome();
let key: string;
let maker: PackageMaker;
let tree: ReleaseTree;
let keyFile: string;
let server: Server;
let address: string;

beforeAll(async () => {
  key = gpg.makeKey({ algorithm: "rsa2048" });
  gpg.gpg(["--import-ownertrust"], `${key}:6:\n`);
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
  server = createServer((request, response) => {
    const path = join(tree.root, normalize(decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/")));
    try {
      const { size, mtime } = statSync(path);
      response.writeHead(200, { "content-length": size, "last-modified": mtime.toUTCString() });
      createReadStream(path).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  address = `http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}`;
});

afterAll(() => {
  server.close();
  tree.remove();
  maker.remove();
  gpg.remove();
});

/** The client's own runs must not stop this process, which serves and promotes: they go through a process of their own. */
function refresh(words: readonly string[]): Promise<{ status: number | null; said: string }> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, said })));
}

const make: Readonly<Record<Kind, (name: string, version: string) => string>> = {
  rpm: (name, version) => maker.rpm({ name, version }, key),
  deb: (name, version) => maker.deb({ name, version, source: "alpha" }),
  arch: (name, version) => maker.arch({ name, version, source: "alpha" }, key),
};

function clientOf(kind: Kind): PackageClient {
  if (kind === "rpm") return dnfClient(`${address}/rpm/r4.3/current/host/fc41`, keyFile);
  if (kind === "deb") return aptClient(`${address}/deb/r4.3/vm`, "bookworm", keyFile);
  return pacmanClient(`${address}/archlinux/r4.3/current/vm/archlinux/pkgs`, "qubes-r4.3-current", gpg.directory);
}

/**
 * pacman and dnf fetch what is signed and its signature as two files: one that stands between the two while both are
 * replaced meets a pair that does not fit, with any publisher. It refuses that, and the next refresh succeeds at once.
 */
const betweenTwoFiles: Readonly<Record<Kind, RegExp | null>> = {
  rpm: /repomd\.xml GPG signature verification error|Bad GPG signature/,
  deb: null,
  arch: /invalid or corrupted database \(PGP signature\)/,
};

describe.each(Object.keys(kinds) as Kind[])(
  "a real client that refreshes all the time while %s packages are promoted",
  (kind) => {
    it(`never fails and never sees half of a promotion, ${promotions} promotions`, async () => {
      const dist = kinds[kind];
      const publish = async (round: number): Promise<void> => {
        const files = ["alpha", "alpha-doc"].map((name) => make[kind](name, `${round}.0-1`));
        tree.pass(1);
        expect(
          await tree.publish({ dist, component: "alpha", commit: "abcdef0123456789".charAt(round % 16), files }),
        ).toBeNull();
      };
      const promote = (round: number): Promise<string[]> =>
        tree.promote({
          dists: [dist],
          component: "alpha",
          commit: "abcdef0123456789".charAt(round % 16),
          minAgeDays: 0,
        });
      await publish(1);
      expect(await promote(1)).toEqual(["done"]);
      const client = clientOf(kind);
      let going = true;
      let refreshes = 0;
      const raced: string[] = [];
      const looping = (async () => {
        while (going) {
          let run = await refresh(client.words);
          if (run.status !== 0 && betweenTwoFiles[kind]?.test(run.said) === true) {
            raced.push(run.said);
            run = await refresh(client.words);
          }
          expect(`${run.said} status ${run.status}`).toMatch(/status 0$/);
          refreshes += 1;
          const versions = client.offers().map((line) => line.split(" "));
          const newest = (name: string): string =>
            versions
              .filter(([one]) => one === name)
              .map(([, version]) => version ?? "")
              .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
              .at(-1) ?? "";
          expect(newest("alpha-doc")).toBe(newest("alpha"));
        }
      })();
      for (let round = 2; round < promotions + 2; round++) {
        await publish(round);
        expect(await promote(round)).toEqual(["done"]);
      }
      going = false;
      await looping;
      client.remove();
      expect(refreshes).toBeGreaterThan(0);
      expect(raced.length, raced.join("\n")).toBeLessThanOrEqual(Math.ceil(promotions / 4));
    });
  },
);
