/** What the broker is told: the qubes, their sockets and services, and where dom0's policy lies. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentsOf, type PreparedLab } from "./preparation.ts";
import type { Qube } from "./qube.ts";

/** The socket by which a qube's programs call others. */
export function brokerSocket(qube: Qube): string {
  return join(qube.home, "qrexec.sock");
}

/** dom0's policy directory. */
function policyDirectory(lab: PreparedLab): string {
  return join(lab.root, "dom0/policy.d");
}

/** All qubes of the lab. */
function qubesOf(lab: PreparedLab): readonly Qube[] {
  return [lab.net, ...environmentsOf(lab).flatMap(({ build, keys }) => [build, keys]), lab.logs];
}

/** Writes the policy files (name → text) and the broker's description. Answers the description's path. */
export function writeBrokerPlan(lab: PreparedLab, policy: ReadonlyMap<string, string>): string {
  const directory = policyDirectory(lab);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of policy) writeFileSync(join(directory, name), text);
  const qubes = qubesOf(lab).map((qube) => [
    qube.name,
    { home: qube.home, servicesDirs: [qube.services], socket: brokerSocket(qube) },
  ]);
  const file = join(lab.root, "dom0/lab.json");
  writeFileSync(file, JSON.stringify({ policyDir: directory, qubes: Object.fromEntries(qubes) }, null, 2));
  return file;
}
