import { authorize, type LedgerView, refuseTimestamp } from "../../../authority/index.ts";
import { AdapterError, type Command, type Fingerprint, type Refusal, refusal } from "../../../domain/index.ts";
import {
  type DroppedBlock,
  extractBlocks,
  oldestAcceptable,
  parseCommands,
  parseFrame,
  type SecondOpinion,
  type SignedLine,
  verifyFrame,
} from "../../../signed/index.ts";
import type { Basis } from "./basis.ts";

/** What would become of one command line. */
export interface LineJudgement {
  readonly line: string;
  /** Null where the line could not be parsed. */
  readonly command: Command | null;
  readonly refusal: Refusal | null;
}

/** What would become of one signed message. */
export type MessageJudgement =
  | { readonly signed: false; readonly refusal: Refusal }
  | {
      readonly signed: true;
      readonly signer: Fingerprint;
      readonly signedAt: Date;
      readonly lines: readonly LineJudgement[];
    };

/** What would become of the whole. */
export interface Judgement {
  readonly accepted: boolean;
  readonly messages: readonly MessageJudgement[];
  readonly dropped: readonly DroppedBlock[];
}

/** What is judged, and by what. */
export interface Case {
  readonly untrusted: Uint8Array;
  readonly mode: "raw" | "comment";
  readonly basis: Basis;
  readonly secondOpinion: SecondOpinion;
  readonly now: Date;
  /** Told what could not be judged, in a sentence. */
  readonly unjudged: (note: string) => void;
}

/** Without a build qube's state, nothing has ever run. */
const emptyLedger: LedgerView = { lastExecuted: () => null, holder: () => null };

/** Runs the code of receiver and agent on it. */
export async function judge(question: Case): Promise<Judgement> {
  const { untrusted, mode } = question;
  const { blocks, dropped } =
    mode === "raw" ? { blocks: [untrusted], dropped: [] } : extractBlocks(Buffer.from(untrusted).toString("utf8"));
  const messages: MessageJudgement[] = [];
  for (const block of blocks) messages.push(await judgeMessage(Buffer.from(block), question));
  const accepted = messages.length > 0 && messages.every(isAccepted);
  return { accepted, messages, dropped };
}

/** Whether every line of it would be carried out. */
export function isAccepted(message: MessageJudgement): boolean {
  return message.signed && message.lines.every((line) => line.refusal === null);
}

async function judgeMessage(untrustedBlock: Uint8Array, question: Case): Promise<MessageJudgement> {
  const { basis, secondOpinion, now } = question;
  const frame = parseFrame(untrustedBlock);
  if (!frame.ok) return { signed: false, refusal: frame.error };
  const notBefore = oldestAcceptable({ now, maxAgeDays: basis.maxAgeDays, ledgerBorn: new Date(0) });
  const verified = await verifyFrame(frame.value, { keys: basis.keys, secondOpinion, now, notBefore });
  if (!verified.ok) return { signed: false, refusal: verified.error };
  const replayed = (await basis.state?.refuseReplay(verified.value)) ?? null;
  if (replayed !== null) return { signed: false, refusal: replayed };
  const { signer, signedAt } = verified.value;
  const lines: LineJudgement[] = [];
  for (const line of parseCommands(verified.value)) lines.push(await judgeLine(line, question));
  return {
    signed: true,
    signer,
    signedAt,
    lines,
  };
}

async function judgeLine(line: SignedLine, { basis, now, unjudged }: Case): Promise<LineJudgement> {
  if (!line.command.ok) return { line: line.line, command: null, refusal: line.command.error };
  const command = line.command.value;
  if (basis.grants === null) return { line: line.line, command, refusal: refuseTimestamp(command, now) };
  const decision = authorize({ line, environment: basis.grants, ledger: basis.state?.ledger ?? emptyLedger, now });
  switch (decision.kind) {
    case "authorized": {
      for (const authorized of decision.commands) {
        try {
          const refused = (await basis.state?.refusePromotion(authorized, now)) ?? null;
          if (refused !== null) return { line: line.line, command, refusal: refused };
        } catch (error) {
          if (!(error instanceof AdapterError)) throw error;
          unjudged(`not judged: the state of the repositories for '${line.line}' (${error.message})`);
        }
      }
      return { line: line.line, command, refusal: null };
    }
    case "refused":
      return { line: line.line, command, refusal: decision.refusal };
    case "not-ours":
      return { line: line.line, command, refusal: notOurs(command) };
  }
}

/** Every build qube but another leaves it in silence; the reader of this has only this configuration to go by. */
function notOurs({ release }: Command): Refusal {
  return refusal("DISTRIBUTION_UNKNOWN", release, "no builder of this configuration serves what the line names");
}
