/** What is taken over into new metadata is signed anew: whoever changed it on the disk must not have it signed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { packageDesk } from "../../support/package-desk.ts";
import { ReleaseTree } from "../../support/release-tree.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { runTool } from "../../support/tool.ts";

const { gpg, key, maker } = packageDesk();
let tree: ReleaseTree;

beforeEach(() => {
  tree = new ReleaseTree(gpg, key);
});

afterEach(() => tree.remove());

function packagesOf(dist: string, version: string): string[] {
  if (dist === "host-fc41") return [maker.rpm({ name: "alpha", version }, key)];
  if (dist === "vm-archlinux") return [maker.arch({ name: "alpha", version, content: "genuine" }, key)];
  const source = maker.debSource({ name: "alpha", version: version.replace("-1", "") });
  return [maker.deb({ name: "alpha", version, source: "alpha" }), ...source];
}

/** 1.0 stands in current, 2.0 waits in testing. */
async function prepare(tree: ReleaseTree, dist: string): Promise<void> {
  for (const [version, commit] of [
    ["1.0-1", "a"],
    ["2.0-1", "b"],
  ] as const) {
    const files = packagesOf(dist, version);
    expect(await tree.publish({ dist, component: "alpha", commit, files })).toBeNull();
    if (commit === "a") expect(await promote(tree, "a", dist)).toEqual(["done"]);
  }
}

function promote(tree: ReleaseTree, commit: string, dist: string, repositories = tree.repositories): Promise<string[]> {
  return tree.promote({ dists: [dist], component: "alpha", commit, minAgeDays: 0 }, repositories);
}

/** One bit of each file below the directory that matches is another. */
function flip(directory: string, pattern: RegExp): void {
  const found = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => pattern.test(path));
  expect(found).not.toEqual([]);
  for (const path of found.map((name) => join(directory, name))) {
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes);
  }
}

describe("a bit flipped in what repomd.xml and Release name", () => {
  const dists = ["host-fc41", "vm-bookworm"];
  let both: ReleaseTree;
  beforeAll(async () => {
    both = new ReleaseTree(gpg, key);
    for (const dist of dists) await prepare(both, dist);
  });
  afterAll(() => both.remove());

  it.each(
    ["current-testing", "current"].flatMap((repository) =>
      ["primary", "filelists", "other"].map((list) => [repository, list] as const),
    ),
  )("is refused in rpm's %s: %s", async (repository, list) => {
    const directory = join(both.root, `rpm/r4.3/${repository}/host/fc41/repodata`);
    flip(directory, new RegExp(`-${list}\\.xml\\.gz$`));
    await expect(promote(both, "b", "host-fc41", both.reopen())).rejects.toThrow(/is not what repomd\.xml says/);
    flip(directory, new RegExp(`-${list}\\.xml\\.gz$`));
  });

  it.each(
    ["bookworm-testing", "bookworm"].flatMap((suite) =>
      ["binary-amd64/Packages.gz", "source/Sources.gz"].map((index) => [suite, index] as const),
    ),
  )("is refused in deb's %s: %s", async (suite, index) => {
    const directory = join(both.root, `deb/r4.3/vm/dists/${suite}/main`, dirname(index));
    flip(directory, /\.gz$|SHA256\/[0-9a-f]{64}$/);
    await expect(promote(both, "b", "vm-bookworm", both.reopen())).rejects.toThrow(/is not what Release says/);
    flip(directory, /\.gz$|SHA256\/[0-9a-f]{64}$/);
  });

  it("is the only thing that was wrong with them", async () => {
    for (const dist of dists) expect(await promote(both, "b", dist, both.reopen())).toEqual(["done"]);
    expect(await both.repositories.check()).toEqual([]);
  });
});

describe("an rpm repository's comps.xml", () => {
  const dist = "host-fc41";
  const current = (): string => join(tree.root, "rpm/r4.3/current/host/fc41");
  const groups = (name: string): string =>
    `<?xml version="1.0"?>\n<comps><group><id>${name}</id><name>${name}</name></group></comps>\n`;
  /** The groups that a client is shown. */
  const shown = (): string => {
    const repomd = readFileSync(join(current(), "repodata/repomd.xml"), "utf8");
    const location = /<data type="group">[\s\S]*?<location href="([^"]+)"/.exec(repomd)?.[1];
    return location === undefined ? "none" : readFileSync(join(current(), location), "utf8");
  };

  it("is signed with a new repository; a later one only once its owner has put it into repomd.xml and signed that", async () => {
    mkdirSync(current(), { recursive: true });
    writeFileSync(join(current(), "comps.xml"), groups("genuine"));
    await prepare(tree, dist);
    expect(shown()).toBe(groups("genuine"));
    writeFileSync(join(current(), "comps.xml"), groups("foreign"));
    expect(await promote(tree, "b", dist, tree.reopen())).toEqual(["done"]);
    expect(shown()).toBe(groups("genuine"));
    const faults = await tree.repositories.check();
    expect(faults.map(({ path, what }) => `${path}: ${what}`)).toEqual([
      expect.stringMatching(/comps\.xml: is not what repomd\.xml names/),
    ]);
    const repomd = join(current(), "repodata/repomd.xml");
    const words = ["--mdtype", "group", "--no-compress", join(current(), "comps.xml"), join(current(), "repodata")];
    runTool("modifyrepo_c", words);
    writeFileSync(`${repomd}.asc`, gpg.detachSign(readFileSync(repomd), { key }));
    const files = [maker.rpm({ name: "alpha", version: "3.0-1" }, key)];
    expect(await tree.publish({ dist, component: "alpha", commit: "c", files })).toBeNull();
    expect(await promote(tree, "c", dist, tree.reopen())).toEqual(["done"]);
    expect(shown()).toBe(groups("foreign"));
    expect(await tree.repositories.check()).toEqual([]);
  });
});

