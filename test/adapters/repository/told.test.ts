import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Repositories } from "../../../src/adapters/repository/index.ts";
import type { Progress } from "../../../src/domain/index.ts";
import { packageDesk } from "../../support/package-desk.ts";
import { distributionOf, ReleaseTree, release } from "../../support/release-tree.ts";

const { gpg, key, maker } = packageDesk();
const dists = ["host-fc41", "vm-bookworm"];
let told: Progress[] = [];
let tree: ReleaseTree;
let watched: Repositories;
let mirror: string;

beforeAll(() => {
  tree = new ReleaseTree(gpg, key);
  mirror = mkdtempSync(join(tmpdir(), "rb-mirror-"));
  watched = tree.reopen({ tell: (progress) => told.push(progress) });
});

afterAll(() => {
  rmSync(mirror, { recursive: true, force: true });
  tree.remove();
});

beforeEach(() => {
  told = [];
});

/** How much of all is done, from 0 to 1. */
function fraction({ done, total, part }: Progress): number {
  if (total === null) return 0;
  return (done + (part === undefined || part.total === 0 ? 0 : part.done / part.total)) / total;
}

function expectNeverBack(): void {
  const fractions = told.map(fraction);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.every((one) => one <= 1)).toBe(true);
}

const bytes = (): Progress["part"][] => told.flatMap(({ part }) => (part?.unit === "bytes" ? [part] : []));

describe("a long operation tells how far it is", () => {
  it("when it publishes: the bytes hashed, then each step", async () => {
    for (const [index, dist] of dists.entries()) {
      told = [];
      const wish = { name: "alpha", version: "1.0-1", content: "x".repeat(3_000_000) };
      const file = index === 0 ? maker.rpm(wish, tree.key) : maker.deb(wish);
      const { size } = statSync(file);
      expect(await tree.publish({ dist, component: "alpha", commit: "a", files: [file] }, watched)).toBeNull();
      expect([...new Set(told.map(({ what }) => what))]).toEqual([
        "hashes the packages",
        "reads the packages",
        "makes the metadata",
        "signs and commits",
      ]);
      expect(bytes().at(-1)).toEqual({ done: size, total: size, unit: "bytes" });
      expectNeverBack();
    }
  });

  it("when it plans, for each distribution, and when it promotes", async () => {
    tree.pass(6);
    const plans = await tree.plan({ dists, component: "alpha", commit: "a" }, watched);
    expect(plans.map(({ refused }) => refused)).toEqual([undefined, undefined]);
    expect(told.map(({ done, total }) => [done, total])).toEqual(
      expect.arrayContaining([
        [0, 6],
        [4, 6],
      ]),
    );
    expect(told.map(({ what }) => what)).toContain("plans for vm-bookworm: hashes packages");
    expectNeverBack();
    for (const plan of plans) {
      told = [];
      await watched.apply(plan, tree.signer);
      expect(told.map(({ what }) => what)).toEqual(["looks at what stands", "makes the metadata", "signs and commits"]);
      expectNeverBack();
    }
  });

  it("when it uploads: the bytes that rsync still has to bring, by rsync's own account", async () => {
    const request = { release, repository: "current", distribution: distributionOf("vm-bookworm") } as const;
    await watched.upload(request, { to: join(mirror, "deb/r4.3"), rsh: null });
    const all = bytes();
    expect(all.at(-1)?.total).toBeGreaterThan(1000);
    expect(all.at(-1)?.done).toBe(all.at(-1)?.total);
    told = [];
    await watched.upload(request, { to: join(mirror, "deb/r4.3"), rsh: null });
    expect(bytes().every((part) => part?.done === 0)).toBe(true);
    expect(told.map(({ what }) => what)).toEqual(expect.arrayContaining(["compares with the other side"]));
  });

  it("when it checks, compares, cleans up and signs anew", async () => {
    expect(await watched.check()).toEqual([]);
    expect(bytes().at(-1)?.done).toBe(bytes().at(-1)?.total);
    expectNeverBack();
    for (const work of [
      () => watched.reconcile("look"),
      () => watched.cleanUp({ keepDays: 10, signKeyOf: () => tree.key }, tree.signer),
      () => watched.standing({ release: null, component: null, distribution: null }),
    ]) {
      told = [];
      await work();
      expect(told.map(({ done, total }) => [done, total])).toEqual(told.map((_, index) => [index, told.length]));
      expect(told.length).toBeGreaterThan(3);
    }
  });

  it("when it waits for another process that has the repository", async () => {
    const other = tree.reopen();
    const file = maker.rpm({ name: "beta", version: "1.0-1" }, tree.key);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = (): void => undefined;
    const signing = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow = {
      sign: async (request: Parameters<typeof tree.signer.sign>[0]) => {
        begun();
        await held;
        return tree.signer.sign(request);
      },
    };
    const first = tree.publish({ dist: "host-fc41", component: "beta", commit: "b", files: [file] }, other, slow);
    await signing;
    const second = watched.create(
      { release, repository: "current-testing", distribution: distributionOf("host-fc41"), signKey: tree.key },
      tree.signer,
    );
    await vi.waitUntil(() => told.some(({ what }) => what === "waits for another change of the repository"), 60_000);
    goOn();
    expect(await first).toBeNull();
    await second;
  });
});
