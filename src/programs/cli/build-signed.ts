/** `release-bot build` on a maintainer's machine: signs and posts a Build command, as `promote` does with promotions. */
import { formatTimestamp, parseCommitSha, parseIsoVersion, parseRelease, parseTimestamp } from "../../domain/index.ts";
import {
  type CommandLine,
  type ConcernedPlace,
  concernedPlaces,
  type StatusData,
  tellStories,
} from "../../status/index.ts";
import type { SigningValues } from "./signing/settings.ts";
import { signAndPost } from "./signing/sign-and-post.ts";
import { publishedStatus, type StatusOptionValues } from "./status-options.ts";

/** What the command line says, besides the words. */
export interface BuildValues extends SigningValues, StatusOptionValues {
  readonly commit?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly issue?: string | undefined;
}

type Made = CommandLine | string;

/** Makes the line of the words, shows it, asks, signs, posts and follows. Answers the exit status, or what is wrong with the words. */
export async function buildBySignature(words: readonly string[], values: BuildValues): Promise<number | string> {
  const now = new Date();
  const [kind, releaseWord = "", ...rest] = words;
  const release = parseRelease(releaseWord);
  if (release === null) return `'${releaseWord}' is not a release such as r4.3`;
  const timestamp = values.timestamp ?? formatTimestamp(now);
  if (parseTimestamp(timestamp) === null) return `'${timestamp}' is not a time as YYYYMMDDHHMM`;
  const issue = values.issue === undefined ? null : Number(values.issue);
  if (issue !== null && !(Number.isInteger(issue) && issue > 0)) return "--issue takes a number";
  const make = { component, template, iso }[kind ?? ""];
  if (make === undefined) return "write build component, build template or build iso";
  const data = await publishedStatus(values, process.env, now);
  const made = make({ release, words: rest, timestamp, values, data, now });
  if (typeof made === "string") return made;
  return signAndPost({ lines: [{ ...made, issue: issue ?? made.issue }], data, values, besides: "" });
}

interface Wish {
  readonly release: string;
  readonly words: readonly string[];
  readonly timestamp: string;
  readonly values: BuildValues;
  readonly data: StatusData;
  readonly now: Date;
}

/** From the commit of the newest version that the records know, or of `--commit`. */
function component({ release, words, timestamp, values, data, now }: Wish): Made {
  const [name, ...dists] = words;
  if (name === undefined) return "a component is to be named";
  if (values.commit !== undefined && parseCommitSha(values.commit) === null)
    return `'${values.commit}' is not a commit of 40 hex digits`;
  const stories = tellStories(data, { release, name, version: null }, now);
  const found = stories.find(({ update }) => values.commit === undefined || update.commit === values.commit)?.update;
  const commit = values.commit ?? found?.commit ?? null;
  if (commit === null) return `no record of ${name} in ${release}: say from which commit, by --commit SHA`;
  const issue = found?.issue ?? stories.find(({ update }) => update.issue !== null)?.update.issue ?? null;
  const places = found === undefined ? [] : concernedPlaces(found, dists.length === 0 ? null : dists);
  return {
    line: `Build-component ${release} ${name} ${commit} ${dists.length === 0 ? "all" : dists.join(",")} ${timestamp}`,
    does: "is built again",
    issue,
    name,
    version: found?.version ?? commit.slice(0, 12),
    distributions: dists,
    places: places.length > 0 ? places : (dists.length > 0 ? dists : [null]).map(unknownPlace),
  };
}

function template({ release, words, timestamp, data, now }: Wish): Made {
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) return "one template is to be named";
  const line = `Build-template ${release} ${name} ${timestamp}`;
  return imageLine(line, { name, version: timestamp }, data, { release, now });
}

/** Without a VERSION it is RELEASE.TIMESTAMP, as the weekly images have it. */
function iso({ release, words, timestamp, data, now }: Wish): Made {
  const [word, ...more] = words;
  const version = parseIsoVersion(word ?? `${release.replace(/^r/, "")}.${timestamp}`);
  if (version === null || more.length > 0) return `'${words.join(" ")}' is not an ISO's version, as 4.3.0-rc1`;
  return imageLine(`Build-iso ${release} ${version} ${timestamp}`, { name: "iso", version }, data, { release, now });
}

/** A new image has no status issue yet: it is asked for on the one of the image before it. */
function imageLine(
  line: string,
  subject: { readonly name: string; readonly version: string },
  data: StatusData,
  { release, now }: { readonly release: string; readonly now: Date },
): CommandLine {
  const stories = tellStories(data, { release, name: subject.name, version: null }, now);
  const before = stories.find(({ update }) => update.issue !== null)?.update;
  const environment = before?.places[0]?.environment ?? null;
  const last = before === undefined ? "never built before, as far as the records go" : `the last is ${before.version}`;
  const places = [{ distribution: null, environment, now: last }];
  return { line, does: "is built", issue: before?.issue ?? null, ...subject, distributions: [], places };
}

function unknownPlace(distribution: string | null): ConcernedPlace {
  return { distribution, environment: null, now: "no record of it yet" };
}
