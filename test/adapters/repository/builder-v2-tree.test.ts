import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsePublishRecord } from "../../../src/formats/publish-record/index.ts";
import { type BuilderKind, type BuilderTree, makeBuilderTree } from "../../support/builder-v2-tree.ts";
import { packageDesk } from "../../support/package-desk.ts";
import { ReleaseTree } from "../../support/release-tree.ts";
import { repreproList } from "../../support/reprepro-archive.ts";

const { gpg, key, maker } = packageDesk();
const directory = mkdtempSync(join(tmpdir(), "rb-builder-"));
let built: BuilderTree;
let tree: ReleaseTree;

beforeAll(() => {
  built = makeBuilderTree(directory, gpg, key, maker);
  tree = new ReleaseTree(gpg, key, { root: built.root, artifacts: built.artifacts });
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const promote = (kind: BuilderKind): Promise<string[]> =>
  tree.promote({ dists: [built.dists[kind]], component: "alpha", commit: "a" });
const repositoriesIn = (record: string): string[] =>
  parsePublishRecord(record).publications.map(({ repository }) => repository);

/** Each is promoted once, in this order: the tree is made once for all. */
describe("a tree that builder v2 made", () => {
  it("is whole as it stands, but for signatures that builder v2 does not make", async () => {
    const whats = (await tree.repositories.check()).map(({ path, what }) => `${path}: ${what}`);
    expect(whats).toEqual([expect.stringMatching(/current-testing\.files: it is not signed$/)]);
    expect(await tree.repositories.reconcile("look")).toEqual([]);
  });

  it("is promoted from by all its spec files, also of rpms whose buildinfo was not published", async () => {
    expect(await promote("rpm")).toEqual(["done"]);
    const current = join(built.root, "rpm/r4.3/current/host/fc41");
    expect(readdirSync(join(current, "rpm"))).toEqual([
      "alpha-1.0-1.fc41.noarch.rpm",
      "alpha-extra-1.0-1.fc41.noarch.rpm",
    ]);
    expect(readFileSync(join(current, "repodata/repomd.xml"), "utf8")).not.toContain("primary_db");
    for (const spec of ["rpm_spec_0.spec", "rpm_spec_1.spec"]) {
      expect(repositoriesIn(built.record("rpm", spec))).toEqual(["current-testing", "current"]);
    }
    const { tree: kept } = parsePublishRecord(built.record("rpm", "rpm_spec_0.spec"));
    expect(kept).toMatchObject({
      "source-hash": "abc",
      files: ["rpm/alpha-1.0-1.fc41.noarch.rpm", "rpm/alpha-1.0-1.fc41.noarch.buildinfo"],
    });
  });

  it("is promoted from by reprepro, whose database goes on", async () => {
    expect(await promote("deb")).toEqual(["done"]);
    expect(repreproList(join(built.root, "deb/r4.3/vm"), "bookworm")).toEqual(["alpha 1.0", "alpha 1.0-1"]);
    expect(repositoriesIn(built.record("deb", "debian"))).toEqual(["current-testing", "current"]);
  });

  it("has Arch packages whose signatures come with them, though its records do not name these", async () => {
    expect(await promote("archlinux")).toEqual(["done"]);
    const current = join(built.root, "archlinux/r4.3/current/vm/archlinux/pkgs");
    expect(readdirSync(current)).toContain("alpha-1.0-1-x86_64.pkg.tar.zst.sig");
    expect(repositoriesIn(built.record("archlinux", "archlinux"))).toEqual(["current-testing", "current"]);
  });

  it("is whole and told of by its own records afterwards", async () => {
    const whats = (await tree.repositories.check()).map(({ path }) => path);
    expect(whats).toEqual([expect.stringMatching(/current-testing\.files$/)]);
    expect(await tree.repositories.reconcile("look")).toEqual([]);
    expect(await promote("rpm")).toEqual(["ALREADY_PUBLISHED"]);
    expect(existsSync(join(built.root, ".release-bot/records"))).toBe(false);
  });
});
