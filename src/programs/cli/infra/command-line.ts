import { parseArgs } from "node:util";

/** A command line that cannot be meant; the message says what is wrong with it. */
export class UsageError extends Error {}

/** What an option takes: a word, or nothing. */
type OptionKind = "string" | "boolean";

/** Words and options of a command line. */
export interface CommandLine<Option extends string> {
  readonly words: readonly string[];
  readonly options: Readonly<Partial<Record<Option, string | true>>>;
}

/** Reads a command line strictly. Throws {@link UsageError}. */
export function readCommandLine<Option extends string>(
  argv: readonly string[],
  kinds: Readonly<Record<Option, OptionKind>>,
): CommandLine<Option> {
  const options = Object.fromEntries(
    Object.entries<OptionKind>(kinds).map(([name, type]) => [name, { type, multiple: false }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return { words: positionals, options: values as CommandLine<Option>["options"] };
  } catch (fault) {
    throw new UsageError(fault instanceof Error ? fault.message : String(fault));
  }
}

/** The value of an option that takes a word; null where it is not given. */
export function word(value: string | true | undefined): string | null {
  return typeof value === "string" ? value : null;
}