describe("an Arch repository's lists of files", () => {
  const dist = "vm-archlinux";
  const database = (repository: string): string =>
    join(tree.root, `archlinux/r4.3/${repository}/vm/archlinux/pkgs/qubes-r4.3-${repository}`);
  /** What pacman -F would say of the one package. */
  const lists = (repository: string): string =>
    runTool("tar", ["-xzOf", `${database(repository)}.files`, "--wildcards", "*/files"]).toString();
  /** Lists that name a file that no package has; the rest is as it was. */
  function forge(repository: string): void {
    const work = temporaryDirectory();
    mkdirSync(join(work, "in"));
    runTool("tar", ["-xzf", `${database(repository)}.files`, "-C", join(work, "in")]);
    for (const name of readdirSync(join(work, "in"))) {
      writeFileSync(join(work, "in", name, "files"), "%FILES%\nusr/bin/sudo\n");
    }
    const members = readdirSync(join(work, "in"));
    runTool("tar", ["-czf", join(work, "forged"), "--format=ustar", "-C", join(work, "in"), ...members]);
    rmSync(`${database(repository)}.files`);
    writeFileSync(`${database(repository)}.files`, readFileSync(join(work, "forged")));
    expect(lists(repository)).toContain("usr/bin/sudo");
  }
  const whats = async (): Promise<string> =>
    (await tree.repositories.check()).map(({ path, what }) => `${path}: ${what}`).join("\n");

  it.each(["flipped", "forged"])(
    "are refused where testing's were %s, and made anew once they are gone",
    async (how) => {
      await prepare(tree, dist);
      const genuine = lists("current-testing");
      if (how === "forged") forge("current-testing");
      else flip(join(tree.root, "archlinux/r4.3/current-testing"), /\.files$/);
      expect(await promote(tree, "b", dist, tree.reopen())).toEqual(["PACKAGE_SIGNATURE_INVALID"]);
      // Nor does the process that made it take it for its own.
      expect(await promote(tree, "b", dist)).toEqual(["PACKAGE_SIGNATURE_INVALID"]);
      expect(await whats()).toMatch(/qubes-r4\.3-current-testing\.files: the signature does not match/);
      rmSync(`${database("current-testing")}.files`);
      expect(await promote(tree, "b", dist, tree.reopen())).toEqual(["done"]);
      expect(lists("current")).toBe(genuine);
    },
  );

  it.each(["flipped", "forged"])(
    "are refused where the target's were %s, and made anew once they are gone",
    async (how) => {
      await prepare(tree, dist);
      const other = maker.arch({ name: "beta", version: "1.0-1" }, key);
      expect(await tree.publish({ dist, component: "beta", commit: "a", files: [other] })).toBeNull();
      const wish = { dists: [dist], component: "beta", commit: "a", minAgeDays: 0 };
      const genuine = lists("current");
      if (how === "forged") forge("current");
      else flip(join(tree.root, "archlinux/r4.3/current"), /\.files$/);
      const before = readFileSync(`${database("current")}.files`);
      for (const repositories of [tree.reopen(), tree.repositories]) {
        await expect(tree.promote(wish, repositories)).rejects.toThrow(
          /current\.files: the signature does not match .*once .*current\.files is removed/,
        );
      }
      expect(readFileSync(`${database("current")}.files`).equals(before)).toBe(true);
      expect(await whats()).toMatch(/qubes-r4\.3-current\.files: the signature does not match/);
      rmSync(`${database("current")}.files`);
      expect(await tree.promote(wish, tree.reopen())).toEqual(["done"]);
      expect(lists("current")).toContain(genuine);
      expect(await tree.repositories.check()).toEqual([]);
    },
  );

  it("are made from the packages where nobody signed them, as builder v2 leaves them", async () => {
    await prepare(tree, dist);
    const genuine = lists("current-testing");
    for (const repository of ["current-testing", "current"]) {
      forge(repository);
      rmSync(`${database(repository)}.files.sig`);
    }
    expect(await whats()).toMatch(/current-testing\.files: it is not signed/);
    expect(await promote(tree, "b", dist, tree.reopen())).toEqual(["done"]);
    expect(lists("current")).toBe(genuine);
    const next = { dist, component: "beta", commit: "a", files: [maker.arch({ name: "beta", version: "1.0-1" }, key)] };
    expect(await tree.publish(next, tree.reopen())).toBeNull();
    expect(lists("current-testing")).toContain(genuine);
    expect(lists("current-testing")).not.toContain("sudo");
    expect(await tree.repositories.check()).toEqual([]);
  });

  it("are left out for a package that is gone, or is not the one that the database lists", async () => {
    await prepare(tree, dist);
    forge("current-testing");
    rmSync(`${database("current-testing")}.files.sig`);
    flip(join(tree.root, "archlinux/r4.3/current-testing"), /alpha-2.*\.zst$/);
    const next = { dist, component: "beta", commit: "a", files: [maker.arch({ name: "beta", version: "1.0-1" }, key)] };
    expect(await tree.publish(next, tree.reopen())).toBeNull();
    expect(lists("current-testing")).not.toContain("sudo");
    expect(await whats()).toMatch(/does not list the packages that the database lists/);
  });
});
