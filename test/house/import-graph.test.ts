import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const rooms = ["signed", "authority", "build", "promotion", "trail", "report", "work", "status", "infra", "shadow"];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const files = [...sources("src"), ...sources("commands")];

/** The modules that a file names, ours as paths from the root, others as they are written; type-only ones apart. */
function imports(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const found = text.matchAll(
    /(?:^|\n)\s*(import|export)(\s+type)?[^;"']*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s*["']([^"']+)["']/g,
  );
  return [...found].map((match) => {
    const written = match[3] ?? match[4] ?? match[5] ?? "";
    const target = written.startsWith(".") ? relative(root, join(root, dirname(file), written)) : written;
    return { target, typeOnly: match[2] !== undefined };
  });
}

/** Which part of the house a path lies in: `domain`, `formats`, a room's name, `adapters`, `programs`, `lab`, `commands`. */
function part(path: string): string {
  const [top, second] = path.split("/");
  return top === "src" && second !== undefined ? second : (top ?? "");
}

const graph = files.map((file) => ({ file, imports: imports(file) }));
const isOurs = (target: string): boolean => target.startsWith("src/") || target.startsWith("commands/");

const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: ["domain"],
  formats: ["domain", "formats"],
  commands: ["domain", "commands"],
  adapters: ["domain", "formats", "adapters"],
};

describe("the import graph", () => {
  it("lets every import of ours end in a file that exists", () => {
    const known = new Set(files);
    for (const { file, imports } of graph) {
      for (const { target } of imports) {
        if (isOurs(target)) expect(known, `${file} names ${target}`).toContain(target);
      }
    }
  });

  it("runs one way: programs and lab, then adapters, then rooms, then formats, then domain", () => {
    const wrong: string[] = [];
    for (const { file, imports } of graph) {
      const from = part(file);
      for (const { target, typeOnly } of imports) {
        if (!isOurs(target)) continue;
        const to = part(target);
        if (from === to || from === "programs" || from === "lab") continue;
        const isRoom = rooms.includes(from);
        const allowed = isRoom
          ? ["domain", "formats", "commands"].includes(to) || (rooms.includes(to) && target.endsWith("/index.ts"))
          : (mayImport[from] ?? []).includes(to) ||
            // An adapter implements the types of a room's ports, and may use a room's face for its values.
            (from === "adapters" && rooms.includes(to) && (typeOnly || /\/(ports|index)\.ts$/.test(target)));
        if (!allowed) wrong.push(`${file} -> ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("lets nobody import programs or lab but themselves", () => {
    const wrong = graph.flatMap(({ file, imports }) =>
      imports
        .filter(({ target }) => isOurs(target) && ["programs", "lab"].includes(part(target)))
        .filter(({ target }) => part(file) !== part(target) && part(file) !== "lab")
        .filter(({ target }) => !(part(file) === "programs" && part(target) === "lab"))
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("lets rooms meet in no circle", () => {
    const edges = new Map<string, Set<string>>();
    for (const { file, imports } of graph) {
      const from = part(file);
      if (!rooms.includes(from)) continue;
      for (const { target } of imports) {
        const to = part(target);
        if (isOurs(target) && rooms.includes(to) && to !== from)
          edges.set(from, (edges.get(from) ?? new Set()).add(to));
      }
    }
    const reaches = (from: string, to: string, seen: Set<string>): boolean =>
      [...(edges.get(from) ?? [])].some(
        (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
      );
    expect(rooms.filter((room) => reaches(room, room, new Set()))).toEqual([]);
  });

  it("lets only programs, lab and adapters touch disk, processes, network, environment and clock", () => {
    const worldly = /^node:(fs|child_process|net|http|https|os|sqlite|dgram|tls|worker_threads)/;
    const wrong: string[] = [];
    for (const { file, imports } of graph) {
      if (["programs", "lab", "adapters"].includes(part(file))) continue;
      for (const { target } of imports) if (worldly.test(target)) wrong.push(`${file} -> ${target}`);
      const text = readFileSync(join(root, file), "utf8");
      if (/\bprocess\.env\b|\bDate\.now\(\)|\bnew Date\(\)|\bMath\.random\(\)/.test(text))
        wrong.push(`${file}: clock or environment`);
    }
    expect(wrong).toEqual([]);
  });

  it("lets one place import openpgp", () => {
    const wrong = graph
      .filter(({ imports }) => imports.some(({ target }) => target === "openpgp"))
      .map(({ file }) => file)
      .filter((file) => !file.startsWith("src/signed/"));
    expect(wrong).toEqual([]);
  });

  it("keeps the key gate free of everything but Node's own modules", () => {
    const gate = graph.find(({ file }) => file === "src/programs/key-gate.ts");
    expect((gate?.imports ?? []).filter(({ target }) => !target.startsWith("node:"))).toEqual([]);
  });
});
