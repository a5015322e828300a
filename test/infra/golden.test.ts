import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatFinding, readInfrastructure, renderInfrastructure } from "../../src/infra/index.ts";

const golden = join(import.meta.dirname, "../golden/infra");
const description = join(golden, "build-infra.yml");
const files = join(golden, "rendered");

function rendered(): ReadonlyMap<string, string> {
  const read = readInfrastructure("build-infra.yml", readFileSync(description, "utf8"));
  if (!read.ok) throw new Error(read.error.mistakes.map(formatFinding).join("\n"));
  const folder = renderInfrastructure(read.value.infrastructure);
  const texts = new Map<string, string>();
  const modes: string[] = [];
  for (const [path, entry] of folder) {
    if (entry.kind === "link") modes.push(`${path} -> ${entry.target}\n`);
    else {
      modes.push(`${entry.mode.toString(8)} ${entry.owner} ${path}\n`);
      texts.set(path, entry.content);
    }
  }
  // What is no content: modes, owners, links. And Salt's copies, by the path that they are the same as.
  texts.set("MODES", modes.sort().join(""));
  for (const [path, text] of [...texts]) {
    const original = path.replace(/^srv\/salt\/build-infra\/files\//, "");
    if (original === path) continue;
    expect(text, path).toBe(texts.get(original));
    texts.delete(path);
  }
  return texts;
}

function existing(): readonly string[] {
  return readdirSync(files, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(files, join(entry.parentPath, entry.name)));
}

describe("what is rendered", () => {
  it("is, file for file, what the golden files have (RELEASE_BOT_GOLDEN=write writes them anew)", () => {
    const texts = rendered();
    if (process.env["RELEASE_BOT_GOLDEN"] === "write") {
      rmSync(files, { recursive: true, force: true });
      for (const [path, text] of texts) {
        mkdirSync(dirname(join(files, path)), { recursive: true });
        writeFileSync(join(files, path), text);
      }
    }
    expect([...texts.keys()].sort()).toEqual([...existing()].sort());
    for (const [path, text] of texts) expect(text, path).toBe(readFileSync(join(files, path), "utf8"));
  });

  it("is YAML without templates in every state and pillar, and names only files that are there", () => {
    const read = readInfrastructure("build-infra.yml", readFileSync(description, "utf8"));
    if (!read.ok) throw new Error("a mistake");
    const folder = renderInfrastructure(read.value.infrastructure);
    const states = [...folder].filter(([path]) => /^srv\/.*\.(sls|top)$/.test(path));
    expect(states.length).toBeGreaterThan(15);
    for (const [path, entry] of states) {
      const text = entry.kind === "file" ? entry.content : "";
      expect(text, path).not.toMatch(/\{[{%]/);
      expect(parse(text), path).toBeTypeOf("object");
      for (const [, source] of text.matchAll(/salt:\/\/(\S+)/g))
        expect(folder.has(`srv/salt/${source}`), source).toBe(true);
    }
    const top = folder.get("srv/salt/build-infra/init.top");
    const base: Record<string, string[]> = parse(top?.kind === "file" ? top.content : "").base;
    expect(Object.keys(base)).toContain("dom0");
    for (const [state] of Object.values(base)) {
      expect(folder.has(`srv/salt/${state?.replace(".", "/")}.sls`), state).toBe(true);
    }
  });

  it("writes a secret only into its qube's folder and its qube's pillar, for nobody else to read", () => {
    const read = readInfrastructure("build-infra.yml", readFileSync(description, "utf8"));
    if (!read.ok) throw new Error("a mistake");
    const holders = [...renderInfrastructure(read.value.infrastructure)].filter(
      ([, entry]) => entry.kind === "file" && entry.content.includes("inline-token"),
    );
    expect(holders.map(([path]) => path).sort()).toEqual([
      "build-fedora/home/user/.config/release-bot/github-token",
      "build-old/home/user/.config/release-bot/github-token",
      "build-win/home/user/.config/release-bot/github-token",
      "srv/pillar/build-infra/build-fedora.sls",
      "srv/pillar/build-infra/build-old.sls",
      "srv/pillar/build-infra/build-win.sls",
    ]);
    for (const [path, entry] of holders) expect(entry.kind === "file" ? entry.mode : 0, path).toBe(0o600);
  });
});
