/** `release-bot audit`, as anybody may run it: given only repositories, logs and public keys. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { environmentsOf } from "../preparation.ts";
import { builderDirectory, type RunningLab } from "../running-lab.ts";
import { labRelease } from "../settings.ts";
import type { Step } from "../steps.ts";
import { exportKey, type ThrowAwayKey } from "../throw-away-key.ts";
import { tryTool } from "../tool.ts";
import { until } from "../until.ts";
import type { Stage } from "./stage.ts";

const program = join(import.meta.dirname, "../../programs/release-bot.ts");

/** Re-checks the chain from the signed comment to the packages, offline. */
export function auditing(stage: Stage): Step {
  return {
    name: "Audit the chain offline: signed comment, commit, packages, log, signatures",
    run: async (say) => {
      const { lab } = stage;
      const keys = join(lab.root, "audit-keys");
      const { developer, releaseManager, fedora, debian, logs } = lab.people;
      writeKeys(join(keys, "maintainers"), [developer, releaseManager]);
      writeKeys(join(keys, "packages"), [fedora, debian]);
      writeKeys(join(keys, "logs"), [logs]);
      // What was done is stated in the logs repository just after it was done.
      const links = await until(lab, {
        what: "an audit in which everything holds",
        limitMs: 600_000,
        look: () => audit(lab, keys),
      });
      for (const link of links) say(link);
      return `${links.length} links of the chain hold`;
    },
  };
}

/** The audit's lines, one a link; null where it is not content. */
async function audit(lab: RunningLab, keys: string): Promise<readonly string[] | null> {
  const roots = environmentsOf(lab).flatMap((environment) => [
    "--root",
    join(builderDirectory(environment, lab.ready), "artifacts/repository-publish"),
  ]);
  const { status, stdout } = await tryTool({
    program: process.execPath,
    args: [program, "audit", labRelease, lab.ready.name, ...roots, "--logs", lab.logsRepository, "--keys", keys],
    environment: lab.environment,
  });
  const lines = stdout.trim().split("\n");
  // Built and promoted, in each environment, and the verdict.
  const whole = environmentsOf(lab).length * 2 + 1;
  return status === 0 && lines.length === whole && lines.at(-1) === "everything holds" ? lines.slice(0, -1) : null;
}

function writeKeys(directory: string, keys: readonly ThrowAwayKey[]): void {
  mkdirSync(directory, { recursive: true });
  for (const key of keys) exportKey(key, join(directory, `${key.fingerprint}.asc`));
}
