/** What must not be possible between the qubes, tried: by the policy, and by the key gate behind it. */
import { join } from "node:path";
import { brokerSocket } from "../broker-plan.ts";
import { LabFault } from "../lab-fault.ts";
import type { Qube } from "../qube.ts";
import type { RunningLab } from "../running-lab.ts";
import { type ToolResult, tryTool } from "../tool.ts";

const source = join(import.meta.dirname, "../..");
const refusedByPolicy = 126;

/** Makes each call that the policy must deny; throws LabFault for one that got through. Answers how many there were. */
export async function tryForbiddenCalls(lab: RunningLab): Promise<number> {
  const { net, logs, fedora, debian } = lab;
  const forbidden: readonly (readonly [Qube, string, string])[] = [
    [net, fedora.keys.name, "qubes.Gpg"],
    [net, "dom0", "qubesbuilder.BuildLog"],
    [logs, fedora.keys.name, "qubes.Gpg"],
    [debian.build, fedora.keys.name, "qubes.Gpg"],
    [debian.build, fedora.build.name, "qubesbuilder.TriggerBuild+demo-hello"],
    [fedora.build, "dom0", `qubesbuilder.LogReceived+${fedora.build.name}`],
    [fedora.keys, logs.name, "qubesbuilder.BuildLog"],
  ];
  await Promise.all(
    forbidden.map(async ([from, target, service]) => {
      const { status } = await tryTool({
        program: process.execPath,
        args: [join(source, "lab/broker.ts"), "call", brokerSocket(from), target, service],
        environment: from.environment,
      });
      if (status !== refusedByPolicy) {
        throw new LabFault(
          `${from.name} could call ${service} in ${target} (status ${status}): the policy must deny it`,
        );
      }
    }),
  );
  return forbidden.length;
}

/** Asks keys-fedora, from build-fedora as it is allowed to, for a signature over bytes that no log has announced. */
export async function tryUnannouncedSignature({ fedora, people }: RunningLab): Promise<ToolResult> {
  return tryTool({
    program: process.execPath,
    args: [join(source, "programs/release-bot.ts"), "gpg-client", "--detach-sign", "-u", people.fedora.fingerprint],
    environment: {
      ...fedora.build.environment,
      RELEASE_BOT_QREXEC: `local:${brokerSocket(fedora.build)}`,
      RELEASE_BOT_KEYS_QUBE: fedora.keys.name,
    },
    input: "a package that no log has heard of\n",
  });
}
