/** The main job from the first push to `current`, step by step, on a lab of its own; the demo shows it, the tests hold it. */
import type { RunningLab } from "./running-lab.ts";
import type { Step } from "./steps.ts";
import { building, lookingAtTesting } from "./story/building.ts";
import { promoting, refusedAsYoung, refusedBefore } from "./story/commanding.ts";
import { countSignedLogs } from "./story/public-logs.ts";
import { askClients, requireSeen, requireUnseen } from "./story/published.ts";
import { preparing, starting } from "./story/setting-up.ts";
import { type MainJobPlan, Stage } from "./story/stage.ts";
import { tryingWalls } from "./story/walls.ts";

/** The steps, and the lab that they have built so far. */
export interface MainJob {
  readonly steps: readonly Step[];
  readonly lab: () => RunningLab | null;
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
  ];
  return { steps: makers.map((make) => make(stage)), lab: () => stage.labOrNull };
}

function lookingAtCurrent(stage: Stage): Step {
  return {
    name: "Real dnf and real apt refresh from current, with signature checks on",
    run: async () => {
      const { lab } = stage;
      const seen = requireSeen(await askClients(lab, lab.ready, "current"), lab.ready, "current");
      requireUnseen(await askClients(lab, lab.young, "current"), lab.young, "current");
      return `${seen} in current; ${lab.young.name} is not there`;
    },
  };
}

function lookingAtLogs(stage: Stage): Step {
  return {
    name: "Look: every commit of the logs is signed; keys-fedora signs nothing unannounced",
    run: async () => `${await countSignedLogs(stage.lab)}; ${await stage.refusal}`,
  };
}
