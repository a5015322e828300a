/** From pushed tags to packages in current-testing, and what stands there then. */

import { requireNone } from "../lab-fault.ts";
import type { Step } from "../steps.ts";
import { describeWalls, verifyLogs } from "./public-logs.ts";
import { askClients, describeView, faultsOfView, versionsIn } from "./published.ts";
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
      const testing = await askClients(lab, lab.ready, "currentTesting");
      const current = await askClients(lab, lab.ready, "current");
      const logs = await verifyLogs(lab);
      requireNone([
        ...faultsOfView(testing, lab.ready.version, "current-testing"),
        ...versionsIn(current).map((version) => `version ${version} stands in current already`),
        ...(logs.commits === 0 ? ["the logs repository is empty"] : []),
        ...logs.unsigned.map((commit) => `commit ${commit} of the logs is not signed by the logs key`),
      ]);
      return `${describeView(testing)} in current-testing, nothing in current; ${logs.commits} signed commits of logs`;
    },
  };
}
