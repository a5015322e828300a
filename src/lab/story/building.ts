/** From pushed tags to packages in current-testing, and what stands there then. */
import type { Step } from "../steps.ts";
import { countSignedLogs, describeWalls } from "./public-logs.ts";
import { askClients, requireSeen, requireUnseen } from "./published.ts";
import { pushTag } from "./push.ts";
import type { Stage } from "./stage.ts";
import { awaitState } from "./status-issue.ts";

/** Pushes both components' tags, and waits until their status issues say that they are in testing. */
export function building(stage: Stage): Step {
  return {
    name: "A developer pushes both tags: build, log, sign, publish to current-testing",
    run: async (say) => {
      const { lab } = stage;
      await pushTag(lab, lab.ready);
      await pushTag(lab, lab.young);
      const issue = await awaitState(lab, lab.ready, "cur-test", say);
      const young = await awaitState(lab, lab.young, "cur-test", say);
      const walls = await describeWalls(lab);
      return `issues #${issue.number} and #${young.number} say cur-test for both distributions; ${walls}`;
    },
  };
}

/** Looks with real clients at testing and at current, and at the public logs. */
export function lookingAtTesting(stage: Stage): Step {
  return {
    name: "Look: packages stand in current-testing, not in current; their logs are public",
    run: async () => {
      const { lab } = stage;
      const seen = requireSeen(await askClients(lab, lab.ready, "currentTesting"), lab.ready, "current-testing");
      requireUnseen(await askClients(lab, lab.ready, "current"), lab.ready, "current");
      return `${seen} in current-testing, nothing in current; ${await countSignedLogs(lab)}`;
    },
  };
}
