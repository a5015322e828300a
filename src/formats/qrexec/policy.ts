import { posix } from "node:path";
import type { Result } from "../../domain/index.ts";
import { type PolicyRule, parseRuleColumns, parseServiceColumns } from "./policy-rule.ts";

/** The files of a policy directory, read by somebody else. */
export interface PolicyFiles {
  /** By path relative to the directory: `20-name.policy`, `include/name`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /**
   * `/run/qubes/policy.d`, which dom0 reads together with the other: one order of names, and of two files of one name it
   * reads this one only. Null: not known.
   */
  readonly runtime: ReadonlyMap<string, Uint8Array> | null;
  /** The directory of Qubes 4.0 (`/etc/qubes-rpc/policy`) for `!compat-4.0`: service files by name. Null: not known. */
  readonly legacy: ReadonlyMap<string, Uint8Array> | null;
}

/** A mistake, and where it stands. */
export interface PolicyMistake {
  readonly file: string;
  /** 0 where the file's name or its encoding is the mistake. */
  readonly line: number;
  readonly message: string;
}

/** A policy read whole. With a single mistake it denies everything, as the genuine daemon does. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly mistakes: readonly PolicyMistake[];
  /** What is right, and yet means something else than it seems to, or cannot be known from these files. */
  readonly traps: readonly PolicyMistake[];
}

/** `FILE:LINE: what is wrong`. */
export function formatPolicyMistake(mistake: PolicyMistake): string {
  return `${mistake.file}:${mistake.line}: ${mistake.message}`;
}

/** Whether the daemon reads the file by itself (others only where they are included). */
function isPolicyFileName(name: string): boolean {
  return name.endsWith(".policy") && !name.startsWith(".") && !name.includes("/");
}

