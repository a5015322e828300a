import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import { evaluatePolicy, type PolicyAnswer, parseCallName } from "../../../formats/qrexec/index.ts";
import { readCommandLine, UsageError, word } from "./command-line.ts";
import { type PolicyFolder, policyMistakes, policyTraps, readPolicyFolder } from "./policy-folder.ts";
import type { CommandSurroundings } from "./surroundings.ts";

const status = { allow: 0, deny: 1, ask: 3 } as const;

/** `infra ask`: one call, or a file of them. Answers the exit status; throws UsageError and AdapterError. */
export function ask(argv: readonly string[], { say, warn, here }: CommandSurroundings): number {
  const { words, options } = readCommandLine(argv, {
    policy: "string",
    qubes: "string",
    calls: "string",
    json: "boolean",
  });
  const calls = word(options.calls);
  const wanted = calls === null ? 3 : 0;
  if (words.length !== wanted) throw new UsageError("ask takes SOURCE TARGET SERVICE[+ARGUMENT], or --calls FILE");
  const folder = readPolicyFolder({ policy: word(options.policy), qubes: word(options.qubes) }, here);
  const mistakes = policyMistakes(folder);
  if (mistakes !== "") {
    throw new AdapterError("CONFIGURATION", `the policy has a syntax error, so dom0 denies everything:\n${mistakes}`);
  }
  for (const trap of policyTraps(folder)) warn(`note: ${trap}\n`);
  if (calls !== null) {
    for (const line of readCalls(calls, here)) say(json(answerTo(folder, line)));
    return 0;
  }
  const answer = answerTo(folder, words);
  say(options.json === true ? json(answer) : sentence(words, answer));
  return status[answer.result];
}

/** The calls of a file, a line each, as words; blank lines are none. */
function readCalls(file: string, here: string): readonly (readonly string[])[] {
  const path = file === "-" ? 0 : resolve(here, file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read`, cause);
  }
  const lines = text.split(/\r?\n/).map((line, index) => ({ words: line.trim().split(/\s+/), number: index + 1 }));
  const calls = lines.filter(({ words }) => words[0] !== "");
  for (const { words, number } of calls) {
    if (words.length !== 3) {
      throw new AdapterError("CONFIGURATION", `${file}:${number}: SOURCE TARGET SERVICE[+ARGUMENT] is expected`);
    }
  }
  return calls.map(({ words }) => words);
}

function answerTo({ policy, system }: PolicyFolder, words: readonly string[]): PolicyAnswer {
  const [source = "", target = "", untrustedName = ""] = words;
  const name = parseCallName(untrustedName);
  if (name === null) {
    const reason = "qrexec carries no call with such a name";
    return { result: "deny", target: null, user: null, rule: null, reason };
  }
  return evaluatePolicy(policy, system, { source, target, ...name });
}

function json({ result, target, user, rule }: PolicyAnswer): string {
  return `${JSON.stringify({ result, target, user, rule })}\n`;
}

function sentence(words: readonly string[], { result, target, user, rule, reason }: PolicyAnswer): string {
  const where = target === null ? "" : ` to ${target}`;
  const who = user === null ? "" : ` as ${user}`;
  return `${result}${where}${who}: ${words.join(" ")}\n${rule ?? "no line"}: ${reason}\n`;
}
