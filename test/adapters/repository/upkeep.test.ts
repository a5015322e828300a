import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePublishRecord } from "../../../src/formats/publish-record/index.ts";
import { metalinkStates } from "../../../src/formats/rpm/index.ts";
import { packageDesk } from "../../support/package-desk.ts";
import { ReleaseTree, release } from "../../support/release-tree.ts";

const { gpg, key, maker } = packageDesk();
let tree: ReleaseTree;

beforeEach(() => {
  tree = new ReleaseTree(gpg, key);
});

afterEach(() => tree.remove());

const rpm = (version: string, content = version): string => maker.rpm({ name: "alpha", version, content }, key);
const dist = "host-fc41";
const current = (): string => join(tree.root, "rpm/r4.3/current/host/fc41");

describe("clean-up", () => {
  it("takes what was superseded in testing long ago, and nothing that current refers to", async () => {
    for (const [version, commit] of [
      ["1.0-1", "a"],
      ["2.0-1", "b"],
    ] as const) {
      expect(await tree.publish({ dist, component: "alpha", commit, files: [rpm(version)] })).toBeNull();
      tree.pass(6);
      expect(await tree.promote({ dists: [dist], component: "alpha", commit })).toEqual(["done"]);
    }
    const request = { keepDays: 10, signKeyOf: () => tree.key };
    expect(await tree.repositories.cleanUp(request, tree.signer)).toEqual([]);
    tree.pass(5);
    expect(await tree.repositories.cleanUp(request, tree.signer)).toMatchObject([
      { repository: "current-testing", files: ["alpha-1.0-1.fc41.noarch.rpm"] },
    ]);
    expect(readdirSync(join(tree.root, "rpm/r4.3/current-testing/host/fc41/rpm"))).toEqual([
      "alpha-2.0-1.fc41.noarch.rpm",
    ]);
    expect(readdirSync(join(current(), "rpm"))).toHaveLength(2);
    expect(await tree.repositories.check()).toEqual([]);
    expect(await tree.repositories.reconcile("look")).toEqual([]);
  });

  it("leaves in a debian pool what another suite lists", async () => {
    const deb = (version: string): string => maker.deb({ name: "alpha", version });
    expect(
      await tree.publish({ dist: "vm-bookworm", component: "alpha", commit: "a", files: [deb("1.0-1")] }),
    ).toBeNull();
    tree.pass(6);
    expect(await tree.promote({ dists: ["vm-bookworm"], component: "alpha", commit: "a" })).toEqual(["done"]);
    expect(
      await tree.publish({ dist: "vm-bookworm", component: "alpha", commit: "b", files: [deb("2.0-1")] }),
    ).toBeNull();
    tree.pass(100);
    await tree.repositories.cleanUp({ keepDays: 90, signKeyOf: () => tree.key }, tree.signer);
    expect(readdirSync(join(tree.root, "deb/r4.3/vm/pool/main/a/alpha"))).toHaveLength(2);
    expect(await tree.repositories.check()).toEqual([]);
  });
});

describe("reconcile", () => {
  it("names a record of what does not stand, and mends it", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [rpm("1.0-1")] })).toBeNull();
    expect(
      await tree.publish({
        dist,
        component: "beta",
        commit: "a",
        files: [maker.rpm({ name: "beta", version: "1.0-1" }, key)],
      }),
    ).toBeNull();
    const record = join(
      tree.root,
      ".release-bot/records/r4.3/components/beta/1.0-1/host-fc41/publish/beta.publish.yml",
    );
    const text = readFileSync(record, "utf8");
    writeFileSync(record, text.replace("current-testing", "current"));
    await tree.repositories.create(
      { release, repository: "current", distribution: tree.distribution(dist), signKey: tree.key },
      tree.signer,
    );
    const found = await tree.repositories.reconcile("look");
    expect(found.map((one) => one.kind)).toEqual(["recorded-only"]);
    expect((await tree.repositories.reconcile("repair")).every((one) => one.mended)).toBe(true);
    expect(parsePublishRecord(readFileSync(record, "utf8")).publications).toEqual([]);
    expect(await tree.repositories.reconcile("look")).toEqual([]);
  });
});

describe("a metalink", () => {
  it("names the mirrors, and the former repomd.xml for a day, but not after a withdrawal", async () => {
    const mirrored = new ReleaseTree(gpg, key, { mirrors: ["https://yum.example.org/"] });
    const path = join(mirrored.root, "rpm/r4.3/current-testing/host/fc41/repodata/repomd.xml.metalink");
    const states = (): number => metalinkStates(readFileSync(path, "utf8")).length;
    expect(await mirrored.publish({ dist, component: "alpha", commit: "a", files: [rpm("1.0-1")] })).toBeNull();
    expect(states()).toBe(1);
    expect(readFileSync(path, "utf8")).toContain(
      "https://yum.example.org/r4.3/current-testing/host/fc41/repodata/repomd.xml<",
    );
    mirrored.pass(0.5);
    expect(await mirrored.publish({ dist, component: "alpha", commit: "b", files: [rpm("2.0-1")] })).toBeNull();
    expect(states()).toBe(2);
    mirrored.pass(0.1);
    expect(await mirrored.publish({ dist, component: "alpha", commit: "c", files: [rpm("3.0-1")] })).toBeNull();
    expect(states()).toBe(3);
    await mirrored.repositories.cleanUp({ keepDays: 90, signKeyOf: () => mirrored.key }, mirrored.signer);
    expect(states()).toBe(3);
    mirrored.pass(2);
    await mirrored.repositories.cleanUp({ keepDays: 90, signKeyOf: () => mirrored.key }, mirrored.signer);
    expect(states()).toBe(1);
    expect(readFileSync(path, "utf8")).toContain("https://yum.example.org/");
    expect(await mirrored.publish({ dist, component: "alpha", commit: "d", files: [rpm("4.0-1")] })).toBeNull();
    expect(states()).toBe(2);
    expect(await mirrored.withdraw({ dist, component: "alpha", commit: "d", repository: "current-testing" })).toBe(
      "done",
    );
    expect(states()).toBe(1);
    mirrored.remove();
  });
});

