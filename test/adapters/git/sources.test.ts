import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSources } from "../../../src/adapters/git/index.ts";
import { verifySource } from "../../../src/build/index.ts";
import type { BuilderPlace, FetchedSource } from "../../../src/build/ports.ts";
import { builderPlace, componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";

let gpg: GpgHome;
let keys: { alice: string; bob: string; mallory: string; old: string };
let keyDir = "";
let work = "";
let source: ComponentRepository;

const signal = new AbortController().signal;

beforeAll(() => {
  gpg = new GpgHome();
  keys = {
    alice: gpg.makeKey({ userId: "Alice <alice@example.org>" }),
    bob: gpg.makeKey({ userId: "Bob <bob@example.org>" }),
    mallory: gpg.makeKey({ userId: "Mallory <mallory@example.org>" }),
    old: gpg.makeKey({
      userId: "Old <old@example.org>",
      created: new Date("2026-01-01T00:00:00Z"),
      expires: "seconds=86400",
    }),
  };
  keyDir = mkdtempSync(join(tmpdir(), "rb-keydir-"));
  for (const key of [keys.alice, keys.bob, keys.old]) writeFileSync(join(keyDir, `${key}.asc`), gpg.exportKey(key));
});
afterAll(() => {
  gpg.remove();
  rmSync(keyDir, { recursive: true, force: true });
});

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "rb-git-"));
  source = new ComponentRepository(gpg);
});
afterEach(() => {
  source.remove();
  rmSync(work, { recursive: true, force: true });
});

function place(options = "", maintainers = [keys.alice, keys.bob]): BuilderPlace {
  const text = `
qubes-release: r4.3
git: { maintainers: [${maintainers.map((key) => `'${key}'`).join(", ")}] }
components:
- hello: { url: '${source.directory}'${options === "" ? "" : `, ${options}`} }
`;
  return builderPlace(work, text, { keyDirs: [keyDir] });
}

async function fetch(builder = place()): Promise<FetchedSource> {
  const environment = { PATH: process.env["PATH"] ?? "" };
  const sources = createSources({ root: join(work, "sources"), environment, limitMs: 240_000 });
  return sources.fetch(componentOf(builder, "hello"), builder, signal);
}

async function verdict(builder = place()) {
  const fetched = await fetch(builder);
  return verifySource(componentOf(builder, "hello"), await fetched.facts(fetched.head));
}

