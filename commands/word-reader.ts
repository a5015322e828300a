import {
  type CommitSha,
  type ComponentName,
  type DistributionName,
  type DistributionSelection,
  type IsoVersion,
  parseCommitSha,
  parseComponentName,
  parseDistributionName,
  parseIsoVersion,
  parseRelease,
  parseTemplateName,
  parseTemplateVersion,
  parseTimestamp,
  type Refusal,
  type Release,
  refusal,
  type TemplateName,
  type TemplateVersion,
  type Timestamp,
} from "../src/domain/index.ts";
import { nearest } from "./nearest.ts";

/** A word that does not fit its place. Thrown within this folder only: the parser of lines makes a value of it. */
export class Misfit extends Error {
  override readonly name = "Misfit";
  readonly refusal: Refusal;

  constructor(reason: Refusal) {
    super(reason.message);
    this.refusal = reason;
  }
}

function malformed(subject: string, message: string): Misfit {
  return new Misfit(refusal("COMMAND_MALFORMED", subject, message));
}

/** The words of a command line after the first, each taken once, from the left or the last from the right. */
export class WordReader {
  readonly #words: string[];

  constructor(untrustedWords: readonly string[]) {
    this.#words = [...untrustedWords];
  }

  release(): Release {
    return this.#next("RELEASE", "'r' then digits and dots, or 'devel'", parseRelease);
  }

  component(): ComponentName {
    return this.#next("COMPONENT", "letters, digits, '_', '+' and '-', at most 64", parseComponentName);
  }

  template(): TemplateName {
    return this.#next("TEMPLATE", "letters, digits, '_', '+' and '-', at most 64", parseTemplateName);
  }

  commit(): CommitSha {
    return this.#next("SHA", "40 lower-case hexadecimal digits", parseCommitSha);
  }

  templateVersion(): TemplateVersion {
    return this.#next("VERSION", "a version of a template, as 4.3.0-202508191723", parseTemplateVersion);
  }

  isoVersion(): IsoVersion {
    return this.#next("VERSION", "a version of an ISO, as 4.2.202303211327 or 4.3.0-rc1", parseIsoVersion);
  }

  timestamp(): Timestamp {
    return this.#next("TIMESTAMP", "a real minute in UTC, YYYYMMDDHHMM", parseTimestamp);
  }

  /** One of these repositories; any other word in its place is one that the command does not know. */
  repository<Name extends string>(known: readonly Name[]): Name {
    const word = this.#take("REPOSITORY");
    const found = known.find((name) => name === word);
    if (found !== undefined) return found;
    const list = known.join(", ");
    throw new Misfit(
      refusal(
        "REPOSITORY_UNKNOWN",
        word,
        `'${word}' is no repository of this command (${list})`,
        `did you mean ${nearest(word, known) ?? list}?`,
      ),
    );
  }

  /** All words that are left: `all`, or distributions separated by commas or spaces. */
  distributions(): DistributionSelection {
    const items = this.#words.splice(0).join(",").split(",");
    if (items.length === 1 && items[0] === "all") return { kind: "all" };
    const [first, ...others] = items.map((item) => this.#distribution(item));
    if (first === undefined) throw malformed("", "DISTS is missing: 'all', or distributions as vm-bookworm,host-fc41");
    const names: DistributionSelection = { kind: "named", names: [first, ...others] };
    const twice = names.names.find((name, index) => names.names.indexOf(name) !== index);
    if (twice !== undefined) throw malformed(twice, `'${twice}' is named twice`);
    return names;
  }

  #distribution(item: string): DistributionName {
    if (item === "") throw malformed("", "DISTS is missing or has an empty item: 'all', or vm-bookworm,host-fc41");
    if (item === "all") throw malformed(item, "'all' stands alone or not at all");
    const name = parseDistributionName(item);
    if (name === null)
      throw malformed(item, `'${item}' is no distribution: host-NAME or vm-NAME is one, as vm-bookworm`);
    return name;
  }

  /** Whether words are left. */
  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /** The next word, without taking it. */
  get peek(): string | undefined {
    return this.#words[0];
  }

  /** The last word goes to a reader of its own, so that what comes before it may be of any number. */
  splitLast(field: string): WordReader {
    const last = this.#words.pop();
    if (last === undefined) throw malformed("", `${field} is missing`);
    return new WordReader([last]);
  }

  /** The next word, which must be exactly this one. */
  literal(word: string): void {
    const found = this.#take(`'${word}'`);
    if (found !== word) throw malformed(found, `'${word}' is expected where '${found}' stands`);
  }

  /** The next word, read by a parser that answers null for what does not fit. */
  #next<T>(field: string, expected: string, parse: (word: string) => T | null): T {
    const word = this.#take(field);
    const value = parse(word);
    if (value === null) throw malformed(word, `'${word}' is no ${field}: ${expected}`);
    return value;
  }

  /** The next word, which must have such a prefix; answers what follows it as a reader of its own. */
  afterPrefix(prefix: string, field: string): WordReader {
    const word = this.#take(field);
    if (!word.startsWith(prefix)) throw malformed(word, `'${word}' is no ${field}: it begins with '${prefix}'`);
    return new WordReader([word.slice(prefix.length)]);
  }

  /** Refuses words that nobody asked for. */
  end(): void {
    const extra = this.#words[0];
    if (extra !== undefined) throw malformed(extra, `'${extra}' is one word too many`);
  }

  #take(field: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw malformed("", `${field} is missing`);
    return word;
  }
}
