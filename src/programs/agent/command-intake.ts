import { createHash } from "node:crypto";
import { type AuthorizedCommand, orderScopes } from "../../authority/index.ts";
import { parseDistribution, parseSha256, type Refusal, type Sha256 } from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { VerifiedMessage } from "../../signed/index.ts";
import type { Hold } from "../../trail/index.ts";
import type {
  HoldChange,
  Ledger,
  NewOutboxEntry,
  PlaceState,
  RecordedLine,
  Recording,
  SignedMessage,
} from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { lineOf, queueOf } from "./builders.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Hands } from "./hands.ts";
import { statementEntry } from "./statement-entries.ts";
import { type JudgedLine, judgeLines, type VerificationParts, verifyBytes } from "./verification.ts";

/** What taking a command in needs. */
export interface CommandIntakeParts {
  readonly verification: VerificationParts;
  readonly ledger: Ledger;
  readonly clock: ClockWatch;
  readonly log: Logger;
  /** Counts what became of messages, for the log's own summary. */
  readonly count: (verdict: IntakeVerdict) => void;
  /** Told of a message whose signature is not good. */
  readonly onRefused: Hands["onRefused"];
}

/** What became of a message. */
export type IntakeVerdict = "recorded" | "replayed" | "refused";

/**
 * Takes a message in: verify, parse, authorize, then one transaction with everything that follows. When it resolves, the message is
 * durable or judged to be nothing; it rejects where it could be neither (the disk, the second verifier): try again.
 */
export async function takeCommand(
  parts: CommandIntakeParts,
  untrustedBytes: Buffer,
  place: PlaceState,
): Promise<IntakeVerdict> {
  const { verification, ledger, clock, log, count, onRefused } = parts;
  const sha256 = digest(untrustedBytes);
  const trace = sha256.slice(0, 12);
  const now = await clock.bestGuess();
  const verified = await verifyBytes(verification, untrustedBytes, { now, receivedAt: now });
  if (!verified.ok) {
    const { code, message } = verified.error;
    const reaction = await ledger.confuse(place, sha256, now);
    log.warn({ trace, code, why: message, place, reaction }, "not a good signature: nothing is answered");
    await onRefused({ trace, refusal: verified.error, untrustedBytes, at: now });
    count("refused");
    return "refused";
  }
  const message = verified.value;
  const known = await ledger.find(message.ledgerKey);
  if (known !== null) {
    await replayed(parts, known, sha256, place, now);
    return "replayed";
  }
  const lines = await judgeLines(verification, message, now);
  const block = untrustedBytes.toString("latin1");
  const recording: Recording = {
    key: message.ledgerKey,
    trace: message.trace,
    signer: message.signer,
    signedAt: message.signedAt,
    receivedAt: now,
    environment: verification.settings.qube,
    block,
    blockSha256: sha256,
    place,
    subject: subjectOf(lines),
    lines: lines.map((line, index) => recordLine(line, message, now, index)),
    statements: lines.flatMap((line) => statementsOf(parts, line, { message, block, now })),
  };
  const outcome = await ledger.record(recording);
  if (outcome === "known") {
    // Two copies at the same moment: the other one was faster.
    const first = await ledger.find(message.ledgerKey);
    if (first !== null) await replayed(parts, first, sha256, place, now);
    return "replayed";
  }
  for (const { line, stand, jobs } of recording.lines) {
    const refused =
      stand.kind === "settled" && stand.outcome.kind === "refused" ? stand.outcome.refusal.code : undefined;
    log.info({ trace, signer: message.signer, line, stand: stand.kind, code: refused, jobs: jobs.length }, "command");
  }
  count("recorded");
  return "recorded";
}

/** What the ledger knows never runs again. The copy may say where the message was posted; on another comment it gets one reaction. */
async function replayed(
  { ledger, log, count }: CommandIntakeParts,
  known: SignedMessage,
  sha256: Sha256,
  place: PlaceState,
  now: Date,
): Promise<void> {
  count("replayed");
  const { key, trace } = known;
  const before = known.place;
  const same = place.kind === "unknown" || (before.kind !== "unknown" && before.place.comment === place.place.comment);
  if (place.kind === "proven" && before.kind !== "proven") await ledger.provePlace(key, place.place, now);
  else if (place.kind === "claimed" && before.kind === "unknown")
    await ledger.claimPlace(key, place.place, sha256, now);
  else if (!same) {
    const reaction = await ledger.confuse(place, sha256, now);
    log.warn({ trace, code: "REPLAYED", place, reaction }, "the same signature on another comment");
    return;
  }
  log.info({ trace, code: "REPLAYED", place }, "known already: it does not run again");
}

