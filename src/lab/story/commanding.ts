/** Signed commands: one that moves packages to current, and those that must move nothing. */

import { LabFault } from "../lab-fault.ts";
import type { LabComponent } from "../preparation.ts";
import type { RunningLab } from "../running-lab.ts";
import type { Step } from "../steps.ts";
import { clearSign, type ThrowAwayKey } from "../throw-away-key.ts";
import { awaitAnswers, awaitVerdict, movingNothing, type PostedCommand, postCommand, reactionsOn } from "./command.ts";
import { uploadLine } from "./push.ts";
import type { Stage } from "./stage.ts";
import { awaitState, findStatusIssue } from "./status-issue.ts";

/** A stranger's command, and one for a commit that does not stand in testing. */
export function refusedBefore(stage: Stage): Step {
  return {
    name: "Commands by a stranger, and for a commit that was not tested: nothing may move",
    run: async (say) => {
      const { lab } = stage;
      const { people, ready } = lab;
      const stranger = await movingNothing(lab, "a stranger's command", async () => {
        const posted = await command(lab, ready, people.stranger, ready.commit);
        await awaitVerdict(lab, posted, "SIGNER_UNKNOWN");
        const reactions = await reactionsOn(lab, posted);
        return `signed by an unknown key: ${reactions}, no answer, SIGNER_UNKNOWN in the agents' logs`;
      });
      say(stranger);
      const stale = await refusedAs(lab, ready, ready.formerCommit, "STALE_COMMIT", say);
      return `${stranger}; stale commit: ${stale}`;
    },
  };
}

/** The command that counts; and once more the same. */
export function promoting(stage: Stage): Step {
  return {
    name: "The release manager signs and posts 'Upload-component … current all'",
    run: async (say) => {
      const { lab } = stage;
      const { ready, people } = lab;
      const { number } = await requireIssue(lab, ready);
      const signed = await clearSign(people.releaseManager, uploadLine(ready, ready.commit));
      const posted = await postCommand(lab, number, signed);
      const issue = await awaitState(lab, ready, "stable", say);
      const reactions = await reactionsOn(lab, posted);
      const again = await movingNothing(lab, "the same signed message, posted twice", async () => {
        const repeated = await postCommand(lab, number, signed);
        await awaitVerdict(lab, repeated, "REPLAYED");
        return `posted once more: ${await reactionsOn(lab, repeated)}, REPLAYED in the agents' logs`;
      });
      return `${reactions}, labels ${issue.labels.join(", ")}; ${again}`;
    },
  };
}

/** The same for the component that has not been in testing for long enough. */
export function refusedAsYoung(stage: Stage): Step {
  return {
    name: "The same for what must stay five days in testing: nothing may move",
    run: (say) => refusedAs(stage.lab, stage.lab.young, stage.lab.young.commit, "TOO_YOUNG", say),
  };
}

function refusedAs(
  lab: RunningLab,
  component: LabComponent,
  commit: string,
  code: string,
  say: (line: string) => void,
): Promise<string> {
  return movingNothing(lab, `a command that is ${code}`, async () => {
    const posted = await command(lab, component, lab.people.releaseManager, commit);
    const answers = await awaitAnswers(lab, posted, code);
    for (const { body } of answers) say(plainLine(body, code));
    return `${await reactionsOn(lab, posted)}, ${code} answered by ${answers.length} build qubes`;
  });
}

/** The line of an answer that has the code, from the code on, without Markdown. */
function plainLine(body: string, code: string): string {
  const line = body.split("\n").find((text) => text.includes(code)) ?? "";
  return line.slice(line.indexOf(code)).replace(/[*`]/g, "");
}

async function command(
  lab: RunningLab,
  component: LabComponent,
  signer: ThrowAwayKey,
  commit: string,
): Promise<PostedCommand> {
  const { number } = await requireIssue(lab, component);
  return postCommand(lab, number, await clearSign(signer, uploadLine(component, commit)));
}

async function requireIssue(lab: RunningLab, component: LabComponent): Promise<{ readonly number: number }> {
  const issue = await findStatusIssue(lab, component);
  if (issue === null) throw new LabFault(`there is no status issue for ${component.name}`);
  return issue;
}
