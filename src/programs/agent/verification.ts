import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { AuthorizedCommand } from "../../authority/index.ts";
import { authorize, type Decision, type Environment } from "../../authority/index.ts";
import { no, type Refusal, type Release, type Result, refusal } from "../../domain/index.ts";
import {
  oldestAcceptable,
  parseCommands,
  parseFrame,
  type SecondOpinion,
  type SignedLine,
  type TrustedKeys,
  type VerifiedMessage,
  verifyFrame,
} from "../../signed/index.ts";
import type { Ledger } from "../../work/index.ts";
import type { BuildersSource } from "./builders.ts";
import type { AgentSettings } from "./settings.ts";

/** What judging a message needs. */
export interface VerificationParts {
  readonly settings: AgentSettings;
  readonly keys: TrustedKeys;
  readonly secondOpinion: SecondOpinion;
  readonly ledger: Ledger;
  /** When this ledger was born: older signatures may have run in one that was lost. */
  readonly ledgerBorn: Date;
  readonly builders: BuildersSource;
}

/** A line's decision, with the loaded builders that its commands are for. */
export interface JudgedLine {
  readonly line: string;
  readonly decision: Decision;
  readonly builderOf: (command: AuthorizedCommand) => LoadedBuilder;
}

/** Bytes → frame → verified message. `now` is the time by which the signature's age and its key are judged. */
export async function verifyBytes(
  { settings, keys, secondOpinion, ledgerBorn }: VerificationParts,
  untrustedBytes: Uint8Array,
  times: { readonly now: Date; readonly receivedAt: Date },
): Promise<Result<VerifiedMessage, Refusal>> {
  const frame = parseFrame(untrustedBytes);
  if (!frame.ok) return no(frame.error);
  // A message that waited for its turn does not grow too old meanwhile: it was young enough when it came.
  const notBefore = oldestAcceptable({
    now: times.receivedAt,
    maxAgeDays: settings["max-signature-age-days"],
    ledgerBorn,
  });
  return verifyFrame(frame.value, { keys, secondOpinion, now: times.now, notBefore });
}

/** Verified message → authorized commands, by the configurations of this moment. */
export async function judgeLines(
  { settings, ledger, builders }: VerificationParts,
  message: VerifiedMessage,
  now: Date,
): Promise<readonly JudgedLine[]> {
  const { loaded, broken } = await builders();
  const environment: Environment = {
    builders: loaded.map(({ configuration }) => configuration),
    known: settings["answers-unknown"] && settings.known !== undefined ? knownNames(settings.known) : null,
  };
  const builderOf = (command: AuthorizedCommand): LoadedBuilder => {
    const builder = loaded.find(({ configuration }) => configuration === command.builder);
    if (builder === undefined) throw new Error("a command was authorized for a builder that is not there");
    return builder;
  };
  return parseCommands(message).map((line) => ({
    line: line.line,
    decision: orBroken(authorize({ line, environment, ledger: ledger.view, now }), line, broken),
    builderOf,
  }));
}

/** A builder whose configuration does not load grants nothing; whoever signed for it is told, since it may have been meant. */
function orBroken(decision: Decision, line: SignedLine, broken: readonly Release[]): Decision {
  if (decision.kind !== "not-ours" || !line.command.ok || !broken.includes(line.command.value.release)) return decision;
  const message = "the configuration of this environment does not load, so it grants nothing";
  const remedy = "the operator has an alarm; sign the command again when it is mended";
  return { kind: "refused", refusal: refusal("NOT_GRANTED", line.command.value.release, message, remedy) };
}

function knownNames(known: NonNullable<AgentSettings["known"]>): NonNullable<Environment["known"]> {
  return { ...known, distributions: known.distributions.map(({ name }) => name) };
}