describe("former metadata", () => {
  const primaries = (): number =>
    readdirSync(join(tree.root, "rpm/r4.3/current-testing/host/fc41/repodata")).filter((name) =>
      name.includes("-primary"),
    ).length;

  it.each([
    ["stays for two generations, then goes", 1, [1, 2, 3, 3, 3]],
    ["stays for ten minutes where changes follow one another more quickly", 0, [1, 2, 3, 4, 5]],
  ] as const)("%s", async (_, days, expected) => {
    const counts: number[] = [];
    for (const [index, commit] of ["a", "b", "c", "d", "e"].entries()) {
      tree.pass(days);
      expect(await tree.publish({ dist, component: "alpha", commit, files: [rpm(`${index + 1}.0-1`)] })).toBeNull();
      counts.push(primaries());
    }
    expect(counts).toEqual(expected);
    tree.pass(1);
    expect(await tree.publish({ dist, component: "alpha", commit: "f", files: [rpm("6.0-1")] })).toBeNull();
    expect(primaries()).toBe(3);
  });
});

describe("files that were tampered with", () => {
  it("are refused where a package was changed on the disk after testing", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [rpm("1.0-1")] })).toBeNull();
    const path = join(tree.root, "rpm/r4.3/current-testing/host/fc41/rpm/alpha-1.0-1.fc41.noarch.rpm");
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from("x")]));
    expect(await tree.promote({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 })).toEqual([
      "PACKAGE_CHANGED",
    ]);
    expect((await tree.repositories.check()).map((fault) => fault.what)).toContain("has not the size that is listed");
  });

  it("are refused where a package is signed by another key, or not at all", async () => {
    const other = gpg.makeKey({ algorithm: "rsa2048" });
    expect(
      await tree.publish({
        dist,
        component: "alpha",
        commit: "a",
        files: [maker.rpm({ name: "alpha", version: "1.0-1" }, other)],
      }),
    ).toBeNull();
    expect(
      await tree.publish({
        dist,
        component: "beta",
        commit: "a",
        files: [maker.rpm({ name: "beta", version: "1.0-1" }, null)],
      }),
    ).toBeNull();
    expect(
      await tree.publish({
        dist: "vm-archlinux",
        component: "gamma",
        commit: "a",
        files: [maker.arch({ name: "gamma", version: "1.0-1" }, other)],
      }),
    ).toBeNull();
    const outcomes = [
      await tree.promote({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 }),
      await tree.promote({ dists: [dist], component: "beta", commit: "a", minAgeDays: 0 }),
      await tree.promote({ dists: ["vm-archlinux"], component: "gamma", commit: "a", minAgeDays: 0 }),
    ];
    expect(outcomes.flat()).toEqual(Array(3).fill("PACKAGE_SIGNATURE_INVALID"));
  });

  it("are refused where testing's metadata was signed by another key, and target metadata is never signed anew", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [rpm("1.0-1")] })).toBeNull();
    const [plan] = await tree.plan({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 });
    const repomd = join(tree.root, "rpm/r4.3/current-testing/host/fc41/repodata/repomd.xml");
    const other = gpg.makeKey({ algorithm: "rsa2048" });
    writeFileSync(`${repomd}.asc`, gpg.detachSign(readFileSync(repomd), { key: other }));
    expect(await tree.promote({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 })).toEqual([
      "PACKAGE_SIGNATURE_INVALID",
    ]);
    if (plan === undefined) throw new Error("there is no plan");
    await expect(tree.reopen().apply(plan, tree.signer)).rejects.toThrow(/another key/);
    const next = { dist, component: "beta", commit: "a", files: [maker.rpm({ name: "beta", version: "1.0-1" }, key)] };
    await expect(tree.publish(next, tree.reopen())).rejects.toThrow(/another key/);
  });

  it("names a plan stale whose target has changed since", async () => {
    expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [rpm("1.0-1")] })).toBeNull();
    const [plan] = await tree.plan({ dists: [dist], component: "alpha", commit: "a", minAgeDays: 0 });
    if (plan === undefined) throw new Error("there is no plan");
    await tree.repositories.apply(plan, tree.signer);
    await expect(tree.repositories.apply(plan, tree.signer)).rejects.toThrow(/plan it again/);
  });
});
