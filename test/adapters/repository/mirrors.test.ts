import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirrorsOfBuilder, readMirrors } from "../../../src/adapters/repository/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("mirrors", () => {
  it("of the configuration's file are all of it, or a mistake with its line", () => {
    const file = join(temporaryDirectory(), "mirrors.list");
    expect(() => readMirrors(file)).toThrow(/mirrors\.list: cannot be read/);
    writeFileSync(file, "https://a.example\n# why\nb.example\n");
    expect(() => readMirrors(file)).toThrow(/mirrors\.list:3: a mirror's address is expected/);
    writeFileSync(file, "https://a.example\nhttps://b.example/yum\n");
    expect(readMirrors(file)).toEqual(["https://a.example", "https://b.example/yum"]);
  });

  it("of builder v2 are those that it lists well, and none where it lists none", () => {
    const directory = temporaryDirectory();
    expect(mirrorsOfBuilder(directory)).toEqual([]);
    mkdirSync(join(directory, "qubesbuilder/plugins/publish_rpm"), { recursive: true });
    writeFileSync(join(directory, "qubesbuilder/plugins/publish_rpm/mirrors.list"), "https://a.example\nwhat\n");
    expect(mirrorsOfBuilder(directory)).toEqual(["https://a.example"]);
  });
});
