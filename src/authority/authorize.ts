import type { Command, Refusal } from "../domain/index.ts";
import { isSignedLine, type SignedLine } from "../signed/index.ts";
import { AuthorizedCommand } from "./authorized-command.ts";
import { matchComponent } from "./component.ts";
import { type Environment, refuseUnknown } from "./environment.ts";
import { refuseOutOfOrder, refuseTimestamp } from "./freshness.ts";
import { matchIso } from "./iso.ts";
import type { Matches, Question } from "./matches.ts";
import type { LedgerView } from "./ports.ts";
import { matchTemplate } from "./template.ts";

/** What a signed line is judged by. The configurations are those of this moment: they are read again for each judgement. */
export interface AuthorizationQuestion {
  readonly line: SignedLine;
  readonly environment: Environment;
  readonly ledger: LedgerView;
  readonly now: Date;
}

/** The judgement. */
export type Decision =
  /** One command for each of this environment's builders that serves it. */
  | { readonly kind: "authorized"; readonly commands: readonly [AuthorizedCommand, ...AuthorizedCommand[]] }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Another environment's affair: nothing is answered. */
  | { readonly kind: "not-ours" };

/**
 * Judges one line of a verified message. What depends on the state of a repository (`STALE_COMMIT`, `TOO_YOUNG`, `HELD`, …)
 * is judged where promotions are planned.
 */
export function authorize(question: AuthorizationQuestion): Decision {
  const { line, environment, ledger, now } = question;
  // Types are gone when the program runs; this is not.
  if (!isSignedLine(line)) throw new TypeError("a line was not signed");
  if (!line.command.ok) return { kind: "refused", refusal: line.command.error };
  const command = line.command.value;
  const { signer, signedAt, trace, ledgerKey } = line.message;

  const matches = match({ command, signer, environment, ledger });
  if (matches.refusal !== null) return { kind: "refused", refusal: matches.refusal };
  const authority = { kind: "signed", signer, signedAt, trace, ledgerKey, line: line.index } as const;
  const [first, ...others] = matches.targets.map(({ builder, target }) => {
    // Whichever spelling was signed, from here on the template has its configured name.
    const concrete =
      "template" in command && target.kind === "template" ? rename(command, target.template.name) : command;
    return new AuthorizedCommand({ command: concrete, line: line.line, authority, builder, target });
  });
  if (first === undefined) return { kind: "not-ours" };

  const late = refuseTimestamp(command, now);
  if (late !== null) return { kind: "refused", refusal: late };
  for (const authorized of [first, ...others]) {
    const early = refuseOutOfOrder(authorized, signedAt, ledger);
    if (early !== null) return { kind: "refused", refusal: early };
  }
  return { kind: "authorized", commands: [first, ...others] };
}

function match(question: Question<Command>): Matches {
  const { command, environment } = question;
  if (!environment.builders.some(({ release }) => release === command.release)) {
    return { targets: [], refusal: refuseUnknown(environment, { kind: "releases", name: command.release, of: null }) };
  }
  switch (command.kind) {
    case "upload-component":
    case "build-component":
    case "hold":
    case "unhold":
    case "withdraw-component":
      return matchComponent({ ...question, command });
    case "upload-template":
    case "build-template":
      return matchTemplate({ ...question, command });
    case "build-iso":
      return matchIso({ ...question, command });
  }
}

type TemplateCommand = Extract<Command, { template: unknown }>;

function rename(command: TemplateCommand, template: TemplateCommand["template"]): TemplateCommand {
  return { ...command, template };
}
