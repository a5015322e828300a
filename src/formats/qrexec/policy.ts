import { posix } from "node:path";
import type { Result } from "../../domain/index.ts";
import { type PolicyRule, parseRuleColumns, parseServiceColumns } from "./policy-rule.ts";

/** The files of a policy directory, read by somebody else. */
export interface PolicyFiles {
  /** By path relative to the directory: `20-name.policy`, `include/name`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The directory of Qubes 4.0 (`/etc/qubes-rpc/policy`) for `!compat-4.0`: service files by name; may be empty. */
  readonly legacy: ReadonlyMap<string, Uint8Array>;
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
}

/** `FILE:LINE: what is wrong`. */
export function formatPolicyMistake(mistake: PolicyMistake): string {
  return `${mistake.file}:${mistake.line}: ${mistake.message}`;
}

/** Whether the daemon reads the file by itself (others only where they are included). */
function isPolicyFileName(name: string): boolean {
  return name.endsWith(".policy") && !name.startsWith(".") && !name.includes("/");
}

const defaultDirectory = "/etc/qubes/policy.d/";
/** What the genuine parser, written in Python, divides words at. */
const blanks = /[\t\n\v\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Reads the whole language; goes on after a mistake, so that all of them can be named at once. */
export function parsePolicy(source: PolicyFiles): Policy {
  const reader = new PolicyReader(source);
  reader.readDirectory("");
  return { rules: reader.rules, mistakes: reader.mistakes };
}

/** Which directory a path is looked up in. */
type Root = "files" | "legacy";
type Columns = Pick<PolicyRule, "service" | "argument">;

class PolicyReader {
  readonly rules: PolicyRule[] = [];
  readonly mistakes: PolicyMistake[] = [];
  readonly #source: PolicyFiles;
  /** The files that are open, outermost first: one that includes itself would never end. */
  readonly #open: string[] = [];

  constructor(source: PolicyFiles) {
    this.#source = source;
  }

  /** Every `*.policy` of a directory, by name. */
  readDirectory(directory: string): void {
    const prefix = directory === "" ? "" : `${directory}/`;
    const inside = [...this.#source.files.keys()].filter(
      (path) => path.startsWith(prefix) && isPolicyFileName(path.slice(prefix.length)),
    );
    for (const path of inside.sort()) {
      if (/^[a-z0-9_.-]+$/.test(path.slice(prefix.length))) this.#readFile("files", path, null);
      else this.#mistake(path, 0, "a policy file's name has a-z, 0-9, '_', '.' and '-' only");
    }
  }

  #mistake(file: string, line: number, message: string): void {
    this.mistakes.push({ file, line, message });
  }

  /** Reads one file; `columns` where it is in the old format, for that service and argument. */
  #readFile(root: Root, path: string, columns: Columns | null): void {
    const text = decode(this.#source[root].get(path));
    if (text === null) {
      this.#mistake(path, 0, "not UTF-8");
      return;
    }
    this.#open.push(`${root}:${path}`);
    for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
      const trimmed = raw.split(blanks).filter((word) => word !== "");
      if (trimmed[0] === undefined || trimmed[0].startsWith("#")) continue;
      if (columns === null) this.#readLine(root, path, index + 1, trimmed);
      else this.#readOldLine(root, path, index + 1, trimmed.join(" "), columns);
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
    else if (directive === "!include-dir" && one !== undefined) this.#includeDirectory(file, line, one);
    else if (directive === "!include" && one !== undefined) this.#include(root, file, line, one, null);
    else if (one !== undefined && two !== undefined && three !== undefined) {
      const columns = parseServiceColumns(one, two);
      if (columns.ok) this.#include(root, file, line, three, columns.value);
      else this.#mistake(file, line, columns.error);
    }
  }

  #include(root: Root, file: string, line: number, written: string, columns: Columns | null): void {
    const path = resolveInclude(written);
    if (!this.#source[root].has(path)) this.#mistake(file, line, `'${written}' is no file of the policy`);
    else if (this.#open.includes(`${root}:${path}`)) this.#mistake(file, line, `'${written}' includes itself`);
    else this.#readFile(root, path, columns);
  }

  #includeDirectory(file: string, line: number, written: string): void {
    const path = resolveInclude(written).replace(/\/$/, "");
    const directory = path === "." ? "" : path;
    const inside = [...this.#source.files.keys()].some((name) => name.startsWith(`${directory}/`));
    if (directory === "") this.#mistake(file, line, `'${written}' includes itself`);
    else if (!inside) this.#mistake(file, line, `'${written}' is no directory of the policy`);
    else if (this.#open.includes(`dir:${directory}`)) this.#mistake(file, line, `'${written}' includes itself`);
    else {
      this.#open.push(`dir:${directory}`);
      this.readDirectory(directory);
      this.#open.pop();
    }
  }

  /** `!compat-4.0`: every old service file; after one for a single argument what is not allowed is denied. */
  #readLegacy(file: string, line: number): void {
    if (this.#open.includes("legacy")) this.#mistake(file, line, "!compat-4.0 cannot be nested");
    const names = [...this.#source.legacy.keys()].filter((name) => /^[A-Za-z0-9_.+-]+$/.test(name));
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
        this.#mistake(name, 0, columns.error);
        continue;
      }
      this.#readFile("legacy", name, columns.value);
      if (argument === "*") continue;
      for (const target of ["@anyvm", "@adminvm"]) {
        this.#addRule(name, 0, parseRuleColumns(columns.value, ["@anyvm", target, "deny"]));
      }
    }
    this.#open.pop();
  }

  #addRule(file: string, line: number, body: Result<Omit<PolicyRule, "file" | "line">, string>): void {
    if (body.ok) this.rules.push({ ...body.value, file, line });
    else this.#mistake(file, line, body.error);
  }
}

/** Relative to the policy directory; one that leaves it names no file that we have. */
function resolveInclude(written: string): string {
  const relative = written.startsWith(defaultDirectory) ? written.slice(defaultDirectory.length) : written;
  return posix.normalize(relative);
}

function decode(bytes: Uint8Array | undefined): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes ?? new Uint8Array());
  } catch {
    return null;
  }
}
