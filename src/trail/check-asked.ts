import type { Command } from "../domain/index.ts";
import type { SignedLine } from "../signed/index.ts";
import { BrokenLink } from "./broken-link.ts";
import { type Deed, nameOf, whichOf } from "./deed.ts";
import type { AuditEvidence } from "./ports.ts";
import type { Stated } from "./read-statements.ts";

/** The line of the comment that asked for a deed, verified. Null where no comment did. Throws {@link BrokenLink}. */
export async function signedLineOf({ deed, path }: Stated, evidence: AuditEvidence): Promise<SignedLine | null> {
  if (deed.asked.by !== "comment") return null;
  const { comment, line } = deed.asked;
  const lines = await evidence.readComment(comment, deed.at);
  if (typeof lines === "string") throw new BrokenLink("comment", path, lines);
  const signed = lines.find((one) => one.line === line);
  if (signed === undefined) {
    throw new BrokenLink("comment", path, "the line that was carried out is not in the comment");
  }
  return signed;
}

/** By whose word it was done, in words; where that was a comment, it has to ask for just this. Throws {@link BrokenLink}. */
export async function checkAsked(stated: Stated, evidence: AuditEvidence): Promise<string> {
  const { deed, path } = stated;
  const signed = await signedLineOf(stated, evidence);
  if (signed === null) return withoutComment(deed);
  const command = signed.command.ok ? signed.command.value : null;
  const wrong = command === null ? "the line is no command" : mismatch(command, deed);
  if (wrong !== null)
    throw new BrokenLink(wrong.startsWith("the comment asks for commit") ? "commit" : "comment", path, wrong);
  return `by ${signed.message.signer}`;
}

function withoutComment({ asked }: Deed): string {
  switch (asked.by) {
    case "comment":
      throw new Error("a comment was looked for and is there");
    case "operator":
      // An operator's own words: nothing of them may reach the reader's terminal as a command.
      return `by hand: ${asked.who}: ${asked.why}`.replace(/[^\x20-\x7e]/g, "?");
    case "push":
      return "after a push";
    case "scan":
      return "after a new tag";
  }
}

const verbs = { build: "be built", promote: "go", withdraw: "be withdrawn", hold: "be held", unhold: "be released" };

/** What of a deed the command does not ask for; null where it asks for just this. */
function mismatch(command: Command, deed: Deed): string | null {
  const name = nameOf(deed.about);
  const where = "repository" in deed && deed.kind !== "build" ? ` in ${deed.repository}` : "";
  const other = `the comment does not ask for ${name} to ${verbs[deed.kind]}${where}`;
  if (!isKind(command, deed) || command.release !== deed.about.release) return other;
  if ("component" in command && command.component !== name) return other;
  if ("template" in command && command.template !== name) return other;
  if (
    "repository" in command &&
    deed.kind !== "build" &&
    "repository" in deed &&
    command.repository !== deed.repository
  )
    return other;
  if ("distributions" in command && command.distributions.kind === "named") {
    const { distribution } = deed;
    if (!command.distributions.names.some((one) => one === distribution)) {
      return `the comment does not name ${distribution ?? "any distribution"}`;
    }
  }
  const which = whichOf(deed.about);
  if ("commit" in command) return command.commit === which ? null : `the comment asks for commit ${command.commit}`;
  const asked = command.kind === "build-template" ? `-${command.timestamp}` : command.version;
  const same = command.kind === "build-template" ? which.endsWith(asked) : which === asked;
  return same ? null : `the comment asks for another version than ${which}`;
}

function isKind({ kind }: Command, deed: Deed): boolean {
  switch (deed.kind) {
    case "build":
      return kind === `build-${deed.about.kind}`;
    case "promote":
      return kind === `upload-${deed.about.kind}`;
    case "withdraw":
      return kind === `withdraw-${deed.about.kind}`;
    case "hold":
    case "unhold":
      return kind === deed.kind;
  }
}
