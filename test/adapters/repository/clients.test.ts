import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ReleaseTree } from "../../support/release-tree.ts";

let gpg: GpgHome;
let key: string;
let maker: PackageMaker;
let tree: ReleaseTree;
let keyFile: string;
const clients: PackageClient[] = [];

beforeAll(() => {
  gpg = new GpgHome();
  key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
  // pacman trusts what its keyring trusts.
  gpg.gpg(["--import-ownertrust"], `${key}:6:\n`);
});

afterAll(() => {
  for (const client of clients) client.remove();
  tree.remove();
  maker.remove();
  gpg.remove();
});

function using(client: PackageClient): PackageClient {
  clients.push(client);
  return client;
}

function seen(client: PackageClient): string[] {
  const run = client.refresh();
  expect(`${run.stdout}${run.stderr} status ${run.status}`).toMatch(/status 0$/);
  return client.offers();
}

describe("a promotion, as real clients with signature checks see it", () => {
  it("reaches dnf, by address and by metalink", async () => {
    const dist = "host-fc41";
    const files = [
      maker.rpm({ name: "alpha", version: "1.0-1" }, key),
      maker.rpm({ name: "alpha-doc", version: "1.0-1" }, key),
    ];
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files })).toBeNull();
    tree.pass(5);
    expect(await tree.promote({ dists: [dist], component: "alpha", commit: "a" })).toEqual(["done"]);
    const base = `file://${tree.root}/rpm/r4.3/current/host/fc41`;
    expect(seen(using(dnfClient(base, keyFile)))).toEqual(["alpha 1.0-1.fc41", "alpha-doc 1.0-1.fc41"]);
  });

  it("reaches apt", async () => {
    const dist = "vm-bookworm";
    const files = [maker.deb({ name: "beta", version: "1.0-1" }), ...maker.debSource({ name: "beta", version: "1.0" })];
    expect(await tree.publish({ dist, component: "beta", commit: "a", files })).toBeNull();
    const client = using(aptClient(`file:${tree.root}/deb/r4.3/vm`, "bookworm-testing", keyFile));
    expect(seen(client)).toEqual(["beta 1.0-1"]);
    tree.pass(5);
    expect(await tree.promote({ dists: [dist], component: "beta", commit: "a" })).toEqual(["done"]);
    expect(seen(using(aptClient(`file:${tree.root}/deb/r4.3/vm`, "bookworm", keyFile)))).toEqual(["beta 1.0-1"]);
  });

  it("reaches pacman, which checks the database's signature and the package's", async () => {
    const dist = "vm-archlinux";
    const files = [maker.arch({ name: "gamma", version: "1.0-1" }, key)];
    expect(await tree.publish({ dist, component: "gamma", commit: "a", files })).toBeNull();
    tree.pass(5);
    expect(await tree.promote({ dists: [dist], component: "gamma", commit: "a" })).toEqual(["done"]);
    const base = `file://${tree.root}/archlinux/r4.3/current/vm/archlinux/pkgs`;
    expect(seen(using(pacmanClient(base, "qubes-r4.3-current", gpg.directory)))).toEqual(["gamma 1.0-1"]);
  });

  it("leaves a tree in which every reference, hash, size and signature is right", async () => {
    expect(await tree.repositories.check()).toEqual([]);
  });
});
