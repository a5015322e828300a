/** What the bot's comments and reactions say about each thing that was asked for. Pure. */
import { distributionLabel, parseDistribution } from "../../../domain/index.ts";
import type { CommandLine, ConcernedPlace } from "../../../status/index.ts";

/** One distribution of one line, which is to become done or refused. */
export interface Awaited {
  readonly line: string;
  readonly does: string;
  readonly name: string;
  readonly version: string;
  readonly issue: number | null;
  readonly place: ConcernedPlace;
}

/** What became of it. */
export interface Outcome {
  readonly kind: "done" | "refused" | "failed";
  /** In the bot's words, which may repeat others'. Untrusted. */
  readonly text: string;
}

/** What the bot itself has written since the message was posted. Other accounts' comments and reactions are not in it. */
export interface Heard {
  /** Bodies, by the issue that they are on. */
  readonly comments: readonly { readonly issue: number; readonly body: string }[];
  /** Contents of reactions on the posted message: `eyes`, `rocket`, `-1`, `confused`. */
  readonly reactions: readonly string[];
  readonly trace: string;
}

/** Everything that the lines ask for. */
export function awaitedOf(lines: readonly CommandLine[]): readonly Awaited[] {
  return lines.flatMap(({ line, does, name, version, issue, places }) =>
    places.map((place) => ({ line, does, name, version, issue, place })),
  );
}

/** What is known by now. Absent: nothing yet. */
export function outcomesOf(awaited: readonly Awaited[], heard: Heard): ReadonlyMap<Awaited, Outcome> {
  const outcomes = new Map<Awaited, Outcome>();
  const answers = heard.comments.flatMap(({ body }) => answersIn(body, heard.trace));
  const environments = new Set(awaited.map(({ place }) => place.environment));
  for (const one of awaited) {
    const outcome = told(one, answers, heard) ?? byReaction(heard, environments.size, answers);
    if (outcome !== null) outcomes.set(one, outcome);
  }
  return outcomes;
}

function told(one: Awaited, answers: readonly LineAnswer[], heard: Heard): Outcome | null {
  const { environment } = one.place;
  const answer = answers.find(
    ({ line, environment: who }) => line === one.line && (environment === null || who === environment),
  );
  if (answer !== undefined) return answer.outcome;
  for (const { issue, body } of heard.comments) {
    const outcome = issue === one.issue ? statusOutcome(one, body, heard.trace) : null;
    if (outcome !== null) return outcome;
  }
  return null;
}

/**
 * A signature that the bot does not take gets a face and no words. And where one environment alone is concerned, its rocket
 * says that all is done; with several, each thing's own comment is waited for, since they share one account.
 */
function byReaction({ reactions }: Heard, environments: number, answers: readonly LineAnswer[]): Outcome | null {
  if (reactions.includes("confused")) {
    const text =
      "the bot does not take the signature: is this key trusted there, and was this message never posted before?";
    return { kind: "refused", text };
  }
  if (environments === 1 && reactions.includes("rocket") && answers.length === 0) return { kind: "done", text: "" };
  return null;
}

interface LineAnswer {
  readonly environment: string;
  readonly line: string;
  readonly outcome: Outcome;
}

/** The lines of an answer to the message with this id. */
function answersIn(body: string, trace: string): readonly LineAnswer[] {
  const [, environment, id] = /^Answer of `([A-Za-z0-9_.-]{1,31})` \(id `([0-9a-f]{12})`\):/.exec(body) ?? [];
  if (environment === undefined || id !== trace) return [];
  return body.split("\n").flatMap((text): LineAnswer[] => {
    const [, mark, line, rest = ""] = /^- (🚀|👎) `([^`]{1,255})`:? ?(.*)$/u.exec(text) ?? [];
    if (line === undefined) return [];
    const kind = mark === "🚀" ? "done" : rest.startsWith("was refused") ? "refused" : "failed";
    return [{ environment, line, outcome: { kind, text: plain(rest.replace(/^(?:was refused|failed): /, "")) } }];
  });
}

const repositories = { current: "stable" } as const;

/**
 * The status comments that say it happened, or that it did not: their beginnings are kept for scripts, as for us. One that
 * names another command at its end is that one's.
 */
function statusOutcome({ line, name, version, place }: Awaited, body: string, trace: string): Outcome | null {
  const [command = "", , ...words] = line.split(" ");
  const who = place.distribution === null ? `Template ${name} ${version}` : `Package for ${wordOf(place.distribution)}`;
  const [first = "", ...more] = body
    .replace(/<!--.*?-->/gs, "")
    .trimEnd()
    .split("\n");
  const id = /^\(id `([0-9a-f]{12})`\)$/.exec(more.at(-1) ?? "")?.[1];
  if (id !== undefined) more.pop();
  if (id !== undefined && id !== trace) return null;
  if (!first.startsWith(`${who} `)) return null;
  const rest = first.slice(who.length + 1);
  const target = command === "Build-component" ? null : repositoryIn(command, words);
  const to = target === null ? null : target === "current" ? repositories.current : target;
  const done = command === "Withdraw-component" ? `was withdrawn from ${to} repository` : `was uploaded to ${to ?? ""}`;
  if (rest.startsWith(done)) return { kind: "done", text: "" };
  if (rest.startsWith("failed to ")) {
    const reason = more.find((text) => text.trim() !== "") ?? "";
    return { kind: "failed", text: plain(`${rest.replace(/ \(\[build log\].*$/, "")}. ${reason}`) };
  }
  return null;
}

/** `Upload-component RELEASE COMPONENT SHA REPOSITORY DISTS`, `Upload-template RELEASE NAME VERSION REPOSITORY`. */
function repositoryIn(command: string, words: readonly string[]): string | null {
  return command.startsWith("Upload-") || command === "Withdraw-component" ? (words[2] ?? null) : null;
}

function wordOf(name: string): string {
  const distribution = parseDistribution(name);
  return distribution === null ? name : distributionLabel(distribution);
}

/** An answer without its Markdown. */
function plain(markdown: string): string {
  return markdown
    .replace(/\*\*([A-Z_]+)\*\*/g, "$1")
    .replace(/\\([\\*_[\]()|~!{}$#+=.-])/g, "$1")
    .replaceAll("`", "")
    .replaceAll("\u2060", "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}
