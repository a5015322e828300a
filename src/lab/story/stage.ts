/** What the steps of the main job hand to each other. */
import { LabFault } from "../lab-fault.ts";
import type { PreparedLab } from "../preparation.ts";
import type { RunningLab, Started } from "../running-lab.ts";
import type { Evidence } from "./evidence.ts";

/** What a run is started with. */
export interface MainJobPlan {
  readonly root: string;
  /** Where the programs' logs go: they outlive the run, for whoever asks why it failed. */
  readonly programLogs: string;
  readonly caller: NodeJS.ProcessEnv;
  readonly now: Date;
  /** What was started is put here at once, so that it can be ended whatever happens. */
  readonly started: Started;
}

/** The lab as far as the steps have built it. */
export class Stage {
  readonly plan: MainJobPlan;
  /** What was found at the end; null until then. */
  evidence: Evidence | null = null;
  #prepared: PreparedLab | null = null;
  #lab: RunningLab | null = null;
  /** What became of a signature that was asked for and must be refused; it takes its time. */
  #refusal: Promise<string> | null = null;

  constructor(plan: MainJobPlan) {
    this.plan = plan;
  }

  get prepared(): PreparedLab {
    return this.#prepared ?? notYet();
  }

  set prepared(prepared: PreparedLab) {
    this.#prepared = prepared;
  }

  get lab(): RunningLab {
    return this.#lab ?? notYet();
  }

  set lab(lab: RunningLab) {
    this.#lab = lab;
  }

  /** Null before the step that starts it. */
  get labOrNull(): RunningLab | null {
    return this.#lab;
  }

  get refusal(): Promise<string> {
    return this.#refusal ?? notYet();
  }

  set refusal(refusal: Promise<string>) {
    // Awaited by a later step: until then a rejection is nobody's.
    refusal.catch(() => undefined);
    this.#refusal = refusal;
  }
}

function notYet(): never {
  throw new LabFault("a step before this one did not do its part");
}
