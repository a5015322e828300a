/** The first steps: what stands before the first program runs, and the programs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { renderPolicy } from "../../infra/index.ts";
import { environmentsOf, type LabComponent, type PreparedLab, prepareLab } from "../preparation.ts";
import { type Started, startGithub, startLab } from "../running-lab.ts";
import type { Step } from "../steps.ts";
import { endAgent, exportKey, type ThrowAwayKey, trustKey } from "../throw-away-key.ts";
import type { Stage } from "./stage.ts";

/** Makes homes, keys and component repositories. */
export function preparing(stage: Stage): Step {
  return {
    name: "Make homes for six qubes, throw-away keys, and two components with signed tags",
    run: async () => {
      const { root, caller, now, started } = stage.plan;
      stage.prepared = await prepareLab(root, caller, now);
      const { people, environment, ready, young } = stage.prepared;
      started.push(agentsOf(Object.values(people), environment));
      const keys = join(root, "keys");
      mkdirSync(keys);
      exportKey(people.fedora, join(keys, "rpm.asc"));
      exportKey(people.debian, join(keys, "deb.asc"));
      await trustKey(join(keys, "logs"), people.logs, environment);
      return `${Object.keys(people).length} keys; ${[ready, young].map(describe).join(", ")}`;
    },
  };
}

/** Starts GitHub, the broker and every qube's program. */
export function starting(stage: Stage): Step {
  return {
    name: "Start GitHub (an emulator), the broker with dom0's policy, the qubes' programs",
    run: async () => {
      const { started, programLogs } = stage.plan;
      const { prepared } = stage;
      const github = await startGithub(prepared, started);
      stage.lab = await startLab(prepared, { github, policy: policyOf(prepared), started, logFiles: programLogs });
      return stage.lab.daemons.map(({ name }) => name).join(", ");
    },
  };
}

function describe({ name, version, minAgeDays }: LabComponent): string {
  return `${name} v${version} (${minAgeDays} days in testing)`;
}

function policyOf(lab: PreparedLab): ReadonlyMap<string, string> {
  const environments = environmentsOf(lab).map(({ build }) => ({
    name: build.name.replace(/^build-/, ""),
    logs: lab.logs.name,
    builderv2: true,
    windows: false,
  }));
  return renderPolicy({ netvm: lab.net.name, environments, sshProxy: false, remoteHosts: [] });
}

/** gpg starts its agents by itself: they end with the run. */
function agentsOf(keys: readonly ThrowAwayKey[], environment: NodeJS.ProcessEnv): Started[number] {
  return {
    name: "gpg agents",
    stop: async () => {
      await Promise.all(keys.map(({ home }) => endAgent(home, environment)));
    },
  };
}
