import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kind, kinds } from "../../support/crash-scene.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ReleaseTree } from "../../support/release-tree.ts";
import { isFullSoak } from "../../support/soak.ts";
import { type Served, TreeServer } from "../../support/tree-server.ts";

const promotions = isFullSoak ? 40 : 2;
const gpg = new GpgHome();
let key: string;
let maker: PackageMaker;
let tree: ReleaseTree;
let keyFile: string;
let server: TreeServer;
let address: string;

beforeAll(async () => {
  key = gpg.makeKey({ algorithm: "rsa2048" });
  gpg.gpg(["--import-ownertrust"], `${key}:6:\n`);
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
  server = new TreeServer(tree.root);
  address = await server.start();
});

afterAll(() => {
  server.stop();
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
 * pacman and dnf fetch what is signed and its signature as two files; apt fetches one, and all else by hash. A client whose
 * two requests stand on both sides of a promotion has a pair that does not fit, with any publisher: pacman refuses it, and
 * its next refresh succeeds; dnf asks again by itself, and refuses only where that happens to it again at once.
 */
const pairs: Readonly<Record<Kind, readonly [string, string] | null>> = {
  rpm: ["rpm/r4.3/current/host/fc41/repodata/repomd.xml", "rpm/r4.3/current/host/fc41/repodata/repomd.xml.asc"],
  deb: null,
  arch: [
    "archlinux/r4.3/current/vm/archlinux/pkgs/qubes-r4.3-current.db",
    "archlinux/r4.3/current/vm/archlinux/pkgs/qubes-r4.3-current.db.sig",
  ],
};

/** The two files of the pair that were served last; null where there is none. */
function lastPair(kind: Kind, served: readonly Served[]): readonly string[] | null {
  const found = pairs[kind]?.map((path) => served.findLast((one) => one.path === `/${path}`)?.sha256 ?? "") ?? null;
  return found === null || found.includes("") ? null : found;
}

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
      /** The pairs that fit, as they stood after each promotion. */
      const fitting = new Map<string, string>();
      const note = (): void => {
        const [data, signature] = (pairs[kind] ?? []).map((path) =>
          hash("sha256", readFileSync(join(tree.root, path))),
        );
        if (data !== undefined && signature !== undefined) fitting.set(data, signature);
      };
      note();
      const client = clientOf(kind);
      let going = true;
      let refreshes = 0;
      const raced: { readonly pair: readonly string[]; readonly said: string }[] = [];
      const looping = (async () => {
        while (going) {
          server.take();
          let run = await refresh(client.words);
          // A slow client may come between two files again; each time is looked at below.
          for (let pair = lastPair(kind, server.take()); run.status !== 0 && pair !== null; ) {
            raced.push({ pair, said: run.said });
            run = await refresh(client.words);
            pair = lastPair(kind, server.take());
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
        note();
      }
      going = false;
      await looping;
      client.remove();
      expect(refreshes).toBeGreaterThan(0);
      // Each failure was that one case: both files are of promotions, of two different ones.
      for (const { pair, said } of raced) {
        expect([...fitting.keys()], said).toContain(pair[0]);
        expect([...fitting.values()], said).toContain(pair[1]);
        expect(fitting.get(pair[0] ?? ""), said).not.toBe(pair[1]);
      }
      process.stdout.write(
        `${kind}: ${promotions} promotions, ${refreshes} refreshes, ${raced.length} between the two files\n`,
      );
    });
  },
);
