/** What must not be possible between the qubes, tried: by the policy, and by the key gate behind it. */
import { join } from "node:path";
import { type QrexecCall, qrexecTransport } from "../../adapters/qrexec/index.ts";
import { brokerSocket } from "../broker-plan.ts";
import { LabFault } from "../lab-fault.ts";
import type { Qube } from "../qube.ts";
import type { RunningLab } from "../running-lab.ts";
import type { Step } from "../steps.ts";
import { tryTool } from "../tool.ts";
import type { Stage } from "./stage.ts";

const source = join(import.meta.dirname, "../..");
const refusedByPolicy = 126;

/** Tries what must be denied. The key gate refuses only after it has waited for an announcement: the story goes on meanwhile. */
export function tryingWalls(stage: Stage): Step {
  return {
    name: "Try calls between qubes that the policy must deny",
    run: async () => {
      stage.refusal = refusedUnannounced(stage.lab);
      return `${await tryForbiddenCalls(stage.lab)} forbidden calls, all denied`;
    },
  };
}

/** Makes each call that the policy must deny; throws LabFault for one that got through. Answers how many there were. */
async function tryForbiddenCalls(lab: RunningLab): Promise<number> {
  const { net, logs, fedora, debian } = lab;
  const forbidden: readonly (readonly [Qube, QrexecCall])[] = [
    [net, { target: fedora.keys.name, service: "qubes.Gpg", argument: "" }],
    [net, { target: "dom0", service: "qubesbuilder.BuildLog", argument: "" }],
    [logs, { target: fedora.keys.name, service: "qubes.Gpg", argument: "" }],
    [debian.build, { target: fedora.keys.name, service: "qubes.Gpg", argument: "" }],
    [debian.build, { target: fedora.build.name, service: "qubesbuilder.TriggerBuild", argument: lab.ready.name }],
    [fedora.build, { target: "dom0", service: "qubesbuilder.LogReceived", argument: fedora.build.name }],
    [fedora.keys, { target: logs.name, service: "qubesbuilder.BuildLog", argument: "" }],
  ];
  await Promise.all(
    forbidden.map(async ([from, call]) => {
      const status = await callFrom(from, call);
      if (status !== refusedByPolicy) {
        const name = `${call.service}+${call.argument}`;
        throw new LabFault(
          `${from.name} could call ${name} in ${call.target} (status ${status}): the policy must deny it`,
        );
      }
    }),
  );
  return forbidden.length;
}

/** Makes a call without input, as a program in the qube would; answers its exit status. */
async function callFrom(qube: Qube, call: QrexecCall): Promise<number> {
  const connection = qrexecTransport({ transport: "local", socket: brokerSocket(qube) }).open(call);
  connection.stdin.end();
  connection.stdout.resume();
  connection.stderr.resume();
  return connection.exit;
}

/** Asks keys-fedora, from build-fedora as it is allowed to, for a signature over bytes that no log has announced. */
async function refusedUnannounced({ fedora, people }: RunningLab): Promise<string> {
  const { status, stdout } = await tryTool({
    program: process.execPath,
    args: [join(source, "programs/release-bot.ts"), "gpg-client", "--detach-sign", "-u", people.fedora.fingerprint],
    environment: {
      ...fedora.build.environment,
      RELEASE_BOT_QREXEC: `local:${brokerSocket(fedora.build)}`,
      RELEASE_BOT_KEYS_QUBE: fedora.keys.name,
    },
    input: "a package that no log has heard of\n",
  });
  if (status === 0 || stdout !== "") throw new LabFault("keys-fedora signed bytes that no log had announced");
  return "asked for a signature over bytes that no log announced, keys-fedora refused";
}
