import { spawn } from "node:child_process";
import { cpSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdapterError } from "../../../src/domain/index.ts";
import type { SignRequest } from "../../../src/promotion/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { distributionOf, ReleaseTree, release } from "../../support/release-tree.ts";
import { makeRepreproArchive, repreproList } from "../../support/reprepro-archive.ts";
import { runTool, tryTool } from "../../support/tool.ts";

const dist = "vm-bookworm";
let gpg: GpgHome;
let maker: PackageMaker;
let tree: ReleaseTree;
let base: string;
let keyFile: string;

/** An archive as builder v2 keeps it: reprepro's configuration and database, exported and signed by hand. */
beforeEach(async () => {
  gpg = new GpgHome();
  const key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
  base = join(tree.root, "deb/r4.3/vm");
  makeRepreproArchive(base, gpg, key, maker.deb({ name: "old", version: "1.0-1" }));
});

afterEach(() => {
  tree.remove();
  maker.remove();
  gpg.remove();
});

const database = (suite: string): string[] => repreproList(base, suite);

function offered(suite: string): string[] {
  const client = aptClient(`file:${base}`, suite, keyFile);
  try {
    const run = client.refresh();
    expect(`${run.stderr} status ${run.status}`).toMatch(/status 0$/);
    return client.offers();
  } finally {
    client.remove();
  }
}

const files = (version: string): string[] => [
  maker.deb({ name: "alpha", version, source: "alpha" }),
  maker.deb({ name: "alpha-doc", version, source: "alpha" }),
  ...maker.debSource({ name: "alpha", version: version.replace("-1", "") }),
];

