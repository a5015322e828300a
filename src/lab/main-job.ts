/** The main job from the first push to `current`, step by step, on a lab of its own; the demo shows it, the tests hold it. */
import { requireNone } from "./lab-fault.ts";
import type { RunningLab } from "./running-lab.ts";
import type { Step } from "./steps.ts";
import { auditing } from "./story/audit.ts";
import { building, lookingAtTesting } from "./story/building.ts";
import { promoting, refusedAsYoung, refusedBefore } from "./story/commanding.ts";
import { type Evidence, faultsIn, gatherEvidence } from "./story/evidence.ts";
import { verifyLogs } from "./story/public-logs.ts";
import { describeView } from "./story/published.ts";
import { preparing, starting } from "./story/setting-up.ts";
import { type MainJobPlan, Stage } from "./story/stage.ts";
import { tryingWalls } from "./story/walls.ts";

/** The steps, and the lab that they have built so far. */
export interface MainJob {
  readonly steps: readonly Step[];
  readonly lab: () => RunningLab | null;
  /** Null where the steps did not come so far. */
  readonly evidence: () => Evidence | null;
}

/** The steps, in order. Each throws where a promise is broken, and answers what it found on disk, on GitHub and by clients. */
export function mainJob(plan: MainJobPlan): MainJob {
  const stage = new Stage(plan);
  const makers = [
    preparing,
    starting,
    tryingWalls,
    building,
    lookingAtTesting,
    refusedBefore,
    promoting,
    refusedAsYoung,
    lookingAtCurrent,
    lookingAtLogs,
    auditing,
  ];
  return { steps: makers.map((make) => make(stage)), lab: () => stage.labOrNull, evidence: () => stage.evidence };
}

function lookingAtCurrent(stage: Stage): Step {
  return {
    name: "Real dnf and real apt refresh from current, with signature checks on",
    run: async () => {
      const evidence = await gatherEvidence(stage.lab);
      stage.evidence = evidence;
      requireNone(faultsIn(evidence));
      return `${describeView(evidence.promoted)} in current; ${stage.lab.young.name} is not there`;
    },
  };
}

function lookingAtLogs(stage: Stage): Step {
  return {
    name: "Look: every commit of the logs is signed; keys-fedora signs nothing unannounced",
    run: async () => {
      const { commits } = await verifyLogs(stage.lab);
      return `${commits} commits, each signed by the logs key; ${await stage.refusal}`;
    },
  };
}
