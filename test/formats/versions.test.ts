import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDebVersions } from "../../src/formats/deb822/index.ts";
import { comparePacmanVersions } from "../../src/formats/pacman/index.ts";
import { compareRpmVersions } from "../../src/formats/rpm/index.ts";
import { runTool, tryTool } from "../support/tool.ts";

/** Pairs of versions as packagers and attackers write them, the same for each tool. */
function pairs(alphabet: string, count: number): [string, string][] {
  const version = fc
    .array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 7 })
    .map((parts) => `1${parts.join("")}`.replace(/-+$/, ""));
  return fc.sample(fc.tuple(version, version), { numRuns: count, seed: 4711 });
}

const sign = (order: number): number => Math.sign(order);

describe("versions are ordered as their own tools order them:", () => {
  it("rpm's", () => {
    const tried = pairs("0129ab.~^_+", 400);
    const lua = tried.map(([a, b]) => `print(rpm.vercmp("${a}", "${b}") .. " ")`).join("\n");
    const said = runTool("rpm", ["--eval", `%{lua:${lua}}`])
      .toString()
      .trim()
      .split(/\s+/)
      .map(Number);
    for (const [index, [a, b]] of tried.entries())
      expect(sign(compareRpmVersions(a, b)), `${a} ${b}`).toBe(said[index]);
  });

  it("dpkg's", () => {
    for (const [a, b] of pairs("0129ab.~+-", 60)) {
      const order = sign(compareDebVersions(a, b));
      const word = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
      expect(tryTool("dpkg", ["--compare-versions", a, word, b]).status, `${a} ${word} ${b}`).toBe(0);
    }
  });

  it("pacman's", () => {
    for (const [a, b] of pairs("0129ab.:_+-", 60)) {
      const said = Number(runTool("vercmp", [a, b]).toString());
      expect(sign(comparePacmanVersions(a, b)), `${a} ${b}`).toBe(sign(said));
    }
  });
});