/** Where the directories are in dom0. */
const homes = {
  files: "/etc/qubes/policy.d/",
  runtime: "/run/qubes/policy.d/",
  legacy: "/etc/qubes-rpc/policy/",
} as const;
/** What the genuine parser, written in Python, divides words at. */
const blanks = /[\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Reads the whole language; goes on after a mistake, so that all of them can be named at once. */
export function parsePolicy(source: PolicyFiles): Policy {
  const reader = new PolicyReader(source);
  reader.readAll();
  return { rules: reader.rules, mistakes: reader.mistakes, traps: reader.traps };
}

/** Which directory a path is looked up in. */
type Root = keyof typeof homes;
type Columns = Pick<PolicyRule, "service" | "argument">;

class PolicyReader {
  readonly rules: PolicyRule[] = [];
  readonly mistakes: PolicyMistake[] = [];
  readonly traps: PolicyMistake[] = [];
  readonly #source: PolicyFiles;
  /** The files that are open, outermost first: one that includes itself would never end. */
  readonly #open: string[] = [];

  constructor(source: PolicyFiles) {
    this.#source = source;
  }

  /** Both directories as one, by name. */
  readAll(): void {
    const files = new Map<string, Root>();
    for (const path of this.#source.files.keys()) files.set(path, "files");
    for (const path of this.#source.runtime?.keys() ?? []) {
      if (files.has(path) && isPolicyFileName(path)) {
        this.#trap(
          path,
          0,
          `is not read at all: ${homes.runtime}${path} stands in its place until dom0 is started anew`,
        );
      }
      files.set(path, "runtime");
    }
    for (const [path, root] of files) {
      if (path.includes("/") || isPolicyFileName(path) || !path.includes(".policy")) continue;
      this.#trap(
        shown(root, path),
        0,
        "is not read by dom0: a policy file's name ends in '.policy' and begins with no dot",
      );
    }
    this.#readFiles("", files);
  }

  /** Every `*.policy` of these, by name. */
  #readFiles(directory: string, files: ReadonlyMap<string, Root>): void {
    const prefix = directory === "" ? "" : `${directory}/`;
    const inside = [...files].filter(
      ([path]) => path.startsWith(prefix) && isPolicyFileName(path.slice(prefix.length)),
    );
    for (const [path, root] of inside.sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (/^[a-z0-9_.-]+$/.test(path.slice(prefix.length))) this.#readFile(root, path, null);
      else this.#mistake(shown(root, path), 0, "a policy file's name has a-z, 0-9, '_', '.' and '-' only");
    }
  }

  #mistake(file: string, line: number, message: string): void {
    this.mistakes.push({ file, line, message });
  }

  #trap(file: string, line: number, message: string): void {
    this.traps.push({ file, line, message });
  }

  /** Reads one file; `columns` where it is in the old format, for that service and argument. */
  #readFile(root: Root, path: string, columns: Columns | null): void {
    const text = decode(this.#source[root]?.get(path));
    const file = shown(root, path);
    if (text === null) {
      this.#mistake(file, 0, "not UTF-8");
      return;
    }
    this.#open.push(`${root}:${path}`);
    for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
      const trimmed = raw.split(blanks).filter((word) => word !== "");
      if (trimmed[0] === undefined || trimmed[0].startsWith("#")) continue;
      if (columns === null) this.#readLine(root, file, index + 1, trimmed);
      else this.#readOldLine(root, file, index + 1, trimmed.join(" "), columns);
    }
    this.#open.pop();
  }

  #readLine(root: Root, file: string, line: number, words: readonly string[]): void {
    const [first = "", second = "", ...rest] = words;
    if (first.startsWith("!")) {
      this.#readDirective(root, file, line, words);
      return;
    }
    const columns = parseServiceColumns(first, second);
    if (words.length < 5) this.#mistake(file, line, "too few words: SERVICE ARGUMENT SOURCE TARGET ACTION are needed");
    else if (!columns.ok) this.#mistake(file, line, columns.error);
    else this.#addRule(file, line, parseRuleColumns(columns.value, rest));
  }

  /** A line of Qubes 4.0: SOURCE TARGET ACTION, `$` for `@`, parameters after commas, `$include:`. */
  #readOldLine(root: Root, file: string, line: number, text: string, columns: Columns): void {
    const modern = text.replaceAll("$include:", "!include ").replaceAll("$", "@").replaceAll(",", " ");
    const words = modern.split(" ").filter((word) => word !== "");
    if (words[0]?.startsWith("!") !== true) this.#addRule(file, line, parseRuleColumns(columns, words));
    else if (words[0] !== "!include" || words[1] === undefined || words.length !== 2) {
      this.#mistake(file, line, `'${words.join(" ")}' is no directive of the old format`);
    } else this.#include(root, file, line, words[1], columns);
  }

  #readDirective(root: Root, file: string, line: number, words: readonly string[]): void {
    const [directive, ...given] = words;
    const [one, two, three] = given;
    const wanted: Readonly<Record<string, number>> = {
      "!include": 1,
      "!include-dir": 1,
      "!include-service": 3,
      "!compat-4.0": 0,
    };
    const count = directive === undefined ? undefined : wanted[directive];
    if (count === undefined) this.#mistake(file, line, `there is no directive '${directive}'`);
    else if (given.length !== count)
      this.#mistake(file, line, `${directive} takes ${count} words, not ${given.length}`);
    else if (directive === "!compat-4.0") this.#readLegacy(file, line);
    else if (directive === "!include-dir" && one !== undefined) this.#includeDirectory(root, file, line, one);
    else if (directive === "!include" && one !== undefined) this.#include(root, file, line, one, null);
    else if (one !== undefined && two !== undefined && three !== undefined) {
      const columns = parseServiceColumns(one, two);
      if (columns.ok) this.#include(root, file, line, three, columns.value);
      else this.#mistake(file, line, columns.error);
    }
  }

  #include(from: Root, file: string, line: number, written: string, columns: Columns | null): void {
    const { root, path } = resolveInclude(from, written);
    if (this.#source[root]?.has(path) !== true) this.#mistake(file, line, `'${written}' is no file of the policy`);
    else if (this.#open.includes(`${root}:${path}`)) this.#mistake(file, line, `'${written}' includes itself`);
    else this.#readFile(root, path, columns);
  }

  #includeDirectory(from: Root, file: string, line: number, written: string): void {
    const { root, path } = resolveInclude(from, written);
    const directory = path.replace(/^\.$|\/$/, "");
    const all = new Map([...(this.#source[root]?.keys() ?? [])].map((name) => [name, root]));
    const inside = [...all.keys()].some((name) => name.startsWith(`${directory}/`));
    const open = `dir:${root}:${directory}`;
    if (directory === "") this.#mistake(file, line, `'${written}' includes itself`);
    else if (!inside) this.#mistake(file, line, `'${written}' is no directory of the policy`);
    else if (this.#open.includes(open)) this.#mistake(file, line, `'${written}' includes itself`);
    else {
      this.#open.push(open);
      this.#readFiles(directory, all);
      this.#open.pop();
    }
  }

  /** `!compat-4.0`: every old service file; after one for a single argument what is not allowed is denied. */
  #readLegacy(file: string, line: number): void {
    if (this.#open.includes("legacy")) this.#mistake(file, line, "!compat-4.0 cannot be nested");
    if (this.#source.legacy === null) {
      const what = `${homes.legacy}, and that directory is not here: its lines are not looked at`;
      this.#trap(file, line, `reads dom0's ${what}; copy it too`);
    }
    const names = [...(this.#source.legacy?.keys() ?? [])].filter((name) => /^[A-Za-z0-9_.+-]+$/.test(name));
    const split = names.map((name) => {
      const plus = name.indexOf("+");
      return plus < 0
        ? { name, service: name, argument: "*" }
        : { name, service: name.slice(0, plus), argument: name.slice(plus) };
    });
    // By service; the file for all arguments last, or it would take the calls of the special ones.
    split.sort((a, b) => {
      if (a.service !== b.service) return a.service < b.service ? -1 : 1;
      if (a.argument === "*" || b.argument === "*") return a.argument === "*" ? 1 : -1;
      return a.argument < b.argument ? -1 : 1;
    });
    this.#open.push("legacy");
    for (const { name, service, argument } of split) {
      const columns = parseServiceColumns(service, argument);
      if (!columns.ok) {
        this.#mistake(shown("legacy", name), 0, columns.error);
        continue;
      }
      this.#readFile("legacy", name, columns.value);
      if (argument === "*") continue;
      for (const target of ["@anyvm", "@adminvm"]) {
        this.#addRule(shown("legacy", name), 0, parseRuleColumns(columns.value, ["@anyvm", target, "deny"]));
      }
    }
    this.#open.pop();
  }

  #addRule(file: string, line: number, body: Result<Omit<PolicyRule, "file" | "line">, string>): void {
    if (body.ok) this.rules.push({ ...body.value, file, line });
    else this.#mistake(file, line, body.error);
  }
}

/** How a file is named: relative to the policy directory, and those of the other two as dom0 has them. */
function shown(root: Root, path: string): string {
  return root === "files" ? path : `${homes[root]}${path}`;
}

/** Relative to the directory of the file that says so; one that leaves it names no file that we have. */
function resolveInclude(from: Root, written: string): { readonly root: Root; readonly path: string } {
  for (const root of ["files", "runtime"] as const) {
    if (written.startsWith(homes[root])) return { root, path: posix.normalize(written.slice(homes[root].length)) };
  }
  return { root: from, path: posix.normalize(written) };
}

function decode(bytes: Uint8Array | undefined): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes ?? new Uint8Array());
  } catch {
    return null;
  }
}