describe("an archive whose truth is reprepro's database", () => {
  it("takes over what builder v2 made, and database and clients agree after each step", async () => {
    expect(await tree.repositories.check()).toEqual([]);
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
    expect(offered("bookworm-testing")).toEqual(["alpha 1.0-1", "alpha-doc 1.0-1", "old 1.0-1"]);
    expect(database("bookworm")).toEqual(["old 1.0-1"]);
    expect(await tree.promote({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 })).toEqual(["done"]);
    expect(offered("bookworm")).toEqual(["alpha 1.0-1", "alpha-doc 1.0-1", "old 1.0-1"]);
    expect(database("bookworm")).toEqual(["alpha 1.0", "alpha 1.0-1", "alpha-doc 1.0-1", "old 1.0-1"]);
    expect(await tree.repositories.check()).toEqual([]);
  });

  it("takes a version out again, and puts the one before it back", async () => {
    for (const [version, commit] of [
      ["1.0-1", "a"],
      ["2.0-1", "b"],
    ] as const) {
      tree.pass(1);
      expect(await tree.publish({ dist, component: "alpha", commit, files: files(version) })).toBeNull();
      expect(await tree.promote({ dists: [dist], component: "alpha", commit, minAgeDays: 0 })).toEqual(["done"]);
    }
    expect(database("bookworm")).toContain("alpha 2.0-1");
    expect(await tree.withdraw({ dist, component: "alpha", commit: "b" })).toBe("done");
    expect(offered("bookworm")).toEqual(["alpha 1.0-1", "alpha-doc 1.0-1", "old 1.0-1"]);
    expect(database("bookworm")).toEqual(["alpha 1.0", "alpha 1.0-1", "alpha-doc 1.0-1", "old 1.0-1"]);
  });

  it("is as it was, database and all, where the signer fails", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
    const [plan] = await tree.plan({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 });
    if (plan === undefined) throw new Error("there is no plan");
    const before = readFileSync(join(base, "dists/bookworm/InRelease"), "utf8");
    const failing = { sign: () => Promise.reject(new AdapterError("SIGNER_FAILED", "the keys qube is shut down")) };
    await expect(tree.repositories.apply(plan, failing)).rejects.toMatchObject({ code: "SIGNER_FAILED" });
    expect(readFileSync(join(base, "dists/bookworm/InRelease"), "utf8")).toBe(before);
    expect(database("bookworm")).toEqual(["old 1.0-1"]);
    await tree.repositories.apply(plan, tree.signer);
    expect(database("bookworm")).toContain("alpha 1.0-1");
  });

  it("goes on after a killed reprepro left its lock, and not while a process holds the database", async () => {
    writeFileSync(join(base, "db/lockfile"), "");
    expect(tryTool("reprepro", ["-b", base, "list", "bookworm"]).status).not.toBe(0);
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
    expect(existsSync(join(base, "db/lockfile"))).toBe(false);
  });

  it("does not wait for a program that only calls itself so", async () => {
    // As npm's title ends where the last word that it was called with does.
    const other = spawn("sleep", ["600"], { argv0: "npm exec vitest run test/reprepro", stdio: "ignore" });
    try {
      expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
      expect(other.exitCode).toBeNull();
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("undoes what a crash left in the database for one suite before it changes another", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
    // The tree as it stands while the first signature is asked for is the tree that a crash at that moment leaves.
    const crashed = join(maker.directory, "crashed");
    const signer = {
      sign: async (request: SignRequest) => {
        if (!existsSync(crashed)) cpSync(tree.root, crashed, { recursive: true, preserveTimestamps: true });
        return tree.signer.sign(request);
      },
    };
    const beta = [maker.deb({ name: "beta", version: "1.0-1" })];
    expect(
      await tree.publish({ dist, component: "beta", commit: "b", files: beta }, tree.repositories, signer),
    ).toBeNull();
    base = join(crashed, "deb/r4.3/vm");
    expect(database("bookworm-testing")).toContain("beta 1.0-1");
    const again = tree.reopen({ root: crashed });
    const wish = { dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 };
    expect(await tree.promote(wish, again)).toEqual(["done"]);
    expect(database("bookworm-testing")).not.toContain("beta 1.0-1");
    expect(existsSync(join(base, "pool/main/b/beta/beta_1.0-1_amd64.deb"))).toBe(false);
    expect(database("bookworm")).toContain("alpha 1.0-1");
    expect(await again.check()).toEqual([]);
    expect(await tree.publish({ dist, component: "beta", commit: "b", files: beta }, again)).toBeNull();
    expect(database("bookworm-testing")).toContain("beta 1.0-1");
  });

  it("takes another build of a version whose publication failed", async () => {
    const failing = { sign: () => Promise.reject(new AdapterError("SIGNER_FAILED", "the keys qube is shut down")) };
    const build = (content: string): string[] => [maker.deb({ name: "alpha", version: "1.0-1", content })];
    const first = { dist, component: "alpha", commit: "a", files: build("one") };
    await expect(tree.publish(first, tree.repositories, failing)).rejects.toMatchObject({ code: "SIGNER_FAILED" });
    expect(await tree.publish({ ...first, files: build("two") })).toBeNull();
    expect(offered("bookworm-testing")).toEqual(["alpha 1.0-1", "old 1.0-1"]);
    expect(await tree.repositories.check()).toEqual([]);
  });

  it("does not publish what stands in the database only, since a reprepro of others was cut off before its export", async () => {
    const stray = maker.deb({ name: "stray", version: "1.0-1" });
    runTool("reprepro", ["--silent", "--export=never", "-b", base, "includedeb", "bookworm-testing", stray]);
    const wish = { dist, component: "alpha", commit: "a", files: files("1.0-1") };
    await expect(tree.publish(wish)).rejects.toThrow(/disagree: it has stray 1\.0-1; bring it in order with reprepro/);
    expect(database("bookworm-testing")).toEqual(["old 1.0-1", "stray 1.0-1"]);
    expect(offered("bookworm-testing")).toEqual(["old 1.0-1"]);
    runTool("reprepro", ["--silent", "--export=never", "-b", base, "remove", "bookworm-testing", "stray"]);
    expect(await tree.publish(wish)).toBeNull();
  });

  it("waits for a reprepro that outlives the program that started it, before it puts anything back", async () => {
    const crashed = join(maker.directory, "crashed");
    const signer = {
      sign: async (request: SignRequest) => {
        if (!existsSync(crashed)) cpSync(tree.root, crashed, { recursive: true, preserveTimestamps: true });
        return tree.signer.sign(request);
      },
    };
    const wish = { dist, component: "alpha", commit: "a", files: files("1.0-1") };
    expect(await tree.publish(wish, tree.repositories, signer)).toBeNull();
    base = join(crashed, "deb/r4.3/vm");
    // Held open as a reprepro at work holds it.
    const orphan = spawn("sleep", ["600"], {
      stdio: [openSync(join(base, "db/packages.db"), "r"), "ignore", "ignore"],
    });
    let isOver = false;
    const recovery = tree
      .reopen({ root: crashed })
      .recover()
      .finally(() => {
        isOver = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(isOver).toBe(false);
    orphan.kill("SIGKILL");
    expect(await recovery).toHaveLength(2);
    expect(database("bookworm-testing")).toEqual(["old 1.0-1"]);
  });

  it("can still be used by reprepro itself, whose export clients can read once it is signed", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: files("1.0-1") })).toBeNull();
    runTool("reprepro", ["--silent", "-b", base, "export", "bookworm-testing"]);
    const suite = join(base, "dists/bookworm-testing");
    expect(readFileSync(join(suite, "main/binary-amd64/Packages"), "utf8")).toContain("Package: alpha\n");
    expect(readdirSync(join(base, "pool/main/a/alpha"))).toHaveLength(4);
    expect(runTool("reprepro", ["-b", base, "check"]).toString()).not.toContain("rror");
  });
});

it("publishes an empty signed suite, and Debian and Ubuntu side by side", async () => {
  const native = new ReleaseTree(gpg, tree.key);
  for (const name of ["vm-bookworm", "vm-jammy"]) {
    const target = { distribution: distributionOf(name), signKey: native.key };
    await native.repositories.create({ release, repository: "current", ...target }, native.signer);
    expect(
      await native.publish({
        dist: name,
        component: "alpha",
        commit: "a",
        files: [maker.deb({ name: "alpha", version: name === "vm-jammy" ? "1.0-1jammy" : "1.0-1" })],
      }),
    ).toBeNull();
  }
  expect(readdirSync(join(native.root, "deb/r4.3/vm/dists")).sort()).toEqual([
    "bookworm",
    "bookworm-testing",
    "jammy",
    "jammy-testing",
  ]);
  expect(await native.repositories.check()).toEqual([]);
  native.remove();
});
