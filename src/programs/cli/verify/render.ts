import type { Command, Refusal } from "../../../domain/index.ts";
import { isAccepted, type Judgement, type LineJudgement, type MessageJudgement } from "./judge.ts";

/** One JSON object, as scripts read it. */
export function renderJson(judgement: Judgement): string {
  const { accepted, messages } = judgement;
  return `${JSON.stringify({ accepted, messages: messages.map(messageJson) })}\n`;
}

function messageJson(message: MessageJudgement): object {
  if (!message.signed) return { accepted: false, ...refusalJson(message.refusal), commands: [] };
  const first = message.lines.find((line) => line.refusal !== null)?.refusal;
  return {
    accepted: isAccepted(message),
    signer: message.signer,
    signedAt: seconds(message.signedAt),
    ...(first == null ? {} : refusalJson(first)),
    commands: message.lines.map(lineJson),
  };
}

function lineJson({ line, command, refusal }: LineJudgement): object {
  return {
    line,
    accepted: refusal === null,
    ...(command === null ? {} : fieldsOf(command)),
    ...(refusal === null ? {} : refusalJson(refusal)),
  };
}

function refusalJson(refusal: Refusal): object {
  return { code: refusal.code, message: sentence(refusal) };
}

/** The command's own fields, flat; distributions are `"all"` or a list. */
function fieldsOf(command: Command): object {
  if (!("distributions" in command)) return command;
  const { distributions } = command;
  return { ...command, distributions: distributions.kind === "all" ? "all" : distributions.names };
}

/** The same for people. */
export function renderText({ accepted, messages, dropped }: Judgement, notes: readonly string[]): string {
  const lines = messages.flatMap((message, index) => [
    `message ${index + 1} of ${messages.length}: ${isAccepted(message) ? "accepted" : "refused"}`,
    ...messageText(message).map((line) => `  ${line}`),
  ]);
  if (messages.length === 0) lines.push("there is no signed message in it");
  const verdict = accepted ? "would be carried out" : "would not be carried out";
  const whole = messages.length === 1 ? "" : `all of it: ${dropped.length > 0 ? "what was taken " : ""}${verdict}`;
  return `${[...lines, ...(whole === "" ? [] : [whole]), ...notes].join("\n")}\n`;
}

function messageText(message: MessageJudgement): string[] {
  if (!message.signed) return [`${message.refusal.code}: ${sentence(message.refusal)}`];
  const by = `signed by ${message.signer} at ${seconds(message.signedAt)}`;
  return [by, ...message.lines.flatMap(lineText)];
}

function lineText({ line, command, refusal }: LineJudgement): string[] {
  if (refusal !== null) return [`refused   ${line}`, `          ${refusal.code}: ${sentence(refusal)}`];
  return [`accepted  ${line}${command === null ? "" : ` (${command.kind})`}`];
}

function sentence({ message, remedy }: Refusal): string {
  return remedy === "" ? message : `${message}; ${remedy}`;
}

/** `2023-03-21T13:27:44Z` */
function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
