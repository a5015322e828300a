/** A developer pushes a version tag; GitHub tells the receiver. */

import { sendWebhook } from "../github/answer.ts";
import { LabFault } from "../lab-fault.ts";
import type { LabComponent } from "../preparation.ts";
import { pushPayload } from "../push-payload.ts";
import type { RunningLab } from "../running-lab.ts";
import { githubNames, labRelease } from "../settings.ts";

/** Delivers the push's webhook. The receiver answers 202 once the event is durable, before any work. */
export async function pushTag(lab: RunningLab, { repository, version, commit }: LabComponent): Promise<void> {
  const status = await sendWebhook({
    url: `${lab.receiver.url}/github-hooks/trigger-build`,
    secret: lab.receiver.secret,
    event: "push",
    payload: pushPayload(githubNames.owner, repository, `v${version}`, commit, "developer"),
  });
  if (status !== 202) throw new LabFault(`the receiver answered ${status} to a push webhook, not 202`);
}

/** The command line that moves a component's packages to `current`, at one commit. */
export function uploadLine({ name }: LabComponent, commit: string): string {
  return `Upload-component ${labRelease} ${name} ${commit} current all`;
}
