import type { Command } from "../src/domain/index.ts";
import type { WordReader } from "./word-reader.ts";

/** What a signer can be granted, by the key of `github.maintainers.FINGERPRINT` that grants it. */
export type GrantName = "components" | "distributions" | "templates" | "iso" | "hold" | "unhold" | "withdraw";

/** One way to write a command. */
interface Spelling {
  /** `v1`: as builder-github reads it; `v2`: as qubes-builderv2-github does; `new`: only this bot knows it. */
  readonly form: "v1" | "v2" | "new";
  /** The words, capitals for what is to be filled in. */
  readonly usage: string;
  /** A line that parses. */
  readonly example: string;
}

/** A comment command: its words, what its signer must have been granted, its help. */
export interface CommandDefinition {
  /** The first word of the line. */
  readonly word: string;
  /** What it is parsed into; null where it is only another word for what has a definition of its own. */
  readonly kind: Command["kind"] | null;
  readonly spellings: readonly [Spelling, ...Spelling[]];
  /** Every one of these, for what the command names. */
  readonly needs: readonly GrantName[];
  /** The repositories that the word REPOSITORY may name here. */
  readonly repositories: readonly string[];
  /** One or two sentences. */
  readonly help: string;
  /** Reads the words after the first. */
  readonly parse: (words: WordReader) => Command;
}
