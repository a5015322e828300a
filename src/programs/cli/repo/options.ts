/** The words of `release-bot repo …`, parsed: each option by the one parser of its kind, and what is missing named. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { NodeDisk } from "../../../adapters/files/index.ts";
import type { PlanTarget, Repositories } from "../../../adapters/repository/index.ts";
import { GpgProgramSigner } from "../../../adapters/signer/index.ts";
import {
  type Distribution,
  type Fingerprint,
  parseCommitSha,
  parseComponentName,
  parseComponentRepository,
  parseDistribution,
  parseFingerprint,
  parseRelease,
  parseTemplateName,
  parseTemplateRepository,
  type RepositoryName,
} from "../../../domain/index.ts";
import type { PromotionSubject, Signer } from "../../../promotion/index.ts";
import { Watch } from "../progress.ts";
import { openWatched } from "./watched.ts";

/** Words that are no command of ours: exit status 2. */
export class UsageError extends Error {}

const options = {
  root: { type: "string" },
  artifacts: { type: "string" },
  release: { type: "string" },
  dist: { type: "string", multiple: true },
  repository: { type: "string" },
  component: { type: "string" },
  template: { type: "string" },
  version: { type: "string" },
  commit: { type: "string" },
  to: { type: "string" },
  from: { type: "string" },
  "sign-key": { type: "string" },
  "former-key": { type: "string", multiple: true },
  gpg: { type: "string", default: "gpg" },
  mirror: { type: "string", multiple: true },
  "deb-engine": { type: "string", default: "auto" },
  "min-age-days": { type: "string", default: "5" },
  "keep-superseded-days": { type: "string", default: "90" },
  "upload-to": { type: "string" },
  rsh: { type: "string" },
  config: { type: "string" },
  repair: { type: "boolean", default: false },
  rehearse: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The words as they came, each where it belongs. */
export type Words = ReturnType<typeof parseWords>;

/** Splits the words. Throws UsageError for an option that there is not. */
export function parseWords(argv: readonly string[]): ReturnType<typeof splitWords> {
  try {
    return splitWords(argv);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function splitWords(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
}

type Name = Exclude<keyof typeof options, "repair" | "rehearse" | "json" | "help">;

function word(words: Words, name: Name): string {
  const value = words.values[name];
  const text = Array.isArray(value) ? value.join(",") : value;
  if (text === undefined || text === "") throw new UsageError(`--${name} is missing`);
  return text;
}

function parsed<T>(words: Words, name: Name, parse: (untrusted: string) => T | null, what: string): T {
  const text = word(words, name);
  const value = parse(text);
  if (value === null) throw new UsageError(`--${name} ${text}: this is no ${what}`);
  return value;
}

/** The repositories under `--root`, with the signer that `--gpg` names. Only what publishes may make the directory. */
export function openByWords(words: Words, directory: "there" | "made"): { repositories: Repositories; signer: Signer } {
  const root = resolve(word(words, "root"));
  if (directory === "there" && !isDirectory(root)) throw new UsageError(`--root ${root}: there is no such directory`);
  const engine = word(words, "deb-engine");
  if (engine !== "auto" && engine !== "native" && engine !== "reprepro") {
    throw new UsageError(`--deb-engine ${engine}: auto, native or reprepro`);
  }
  const watch = new Watch(process.stderr);
  const gpg = new GpgProgramSigner({ program: word(words, "gpg"), environment: {}, limitMs: 300_000 });
  const { artifacts, mirror } = words.values;
  const options = {
    root,
    artifacts: artifacts === undefined ? null : resolve(artifacts),
    disk: new NodeDisk(),
    clock: () => new Date(),
    keys: gpg,
    debEngine: engine,
    mirrors: mirror ?? [],
  } as const;
  // gpg may ask for the passphrase in this very terminal.
  const signer: Signer = { sign: (request) => watch.silently(() => gpg.sign(request)) };
  return { repositories: openWatched(options, watch), signer };
}

/** Whether the path leads to a directory. */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** `--release` */
export const releaseOf = (words: Words) => parsed(words, "release", parseRelease, "release");

/** `--sign-key` */
export const signKeyOf = (words: Words) => parsed(words, "sign-key", parseFingerprint, "fingerprint of 40 hex digits");

/** `--former-key`, any number of times. */
export function formerKeysOf(words: Words): Fingerprint[] {
  return (words.values["former-key"] ?? []).map((text) => {
    const key = parseFingerprint(text);
    if (key === null) throw new UsageError(`--former-key ${text}: this is no fingerprint of 40 hex digits`);
    return key;
  });
}

/** `--dist D[,D…]`; null where it is not given. */
export function distributionsOf(words: Words): Distribution[] | null {
  if (words.values.dist === undefined) return null;
  return distributionNames(words).map((name) => {
    const distribution = parseDistribution(name);
    if (distribution === null) throw new UsageError(`--dist ${name}: this is no distribution`);
    if (distribution.type === "gentoo" || distribution.type === "windows") {
      throw new UsageError(`--dist ${name}: ${distribution.type} packages have no repository here`);
    }
    return distribution;
  });
}

function distributionNames(words: Words): string[] {
  const names = word(words, "dist").split(",");
  if (new Set(names).size !== names.length) throw new UsageError("--dist names one distribution twice");
  return names;
}

/** `--to`, `--from` or `--repository` */
export function repositoryOf(words: Words, name: "to" | "from" | "repository"): RepositoryName {
  return parsed(words, name, (text) => parseComponentRepository(text) ?? parseTemplateRepository(text), "repository");
}

/** The same, for a subject that it can hold. */
export function repositoryFor(
  words: Words,
  name: "to" | "from" | "repository",
  subject: PromotionSubject,
): RepositoryName {
  const repository = repositoryOf(words, name);
  if ((parseTemplateRepository(repository) !== null) === (subject.kind === "template")) return repository;
  throw new UsageError(`--${name} ${repository}: it holds no ${subject.kind}s`);
}

/** `--component` with `--commit`, or `--template` with or without `--version`. */
export function subjectOf(words: Words): PromotionSubject {
  const { component, template, version } = words.values;
  if ((component === undefined) === (template === undefined)) {
    throw new UsageError("either --component or --template is needed");
  }
  if (template !== undefined) {
    const name = parsed(words, "template", parseTemplateName, "template's name");
    return { kind: "template", template: name, version: version ?? null };
  }
  return {
    kind: "component",
    component: parsed(words, "component", parseComponentName, "component's name"),
    commit: parsed(words, "commit", parseCommitSha, "commit (40 lower-case hex digits)"),
  };
}

/** An option that must be there, as it is. */
export const textOf = (words: Words, name: Name): string => word(words, name);

/** The one distribution of `--dist`; null for templates. */
export function targetOf(words: Words): Distribution | null {
  if (words.values.repository?.startsWith("templates-") === true) return null;
  const name = word(words, "dist");
  const distribution = parseDistribution(name);
  if (distribution === null) throw new UsageError(`--dist ${name}: this is no distribution`);
  return distribution;
}

/** `--dist D[,D…]` with the sign key; one target without distribution for a template. */
export function targetsOf(words: Words): PlanTarget[] {
  const signKey = signKeyOf(words);
  if (words.values.template !== undefined) return [{ distribution: null, signKey }];
  word(words, "dist");
  return (distributionsOf(words) ?? []).map((distribution) => ({ distribution, signKey }));
}

/** A number of days: digits, with a fraction. */
export function daysOf(words: Words, name: "min-age-days" | "keep-superseded-days"): number {
  return parsed(words, name, (text) => (/^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : null), "number of days");
}
