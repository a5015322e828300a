import type { AgentStore } from "../../adapters/store/index.ts";
import type { Refusal } from "../../domain/index.ts";
import type { Clock, CommentSource, JobRunner, WakeUp } from "../../work/index.ts";
import type { QrexecSettings } from "../configuration.ts";
import type { Logger } from "../logging.ts";
import type { BuildersSource } from "./builders.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { CommentPoller } from "./poller.ts";
import type { AgentSettings } from "./settings.ts";
import type { VerificationParts } from "./verification.ts";

/** What an agent has, whether it does the work or only looks on: configuration, state, clock, judgement. */
export interface AgentParts {
  readonly settings: AgentSettings;
  readonly qrexec: QrexecSettings;
  readonly store: AgentStore;
  readonly clock: Clock;
  readonly watch: ClockWatch;
  readonly wakeUp: WakeUp;
  readonly builders: BuildersSource;
  readonly verification: VerificationParts;
  readonly log: Logger;
}

/** A message that was not taken, by its trace; its bytes are anybody's. */
export interface RefusedMessage {
  readonly trace: string;
  readonly refusal: Refusal;
  readonly untrustedBytes: Uint8Array;
  readonly at: Date;
}

/** All that reaches out of the agent: made once, for the one mode or for the other. */
export interface Hands {
  readonly comments: CommentSource;
  /** Told of each message whose signature is not good; must not reject for what the message says. */
  onRefused(message: RefusedMessage): Promise<void>;
  runner(poller: CommentPoller): JobRunner;
  /** Done before the first job runs. */
  prepare(): Promise<void>;
  /** What goes on beside the jobs, until the end. */
  run(end: AbortSignal): readonly Promise<void>[];
  close(): void;
}
