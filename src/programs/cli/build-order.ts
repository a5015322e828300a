import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import {
  formatTimestamp,
  no,
  ok,
  parseCommitSha,
  parseComponentName,
  parseDistributionName,
  parseIsoVersion,
  parseRelease,
  parseTemplateName,
  parseTimestamp,
  type Result,
} from "../../domain/index.ts";
import type { OperatorWork } from "../../work/index.ts";

/** What the command line says, besides the words. */
export interface OrderOptions {
  readonly commit: string | undefined;
  readonly timestamp: string | undefined;
  readonly builder: string | undefined;
  readonly release: "testing" | "final";
}

/** One job for each builder that the order concerns. */
export interface Order {
  readonly builder: LoadedBuilder;
  readonly work: OperatorWork;
}

type Parsed = Result<{ readonly work: OperatorWork; readonly concerns: (builder: LoadedBuilder) => boolean }, string>;

function component(words: readonly string[], options: OrderOptions): Parsed {
  const [word = "", ...names] = words;
  const name = parseComponentName(word);
  if (name === null) return no(`'${word}' is not a component's name`);
  const commit = options.commit === undefined ? null : parseCommitSha(options.commit);
  if (options.commit !== undefined && commit === null)
    return no(`'${options.commit}' is not a commit of 40 hex digits`);
  const distributions = names.map(parseDistributionName);
  const wrong = names[distributions.indexOf(null)];
  if (wrong !== undefined) return no(`'${wrong}' is not a distribution`);
  const named = distributions.filter((distribution) => distribution !== null);
  return ok({
    work: { kind: "component", component: name, commit, distributions: named.length === 0 ? null : named },
    concerns: ({ configuration }) =>
      configuration.components.some((candidate) => candidate.name === name) &&
      (named.length === 0 || configuration.distributions.some((distribution) => named.includes(distribution.name))),
  });
}

function template(words: readonly string[], options: OrderOptions, now: Date): Parsed {
  const [word = "", ...more] = words;
  const name = parseTemplateName(word);
  const timestamp = parseTimestamp(options.timestamp ?? formatTimestamp(now));
  if (name === null || more.length > 0) return no("one template is to be named");
  if (timestamp === null) return no(`'${options.timestamp}' is not a time as YYYYMMDDHHMM`);
  return ok({
    work: { kind: "template", template: name, timestamp },
    concerns: ({ configuration }) => configuration.templates.some((candidate) => candidate.name === name),
  });
}

/** Without a VERSION it is RELEASE.TIMESTAMP, as the weekly images have it. */
function iso(words: readonly string[], options: OrderOptions, release: string, now: Date): Parsed {
  const [word, ...more] = words;
  const timestamp = parseTimestamp(options.timestamp ?? formatTimestamp(now));
  if (timestamp === null) return no(`'${options.timestamp}' is not a time as YYYYMMDDHHMM`);
  const version = parseIsoVersion(word ?? `${release.replace(/^r/, "")}.${timestamp}`);
  if (version === null || more.length > 0) return no(`'${words.join(" ")}' is not an ISO's version, as 4.3.0-rc1`);
  return ok({
    work: { kind: "iso", version, timestamp, release: options.release },
    concerns: ({ configuration }) => configuration.distributions.some(({ set }) => set === "host"),
  });
}

/** What `build component|template|iso RELEASE …` asks of which builders; else what is wrong with it. */
export function planOrder(
  words: readonly string[],
  options: OrderOptions,
  builders: readonly LoadedBuilder[],
  now: Date,
): Result<readonly Order[], string> {
  const [kind, releaseWord = "", ...rest] = words;
  const release = parseRelease(releaseWord);
  if (release === null) return no(`'${releaseWord}' is not a release such as r4.3`);
  const parse = {
    component: () => component(rest, options),
    template: () => template(rest, options, now),
    iso: () => iso(rest, options, release, now),
  }[kind ?? ""];
  if (parse === undefined) return no("write build component, build template or build iso");
  const parsed = parse();
  if (!parsed.ok) return parsed;
  const { work, concerns } = parsed.value;
  const here = builders
    .filter((builder) => builder.release === release && concerns(builder))
    .filter(({ directory }) => options.builder === undefined || directory === options.builder);
  if (here.length === 0) return no(`no builder of ${release} is configured for that`);
  // Two builders of one image would publish two under one name; components' builders differ in their distributions.
  if (work.kind !== "component" && here.length > 1) {
    return no(`several builders could; choose by --builder: ${here.map(({ directory }) => directory).join(", ")}`);
  }
  return ok(here.map((builder) => ({ builder, work })));
}