describe("a component's source", () => {
  it("is accepted with a tag signed by a maintainer, and is described by it", async () => {
    const commit = source.commit("first", { a: "1" });
    source.tag({ name: "v1.0", key: keys.alice });
    expect(await verdict()).toEqual({ ok: true, value: { tag: "v1.0", signers: [keys.alice] } });
    const fetched = await fetch();
    expect([fetched.head, await fetched.describe(commit)]).toEqual([commit, "v1.0"]);
  });

  it.each([
    ["without a tag", () => undefined, "no signed tag names"],
    ["with an unsigned tag", () => source.tag({ name: "v1.0" }), "tag v1.0 is not signed"],
    ["with a stranger's tag", () => source.tag({ name: "v1.0", key: keys.mallory }), "which is no maintainer's"],
    ["with a lightweight tag", () => void source.git("tag", "v1.0"), "tag v1.0 is not annotated"],
    ["with a tag by an expired key", () => signExpired(), "has expired"],
    ["with only a signed commit", () => void source.commit("signed", {}, keys.alice), "no signed tag names"],
    ["with a tag of a tag", () => tagOfTag(), "is not on the commit itself"],
    ["with an old tag under a new name", () => renamedTag(), "tag v9.0 names itself v1.0"],
    ["with a signed tag on another commit", () => tagElsewhere(), "no signed tag names"],
    ["with a tag whose text was changed", () => tamperedTag(), "does not fit"],
  ])("is refused %s", async (_name, prepare, reason) => {
    source.commit("first", { a: "1" });
    prepare();
    const judged = await verdict(place("", [keys.alice, keys.bob, keys.old]));
    expect(judged.ok ? "accepted" : judged.error).toContain(reason);
  });

  function signExpired(): void {
    const text = `object ${source.head()}\ntype commit\ntag v1.0\ntagger Old <old@example.org> 1767229200 +0000\n\nold\n`;
    const signature = gpg.detachSign(text, { key: keys.old, at: new Date("2026-01-01T01:00:00Z") });
    storeTag("v1.0", text + signature);
  }

  function tamperedTag(): void {
    source.tag({ name: "v1.0", key: keys.alice });
    storeTag("v1.0", `${source.git("cat-file", "tag", "v1.0").replace("version v1.0", "version v1.1")}\n`);
  }

  function storeTag(name: string, object: string): void {
    const file = join(work, "object");
    writeFileSync(file, object);
    source.git("update-ref", `refs/tags/${name}`, source.git("hash-object", "-t", "tag", "-w", file));
  }

  function tagOfTag(): void {
    source.tag({ name: "inner" });
    source.tag({ name: "v1.0", key: keys.alice, on: "inner" });
    source.git("tag", "-d", "inner");
  }

  function renamedTag(): void {
    source.tag({ name: "v1.0", key: keys.alice });
    source.git("update-ref", "refs/tags/v9.0", "refs/tags/v1.0");
    source.git("tag", "-d", "v1.0");
  }

  function tagElsewhere(): void {
    source.tag({ name: "v1.0", key: keys.alice });
    source.commit("second", { a: "2" });
  }

  it("is refused with a tag that was moved, and says where it stood", async () => {
    source.commit("first", { a: "1" });
    source.tag({ name: "v1.0", key: keys.alice });
    await fetch();
    source.commit("second", { a: "2" });
    source.tag({ name: "v1.0", key: keys.alice });
    const judged = await verdict();
    expect(judged.ok ? "accepted" : judged.error).toContain("tag v1.0 was moved");
  });

  it("needs as many distinct maintainers as the configuration says", async () => {
    source.commit("first");
    source.tag({ name: "v1.0", key: keys.alice });
    source.tag({ name: "v1.0-again", key: keys.alice });
    const two = place("min-distinct-maintainers: 2");
    const one = await verdict(two);
    expect(one.ok ? "accepted" : one.error).toContain(`2 maintainers have to sign`);
    source.tag({ name: "v1.0-bob", key: keys.bob });
    expect(await verdict(two)).toEqual({ ok: true, value: { tag: "v1.0-bob", signers: [keys.alice, keys.bob] } });
  });

  it("is accepted by its commit's signature only where the mode says so", async () => {
    source.commit("first", {}, keys.alice);
    const judged = await verdict(place("verification-mode: less-secure-signed-commits-sufficient"));
    expect(judged).toEqual({ ok: true, value: { tag: null, signers: [keys.alice] } });
    source.commit("second", {}, keys.mallory);
    const stranger = await verdict(place("verification-mode: less-secure-signed-commits-sufficient"));
    expect(stranger.ok).toBe(false);
  });

  it("is taken unsigned only where checking is switched off", async () => {
    source.commit("first");
    expect(await verdict(place("verification-mode: insecure-skip-checking", []))).toEqual({
      ok: true,
      value: { tag: null, signers: [] },
    });
  });

  it("cannot be judged without a maintainer's key, and says which file is missing", async () => {
    source.commit("first");
    source.tag({ name: "v1.0", key: keys.mallory });
    await expect(verdict(place("", [keys.mallory]))).rejects.toMatchObject({
      code: "CONFIGURATION",
      message: expect.stringContaining(`${keys.mallory}.asc`),
    });
  });

  it("descends from what was built before, or does not", async () => {
    const first = source.commit("first");
    const second = source.commit("second");
    source.git("checkout", "--quiet", "--orphan", "other");
    const other = source.commit("other");
    source.git("branch", "--force", "main", second);
    source.git("tag", "other", other);
    const fetched = await fetch();
    expect([
      await fetched.descends(second, first),
      await fetched.descends(first, second),
      await fetched.descends(second, second),
      await fetched.descends(second, other),
      await fetched.descends(second, "f".repeat(40) as typeof first),
    ]).toEqual([true, false, true, false, false]);
  });

  it("tells the history since a commit, newest first, with whole messages", async () => {
    const first = source.commit("first");
    source.git("commit", "--quiet", "--allow-empty", "-m", "second", "-m", "fixes QubesOS/qubes-issues#1\nand more");
    const second = source.head();
    const fetched = await fetch();
    expect(await fetched.history(first, second)).toEqual({
      url: source.directory,
      previous: first,
      commits: [{ sha: second, subject: "second", body: "fixes QubesOS/qubes-issues#1\nand more" }],
    });
    expect((await fetched.history(null, second)).commits.map(({ subject }) => subject)).toEqual(["second"]);
  });

  it("is unpacked only when it is asked for, and runs no filter or hook of its own", async () => {
    const commit = source.commit("first", {
      "a/b": "text",
      run: "#!/bin/sh\n",
      ".gitattributes": "* filter=evil\n",
    });
    const fetched = await fetch();
    expect(existsSync(join(work, "out"))).toBe(false);
    mkdirSync(join(work, "out"));
    await fetched.checkout(commit, join(work, "out"));
    expect(readdirSync(join(work, "out"), { recursive: true }).sort()).toEqual([".gitattributes", "a", "a/b", "run"]);
  });

  it("runs no program for a URL that names one", () => {
    expect(() => builderPlace(work, "qubes-release: r4.3\ncomponents:\n- hello: { url: 'ext::sh -c id' }\n")).toThrow(
      /is not a URL/,
    );
  });

  it("is fetched by two builders at once", async () => {
    const commit = source.commit("first");
    const environment = { PATH: process.env["PATH"] ?? "" };
    const sources = createSources({ root: join(work, "sources"), environment, limitMs: 240_000 });
    const builder = place();
    const fetches = Array.from({ length: 6 }, () => sources.fetch(componentOf(builder, "hello"), builder, signal));
    expect((await Promise.all(fetches)).map(({ head }) => head)).toEqual(Array(6).fill(commit));
  });

  it("says that a remote is not there", async () => {
    source.remove();
    await expect(fetch()).rejects.toMatchObject({ code: "UNREACHABLE" });
  });
});
