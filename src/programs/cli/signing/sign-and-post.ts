import { parseCommandLine } from "../../../../commands/index.ts";
import { githubClient } from "../../../adapters/github/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import { type CommandLine, jsonText, printable, type StatusData, wrapped } from "../../../status/index.ts";
import { agreed } from "../agreed.ts";
import { barText, ProgressLine } from "../progress.ts";
import { tableStyle } from "../status-options.ts";
import { followOutcomes, type PostedMessage, postMessage } from "./follow.ts";
import { type Awaited, awaitedOf, type Outcome } from "./outcomes.ts";
import { type SigningSettings, type SigningValues, signingSettings } from "./settings.ts";
import { planText } from "./show-plan.ts";
import { messagesOf, type SignedText, signLines } from "./sign.ts";

/** What is to be signed and posted. */
export interface SigningTask {
  readonly lines: readonly CommandLine[];
  readonly data: Pick<StatusData, "reportRepository">;
  readonly values: SigningValues;
  /** What is shown below the plan, before the question; empty where there is nothing. */
  readonly besides: string;
}

interface Message {
  readonly lines: readonly CommandLine[];
  readonly signed: SignedText;
  readonly issue: number;
}

/**
 * Shows what will be signed and what it will do, asks, signs, posts on the first line's status issue, and tells each outcome as
 * it comes. Answers the exit status. Throws AdapterError or GithubFault.
 */
export async function signAndPost(task: SigningTask): Promise<number> {
  const { lines, values, besides } = task;
  const wrong = lines.find(({ line }) => !parseCommandLine(line).ok);
  if (wrong !== undefined) {
    const line = printable(wrong.line.slice(0, 200));
    throw new AdapterError("CONFIGURATION", `this makes no valid command: ${line}`);
  }
  if (values.json === true) say(jsonText({ lines }));
  else process.stdout.write(planText(lines, tableStyle(process.stdout, process.env)) + besides);
  if (values.rehearse === true) return 0;
  if (lines.length === 0) return 1;
  const settings = signingSettings(values, process.env);
  const issues = messagesOf(lines).map((message) => ({ message, issue: issueOf(message) }));
  if (values.yes !== true && !(await agreed("Sign and post?"))) {
    process.stderr.write("nothing was signed\n");
    return 1;
  }
  const messages: Message[] = [];
  // All are signed before any is posted: a signature that fails leaves nothing half said.
  for (const { message, issue } of issues) {
    messages.push({ lines: message, issue, signed: await signLines(message, settings.way) });
  }
  return postAndFollow(messages, task, settings);
}

function issueOf(message: readonly CommandLine[]): number {
  const issue = message.find((line) => line.issue !== null)?.issue;
  if (issue !== undefined && issue !== null) return issue;
  throw new AdapterError(
    "NOT_FOUND",
    `${message[0]?.name} has no status issue to post on: name one with --issue NUMBER`,
  );
}

async function postAndFollow(
  messages: readonly Message[],
  { data, values }: SigningTask,
  { token, apiUrl, waitMs }: SigningSettings,
): Promise<number> {
  const client = githubClient({
    credentials: { kind: "token", token },
    apiUrl,
    timeoutMs: 30_000,
    now: () => new Date(),
  });
  const posted: (readonly [PostedMessage, readonly Awaited[]])[] = [];
  const progress = new ProgressLine(process.stderr);
  for (const { issue, lines, signed } of messages) {
    const message = await postMessage(client, { repository: data.reportRepository, issue }, signed);
    posted.push([message, awaitedOf(lines)]);
    process.stderr.write(`posted on ${data.reportRepository}#${issue}, id ${message.trace}\n`);
  }
  if (waitMs === 0) return 3;
  const begun = performance.now();
  const states = new Map<string, { open: number; taken: boolean; trouble: string | null }>();
  const tell = (one: Awaited, outcome: Outcome): void => {
    progress.clear();
    say(values.json === true ? jsonText(outcomeJson(one, outcome)) : outcomeText(one, outcome));
  };
  const outcomes = await Promise.all(
    posted.map(([message, awaited]) =>
      followOutcomes(client, message, awaited, {
        limitMs: waitMs,
        decided: tell,
        waiting: (state) => {
          if (state.trouble !== null && state.trouble !== states.get(message.trace)?.trouble && !process.stderr.isTTY)
            process.stderr.write(`GitHub does not answer, and is asked again: ${printable(state.trouble)}\n`);
          states.set(message.trace, state);
          progress.show(
            waitingText([...states.values()], {
              all: posted.flatMap(([, asked]) => asked).length,
              seconds: (performance.now() - begun) / 1000,
              columns: process.stderr.columns ?? 80,
            }),
          );
        },
      }),
    ),
  );
  progress.clear();
  const all = posted.flatMap(([, awaited]) => awaited);
  const known = outcomes.flatMap((map) => [...map]);
  if (known.some(([, { kind }]) => kind !== "done")) return 1;
  if (known.length === all.length) return 0;
  const open = all.filter((one) => !known.some(([decided]) => decided === one));
  process.stderr.write(
    `not over yet, and goes on without you: ${open.map(whatOf).join(", ")}; see the status issues\n`,
  );
  return 3;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function whatOf({ name, version, place: { distribution } }: Awaited): string {
  return printable(`${name} ${version}${distribution === null ? "" : ` ${distribution}`}`);
}

const words = { done: "done    ", refused: "refused ", failed: "failed  " } as const;

function outcomeText(one: Awaited, { kind, text }: Outcome): string {
  const style = tableStyle(process.stdout, process.env);
  const indent = " ".repeat(words[kind].length + 1);
  const tail = text === "" ? "" : `: ${printable(text)}`;
  const whole = `${whatOf(one)} ${one.does}${tail}`;
  // A script gets one line for each, whatever its length.
  const lines = process.stdout.isTTY ? wrapped(whole, Math.max(20, style.width - indent.length)) : [whole];
  const colour = kind === "done" ? "\u001b[32m" : "\u001b[31m";
  const mark = style.colours === "on" ? `${colour}${words[kind]}\u001b[0m` : words[kind];
  return `${mark} ${lines.join(`\n${indent}`)}`;
}

function outcomeJson(one: Awaited, { kind, text }: Outcome) {
  const { line, name, version, place } = one;
  const { distribution, environment } = place;
  return { line, name, version, distribution, environment, outcome: kind, text };
}

function waitingText(
  states: readonly { readonly open: number; readonly taken: boolean; readonly trouble: string | null }[],
  { all, seconds, columns }: { readonly all: number; readonly seconds: number; readonly columns: number },
): string {
  const open = states.reduce((sum, state) => sum + state.open, 0);
  const trouble = states.find((state) => state.trouble !== null)?.trouble ?? null;
  if (trouble !== null) return `GitHub does not answer (${printable(trouble)}); asked again, ${seconds.toFixed(0)} s`;
  const what = states.every((state) => state.taken)
    ? "answered, taken by the bot"
    : "answered, not seen by the bot yet";
  return barText({ what, done: all - open, total: all }, seconds, columns);
}
