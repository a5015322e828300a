import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AdapterError } from "../../../src/domain/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { distributionOf, ReleaseTree, release } from "../../support/release-tree.ts";
import { runTool, tryTool } from "../../support/tool.ts";

vi.setConfig({ testTimeout: 120_000 });

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
  mkdirSync(join(base, "conf"), { recursive: true });
  const suite = (name: string): string =>
    `Origin: Qubes Debian\nLabel: Qubes Debian\nCodename: ${name}\nArchitectures: amd64 source\nComponents: main\n`;
  writeFileSync(join(base, "conf/distributions"), ["bookworm", "bookworm-testing"].map(suite).join("\n"));
  const old = maker.deb({ name: "old", version: "1.0-1" });
  for (const name of ["bookworm", "bookworm-testing"]) {
    runTool("reprepro", ["--silent", "-b", base, "includedeb", name, old]);
    const file = join(base, "dists", name, "Release");
    gpg.gpg(["--local-user", key, "--armor", "--output", `${file}.gpg`, "--detach-sign", file]);
    gpg.gpg(["--local-user", key, "--output", join(base, "dists", name, "InRelease"), "--clearsign", file]);
  }
});

afterEach(() => {
  tree.remove();
  maker.remove();
  gpg.remove();
});

/** What reprepro's database says of a suite: `NAME VERSION`. */
function database(suite: string): string[] {
  const lines = runTool("reprepro", ["-b", base, "list", suite]).toString().trim().split("\n");
  return [...new Set(lines.filter((line) => line !== "").map((line) => line.split(" ").slice(1).join(" ")))].sort();
}

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
