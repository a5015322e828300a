import type { BuildTask } from "../../../build/ports.ts";
import { AdapterError } from "../../../domain/index.ts";

/** A version that may become part of a file's name and of a recipe's text. */
const pattern = /^[0-9A-Za-z][0-9A-Za-z.~+_]{0,63}$/;

async function word(task: BuildTask, file: string): Promise<string | null> {
  const text = (await task.source.file(task.commit, file))?.toString("utf8").trim();
  if (text === undefined) return null;
  if (pattern.test(text)) return text;
  throw new AdapterError("UNEXPECTED_ANSWER", `the component's file '${file}' does not hold a version`);
}

/** The component's version as Qubes keeps it: files `version` and `rel`; without them the tag, and 1. */
export async function componentVersion(task: BuildTask): Promise<{ readonly version: string; readonly rel: string }> {
  const version = (await word(task, "version")) ?? task.version.replace(/^v/, "").replaceAll("-", ".");
  if (!pattern.test(version)) throw new AdapterError("UNEXPECTED_ANSWER", `'${version.slice(0, 60)}' is not a version`);
  return { version, rel: (await word(task, "rel")) ?? "1" };
}

/** Fills a recipe's `@WORD@`s, in one pass: a value never becomes a placeholder. */
export function fillRecipe(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);
}
