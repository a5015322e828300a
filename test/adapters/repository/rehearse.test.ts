import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeDisk, readOnlyDisk } from "../../../src/adapters/files/index.ts";
import { openReadingRepositories, type ReadingRepositories } from "../../../src/adapters/repository/index.ts";
import { packageDesk } from "../../support/package-desk.ts";
import { commitOf, distributionOf, ReleaseTree, release } from "../../support/release-tree.ts";

/** Looking on: what would have been decided before somebody else did it, from the repositories as they stand after. */
const { gpg, key, maker } = packageDesk();
let tree: ReleaseTree;
let reading: ReadingRepositories;

beforeEach(async () => {
  tree = new ReleaseTree(gpg, key);
  reading = openReadingRepositories(tree.plain);
});
afterEach(() => tree.remove());

const kinds = [
  ["rpm", "host-fc41"],
  ["deb", "vm-bookworm"],
  ["archlinux", "vm-archlinux"],
] as const;
const packageOf = (dist: string, version: string): string => {
  const wish = { name: "alpha", version };
  if (dist === "host-fc41") return maker.rpm(wish, key);
  return dist === "vm-bookworm" ? maker.deb(wish) : maker.arch(wish, key);
};
const publish = async (dist: string, version: string, commit: string): Promise<void> => {
  const files =
    dist === "vm-archlinux"
      ? [packageOf(dist, version)].flatMap((path) => [path, `${path}.sig`])
      : [packageOf(dist, version)];
  expect(await tree.publish({ dist, component: "alpha", commit, files })).toBeNull();
};
const rehearse = async (dist: string, commit: string, since: Date, minAgeDays = 5) => {
  const targets = [{ distribution: distributionOf(dist), signKey: tree.key }];
  const [found] = await reading.rehearse(
    {
      ...{
        release,
        subject: tree.subject("alpha", commit),
        to: "current",
        from: null,
        targets,
        minAgeDays,
        now: tree.now,
      },
      ...{ holds: new Set(), buggy: false, formerKeys: [] },
    },
    since,
  );
  return found;
};
const promote = (dist: string, commit: string): Promise<string[]> =>
  tree.promote({ dists: [dist], component: "alpha", commit, minAgeDays: 0 });
const times = (directory: string): string =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => `${name} ${statSync(join(directory, name)).ctimeMs}`)
    .join("\n");

describe.each(kinds)("a promotion of %s that somebody else has done by the time that we look", (_kind, dist) => {
  it("is planned as it stood before, with the same files and the same digest, and changes nothing", async () => {
    await publish(dist, "1.0-1", "a");
    tree.pass(6);
    const asked = tree.now;
    const before = await rehearse(dist, "a", asked);
    expect(before).toMatchObject({ at: null });
    expect(before?.plan.refused).toBeUndefined();
    tree.pass(0.1);
    expect(await promote(dist, "a")).toEqual(["done"]);
    const then = times(tree.root);
    const after = await rehearse(dist, "a", asked);
    expect(after?.plan.refused).toBeUndefined();
    expect(after?.plan.digest).toBe(before?.plan.digest);
    expect(after?.at).toEqual(new Date(Math.floor(tree.now.getTime() / 60_000) * 60_000));
    expect(times(tree.root)).toBe(then);
    expect(reading.publishedSince(release, asked)).toMatchObject([
      {
        name: "alpha",
        dist,
        repository: "current",
        commit: commitOf("a"),
        standing: after?.plan.moves.filter(({ file }) => !file.endsWith(".sig")),
      },
    ]);
  });

  it("is refused as it would have been: too young by the minute in which it was done", async () => {
    await publish(dist, "1.0-1", "a");
    tree.pass(1);
    const asked = tree.now;
    expect(await promote(dist, "a")).toEqual(["done"]);
    tree.pass(30);
    expect((await rehearse(dist, "a", asked))?.plan.refused?.code).toBe("TOO_YOUNG");
  });

  it("stays already published where that was before the command", async () => {
    await publish(dist, "1.0-1", "a");
    expect(await promote(dist, "a")).toEqual(["done"]);
    tree.pass(6);
    expect((await rehearse(dist, "a", tree.now))?.plan.refused?.code).toBe("ALREADY_PUBLISHED");
  });

  it("is not stale for what came into testing after it", async () => {
    await publish(dist, "1.0-1", "a");
    tree.pass(6);
    const asked = tree.now;
    expect(await promote(dist, "a")).toEqual(["done"]);
    tree.pass(0.1);
    await publish(dist, "2.0-1", "b");
    const code = (await rehearse(dist, "a", asked))?.plan.refused?.code;
    // A debian suite lists the newest version only: what stood there before cannot be seen any more.
    expect(code).toBe(dist === "host-fc41" ? undefined : "NOT_IN_TESTING");
  });
});

describe("repositories that are only looked at", () => {
  it("stand on a disk that cannot be written, whoever tries", async () => {
    const disk = readOnlyDisk(new NodeDisk());
    const file = join(tree.root, "x");
    const writes = [
      () => disk.write(file, "x"),
      () => disk.append(file, "x"),
      () => disk.replace(file, "x"),
      () => disk.remove(file),
      () => disk.rename(file, `${file}2`),
      () => disk.link(file, `${file}2`),
      () => disk.makeDirectory(file),
      () => disk.syncFile(file),
      () => disk.syncDirectory(tree.root),
    ];
    for (const write of writes) expect(write).toThrow("in shadow mode nothing is written here");
    await expect(disk.syncAll([file])).rejects.toThrow("in shadow mode nothing is written here");
    expect(readdirSync(tree.root)).toEqual([]);
  });

  it("find what was published since, and read no record that is older", async () => {
    await publish("host-fc41", "1.0-1", "a");
    expect(reading.publishedSince(release, new Date(0))).toHaveLength(1);
    expect(reading.publishedSince(release, new Date(tree.now.getTime() + 120_000))).toEqual([]);
  });
});