function recordLine(
  { line, decision, builderOf }: JudgedLine,
  message: VerifiedMessage,
  now: Date,
  index: number,
): RecordedLine {
  const plain = { line, tell: "if-bad", jobs: [], holds: [], ran: [] } as const;
  switch (decision.kind) {
    case "not-ours":
      return { ...plain, stand: { kind: "silent" } };
    case "refused":
      return { ...plain, stand: refusedStand(decision.refusal) };
    case "authorized": {
      const changes = decision.commands.flatMap(holdChanges);
      if (changes.length > 0) {
        const where = [...new Set(changes.map(({ distribution }) => distribution))].join(", ");
        const summary = changes[0]?.action === "hold" ? `held for ${where}` : `no longer held for ${where}`;
        const ran = decision.commands.flatMap(orderScopes);
        const stand = { kind: "settled", outcome: { kind: "done", summary }, tell: "always" } as const;
        return { ...plain, tell: "always", holds: changes, ran, stand };
      }
      const jobs = decision.commands.map((command) => ({
        queue: queueOf(builderOf(command)),
        request: {
          kind: "command" as const,
          builder: lineOf(builderOf(command)),
          line,
          command: command.command,
          scopes: orderScopes(command),
          signer: message.signer,
          signedAt: message.signedAt.getTime(),
          receivedAt: now.getTime(),
          message: { key: message.ledgerKey, line: index },
          run: "first" as const,
        },
      }));
      return { ...plain, jobs, stand: { kind: "open" } };
    }
  }
}

/** A veto works at once: it must not wait behind the build that runs. */
function holdChanges({ command, target }: AuthorizedCommand): readonly HoldChange[] {
  if ((command.kind !== "hold" && command.kind !== "unhold") || target.kind !== "component") return [];
  const { kind, release, component, commit } = command;
  return target.distributions.map(({ name }) => ({ action: kind, release, component, commit, distribution: name }));
}

/** A veto has no job that could state it: it is stated with its recording. */
function statementsOf(
  { verification, log }: CommandIntakeParts,
  { line, decision, builderOf }: JudgedLine,
  { message, block, now }: { readonly message: VerifiedMessage; readonly block: string; readonly now: Date },
): readonly NewOutboxEntry[] {
  if (decision.kind !== "authorized") return [];
  return decision.commands.flatMap((authorized) => {
    const { configuration } = builderOf(authorized);
    return holdChanges(authorized).flatMap(({ action, release, component, commit, distribution }) => {
      const type = parseDistribution(distribution)?.type ?? "";
      const key = signKeyFor(configuration, distribution, type);
      if (key === null)
        log.error({ alarm: "provenance", trace: message.trace, line }, `cannot be stated: no key for ${distribution}`);
      const deed: Hold = {
        kind: action,
        about: { kind: "component", release, component, commit },
        distribution,
        environment: verification.settings.qube,
        at: now,
        asked: { by: "comment", comment: block, line },
      };
      return key === null ? [] : [statementEntry(key, deed, message.ledgerKey, line)];
    });
  });
}

function refusedStand(refusal: Refusal): RecordedLine["stand"] {
  return { kind: "settled", outcome: { kind: "refused", refusal }, tell: "if-bad" };
}

/** The component whose status issue gets the answer where the comment's place is not known. */
function subjectOf(lines: readonly JudgedLine[]): Recording["subject"] {
  for (const { decision } of lines) {
    if (decision.kind !== "authorized") continue;
    for (const { command } of decision.commands) {
      if ("component" in command) return { release: command.release, component: command.component };
    }
  }
  return null;
}

function digest(bytes: Uint8Array): Sha256 {
  const parsed = parseSha256(createHash("sha256").update(bytes).digest("hex"));
  if (parsed === null) throw new Error("SHA-256 is not 64 hex digits");
  return parsed;
}
