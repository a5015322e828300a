import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBuilderConfiguration, loadBuilders } from "../../../src/adapters/configuration/index.ts";
import { stampFile, UnchangedFiles } from "../../../src/adapters/configuration/unchanged.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

function files(texts: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const load = (directory: string, file: string) =>
  loadBuilderConfiguration(join(directory, file), { directory, includeRoots: [] });

describe("a configuration with includes", () => {
  it("reads them relative to the file that names them, in order, later wins", () => {
    const directory = files({
      "b.yml": "include: [sub/one.yml, two.yml]\ntimeout: 30\n",
      "sub/one.yml": "include: [deep/base.yml]\nmin-age-days: 1\ntimeout: 10\n",
      "sub/deep/base.yml": "qubes-release: r4.3\nmin-age-days: 9\n",
      "two.yml": "min-age-days: 2\ntimeout: 20\n",
    });
    const loaded = load(directory, "b.yml");
    expect(loaded.ok && [loaded.value.configuration.minAgeDays, loaded.value.configuration.timeoutSeconds]).toEqual([
      2, 30,
    ]);
    expect(loaded.ok && loaded.value.files.map((file) => file.slice(directory.length + 1))).toEqual([
      "b.yml",
      "sub/one.yml",
      "sub/deep/base.yml",
      "two.yml",
    ]);
  });

  it.each([
    [
      "includes itself",
      { "b.yml": "include: [c.yml]\n", "c.yml": "\ninclude: [b.yml]\n" },
      "c.yml:2: ",
      "includes itself",
    ],
    ["includes a text", { "b.yml": "include: c.yml\n" }, "b.yml:1: ", "include is to be a list of files"],
    ["includes a map", { "b.yml": "include: [{ a: b }]\n" }, "b.yml:1: ", "each item is to be a file's path"],
    ["includes what is no map", { "b.yml": "include: [c.yml]\n", "c.yml": "- a\n" }, "c.yml:1: ", "is to be a map"],
  ])("is refused where it %s", (_name, texts, place, message) => {
    const directory = files(texts);
    const loaded = load(directory, "b.yml");
    const said = loaded.ok ? [] : loaded.error.map((problem) => `${problem.file}:${problem.line}: ${problem.message}`);
    expect(said.join()).toContain(join(directory, place));
    expect(said.join()).toContain(message);
  });

  it("is read anew when one of its files has changed, however its times were set", () => {
    const directory = files({ "b.yml": "include: [c.yml]\n", "c.yml": "qubes-release: r4.3\nmin-age-days: 1\n" });
    const days = (): unknown => {
      const loaded = load(directory, "b.yml");
      return loaded.ok && loaded.value.configuration.minAgeDays;
    };
    const included = join(directory, "c.yml");
    const { atime, mtime } = statSync(included);
    expect([days(), days()]).toEqual([1, 1]);
    writeFileSync(included, "qubes-release: r4.3\nmin-age-days: 2\n");
    utimesSync(included, atime, mtime);
    expect(days()).toBe(2);
    rmSync(included);
    expect(days()).toBe(false);
  });

  it("is kept only once its files have settled, and only as long as all of them stand as they were", () => {
    const directory = files({ one: "1", two: "2" });
    const stamps = ["one", "two"].map((name) => stampFile(join(directory, name)));
    const kept = new UnchangedFiles<string>();
    const changed = Math.max(...stamps.map(({ changedMs }) => changedMs));
    kept.keep("key", stamps, "value", changed + 900);
    expect(kept.find("key")).toBeNull();
    kept.keep("key", stamps, "value", changed + 1_100);
    expect(kept.find("key")).toBe("value");
    writeFileSync(join(directory, "two"), "3");
    utimesSync(join(directory, "two"), new Date(0), new Date(0));
    expect(kept.find("key")).toBeNull();
  });

  it("takes relative directories from the builder's own", () => {
    const directory = files({ "b.yml": "qubes-release: r4.3\nkey-dirs: [keys, /abs]\n" });
    const loaded = load(directory, "b.yml");
    expect(loaded.ok && [loaded.value.configuration.artifactsDir, loaded.value.configuration.keyDirs]).toEqual([
      join(directory, "artifacts"),
      [join(directory, "keys"), "/abs"],
    ]);
  });
});

describe("builders.list on disk", () => {
  it("gives every builder that loads, and names what is wrong with the others", async () => {
    const directory = files({
      "builders.list": "\nr4.3=b=good.yml\nr4.2=b=good.yml\nnonsense\nr4.3=b=bad.yml\n",
      "b/good.yml": "qubes-release: r4.3\n",
      "b/bad.yml": "qubes-release: r4.3\ndistributions: [vm-nothing]\n",
    });
    const loaded = await loadBuilders(join(directory, "builders.list"), { includeRoots: [] });
    expect(loaded.builders.map(({ release, directory: where }) => [release, where])).toEqual([
      ["r4.3", join(directory, "b")],
    ]);
    expect(loaded.broken.map(({ release }) => release)).toEqual(["r4.2", "r4.3"]);
    expect(loaded.problems.map(({ file, line }) => `${file.slice(directory.length + 1)}:${line}`)).toEqual([
      "builders.list:4",
      "builders.list:3",
      "b/bad.yml:2",
    ]);
  });

  it("is an error of the configuration where it cannot be read", async () => {
    await expect(loadBuilders("/nowhere/builders.list", { includeRoots: [] })).rejects.toMatchObject({
      code: "CONFIGURATION",
    });
  });
});
