import type { Answer, LineOutcome } from "../domain/index.ts";
import { codeSpan, plainText } from "./escape.ts";

/**
 * The one comment that answers a signed message, however many lines it has; it names the environment that answers.
 * Without its marker.
 */
export function answerComment(answer: Answer): string {
  const lines = answer.lines.map(outcome);
  return `Answer of \`${answer.environment}\` (id \`${answer.trace}\`):\n\n${lines.join("\n")}`;
}

function outcome({ line, outcome }: LineOutcome): string {
  const command = codeSpan(line, 255);
  switch (outcome.kind) {
    case "done":
      return `- 🚀 ${command}: ${plainText(outcome.summary, 600)}`;
    case "failed":
      return `- 👎 ${command} failed: ${plainText(outcome.reason, 600)}`;
    case "refused": {
      const { code, subject, message, remedy } = outcome.refusal;
      const about = subject === "" ? "" : ` (${codeSpan(subject, 255)})`;
      return `- 👎 ${command} was refused: **${code}**${about}. ${stopped(message)}${remedy === "" ? "" : ` ${stopped(remedy)}`}`;
    }
  }
}

/** A sentence with a full stop, so that the next can follow it, and a capital letter. */
function stopped(text: string): string {
  const words = sentence(text).trim();
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?`]$/.test(words) ? "" : "."}`;
}

/**
 * A refusal's sentence. What stands between backticks in it is a command line that our own parser has made, and is
 * shown so that it can be copied; all the rest is escaped.
 */
function sentence(text: string): string {
  return text
    .slice(0, 1000)
    .split("`")
    .map((part, index, parts) => (index % 2 === 1 && index < parts.length - 1 ? codeSpan(part, 255) : spaced(part)))
    .join("");
}

function spaced(part: string): string {
  const [before = ""] = /^\s*/.exec(part) ?? [];
  const [after = ""] = /\s*$/.exec(part.slice(before.length)) ?? [];
  return `${before === "" ? "" : " "}${plainText(part, 1000)}${after === "" ? "" : " "}`;
}
