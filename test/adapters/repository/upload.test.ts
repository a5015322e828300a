import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeOf } from "../../../src/adapters/repository/place.ts";
import { Tree } from "../../../src/adapters/repository/tree.ts";
import { uploadPlace } from "../../../src/adapters/repository/upload.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../../support/package-clients.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { distributionOf, ReleaseTree, release } from "../../support/release-tree.ts";
import { SshServer } from "../../support/ssh-server.ts";

const gpg = new GpgHome();
const sshd = new SshServer();
const clients: PackageClient[] = [];
let key: string;
let maker: PackageMaker;
let tree: ReleaseTree;
let mirror: string;
let keyFile: string;

beforeAll(async () => {
  key = gpg.makeKey({ algorithm: "rsa2048" });
  gpg.gpg(["--import-ownertrust"], `${key}:6:\n`);
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  mirror = mkdtempSync(join(tmpdir(), "rb-mirror-"));
  keyFile = join(maker.directory, "key.asc");
  writeFileSync(keyFile, gpg.exportKey(key));
  await sshd.start();
});

afterAll(async () => {
  for (const client of clients) client.remove();
  await sshd.remove();
  rmSync(mirror, { recursive: true, force: true });
  tree.remove();
  maker.remove();
  gpg.remove();
});

function seen(client: PackageClient): string[] {
  clients.push(client);
  const run = client.refresh();
  expect(`${run.stdout}${run.stderr} status ${run.status}`).toMatch(/status 0$/);
  return client.offers();
}

const target = (type: string) => ({ to: `${sshd.host}:${mirror}/${type}/r4.3`, rsh: sshd.rsh });

interface Kind {
  readonly type: string;
  readonly dist: string;
  readonly make: (version: string) => string;
  readonly client: () => PackageClient;
  readonly offers: (version: string) => string;
}

const kinds: readonly Kind[] = [
  {
    type: "rpm",
    dist: "host-fc41",
    make: (version) => maker.rpm({ name: "alpha", version }, key),
    client: () => dnfClient(`file://${mirror}/rpm/r4.3/current-testing/host/fc41`, keyFile),
    offers: (version) => `alpha ${version}.fc41`,
  },
  {
    type: "deb",
    dist: "vm-bookworm",
    make: (version) => maker.deb({ name: "alpha", version }),
    client: () => aptClient(`file:${mirror}/deb/r4.3/vm`, "bookworm-testing", keyFile),
    offers: (version) => `alpha ${version}`,
  },
  {
    type: "archlinux",
    dist: "vm-archlinux",
    make: (version) => maker.arch({ name: "alpha", version }, key),
    client: () =>
      pacmanClient(
        `file://${mirror}/archlinux/r4.3/current-testing/vm/archlinux/pkgs`,
        "qubes-r4.3-current-testing",
        gpg.directory,
      ),
    offers: (version) => `alpha ${version}`,
  },
];

describe.each(kinds)("an upload to a real sshd: $type", ({ type, dist, make, client, offers }) => {
  it("shows clients all of a publication, and between its two phases the one before", async () => {
    const distribution = distributionOf(dist);
    const where = { release, repository: "current-testing", distribution } as const;
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [make("1.0-1")] })).toBeNull();
    await tree.repositories.upload(where, target(type));
    const latest = (version: string): boolean => seen(client()).includes(offers(version));
    expect(latest("1.0-1")).toBe(true);
    expect(tree.repositories.pendingUploads()).toEqual([]);

    // The second one within the same second: its repomd.xml has the same size and time.
    expect(await tree.publish({ dist, component: "alpha", commit: "b", files: [make("2.0-1")] })).toBeNull();
    expect(tree.repositories.pendingUploads()).toHaveLength(1);
    const inside = new Tree(tree.plain);
    await uploadPlace(inside, placeOf(release, "current-testing", distribution), target(type), "first");
    expect(latest("2.0-1")).toBe(false);
    expect(latest("1.0-1")).toBe(true);
    await tree.repositories.upload(where, target(type));
    expect(latest("2.0-1")).toBe(true);
    expect(tree.repositories.pendingUploads()).toEqual([]);
  });
});

describe("an upload that fails", () => {
  it("is a state of its own, shown with its error, and ends once it gets through", async () => {
    const where = { release, repository: "current-testing", distribution: distributionOf("host-fc41") } as const;
    expect(
      await tree.publish({
        dist: "host-fc41",
        component: "alpha",
        commit: "c",
        files: [maker.rpm({ name: "alpha", version: "3.0-1" }, key)],
      }),
    ).toBeNull();
    await sshd.stop();
    await expect(tree.repositories.upload(where, target("rpm"))).rejects.toMatchObject({ code: "UNREACHABLE" });
    await expect(tree.repositories.upload(where, target("rpm"))).rejects.toMatchObject({ code: "UNREACHABLE" });
    const [pending] = tree.repositories.pendingUploads();
    expect(pending).toMatchObject({ tries: 2, repository: "current-testing" });
    expect(pending?.retryAt?.getTime()).toBe(tree.now.getTime() + 60_000);
    expect(await tree.repositories.reconcile("look")).toMatchObject([{ kind: "not-uploaded" }]);
    await sshd.start();
    await tree.repositories.upload(where, target("rpm"));
    expect(tree.repositories.pendingUploads()).toEqual([]);
  });

  it("leaves a client of the state before what it asks for, takes older metadata off, never packages, and nothing of ours", async () => {
    const where = { release, repository: "current-testing", distribution: distributionOf("host-fc41") } as const;
    const base = join(mirror, "rpm/r4.3/current-testing/host/fc41");
    const there = (): string[] => readdirSync(join(base, "repodata")).sort();
    const here = (): string[] => readdirSync(join(tree.root, "rpm/r4.3/current-testing/host/fc41/repodata")).sort();
    const before = there();
    for (const [index, commit] of ["d", "e", "f"].entries()) {
      tree.pass(1);
      const files = [maker.rpm({ name: "alpha", version: `${index + 4}.0-1` }, key)];
      expect(await tree.publish({ dist: "host-fc41", component: "alpha", commit, files })).toBeNull();
    }
    // Three changes at once: here nobody refers any more to what the mirror has.
    expect(here()).not.toEqual(expect.arrayContaining(before));
    await tree.repositories.upload(where, target("rpm"));
    expect(there()).toEqual(expect.arrayContaining(before));
    await tree.repositories.upload(where, target("rpm"));
    expect(there()).toEqual(here());
    expect(readdirSync(join(base, "rpm"))).toHaveLength(6);
    expect(existsSync(join(mirror, ".release-bot"))).toBe(false);
  });
});
