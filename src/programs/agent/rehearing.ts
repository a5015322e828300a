import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { AuthorizedCommand } from "../../authority/index.ts";
import { no, ok, type Refusal, type Result, refusal } from "../../domain/index.ts";
import type { CommandRequest, Ledger } from "../../work/index.ts";
import { lineOf } from "./builders.ts";
import { judgeLines, type VerificationParts, verifyBytes } from "./verification.ts";

/** A command whose turn has come, authorized anew, with its builder as configured now. */
export interface HeardCommand {
  readonly command: AuthorizedCommand;
  readonly builder: LoadedBuilder;
}

/**
 * Judges a recorded command once more when its turn comes, from its signed block on: hours may have passed, a key may have been
 * revoked, a grant taken away, a TIMESTAMP run out, a later command run. The record of the first judgement grants nothing.
 */
export async function rehear(
  parts: VerificationParts & { readonly ledger: Ledger },
  request: CommandRequest,
  now: Date,
): Promise<Result<HeardCommand, Refusal>> {
  const { message } = request;
  const kept = message === null ? null : await parts.ledger.block(message.key);
  if (message === null || kept === null) {
    return no(refusal("FRAME_INVALID", "the signed message", "the signed message of this job is not kept"));
  }
  const verified = await verifyBytes(parts, Buffer.from(kept.block, "latin1"), { now, receivedAt: kept.receivedAt });
  if (!verified.ok) return verified;
  const judged = (await judgeLines(parts, verified.value, now))[message.line];
  if (judged === undefined)
    return no(refusal("COMMAND_MALFORMED", request.line, "the signed message has no such line"));
  const { decision, builderOf } = judged;
  if (decision.kind === "refused") return no(decision.refusal);
  const command =
    decision.kind === "authorized"
      ? decision.commands.find((candidate) => lineOf(builderOf(candidate)) === request.builder)
      : undefined;
  if (command === undefined) {
    return no(refusal("NOT_GRANTED", request.line, "the builder that this was for is not configured any more"));
  }
  return ok({ command, builder: builderOf(command) });
}
