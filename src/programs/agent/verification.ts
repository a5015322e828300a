import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { AuthorizedCommand } from "../../authority/index.ts";
import { authorize, type Decision, type Environment } from "../../authority/index.ts";
import { no, type Refusal, type Result } from "../../domain/index.ts";
import {
  oldestAcceptable,
  parseCommands,
  parseFrame,
  type SecondOpinion,
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
  const loaded = await builders();
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
    decision: authorize({ line, environment, ledger: ledger.view, now }),
    builderOf,
  }));
}

function knownNames(known: NonNullable<AgentSettings["known"]>): NonNullable<Environment["known"]> {
  return { ...known, distributions: known.distributions.map(({ name }) => name) };
}
