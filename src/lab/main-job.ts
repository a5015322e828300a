/** The main job from the first push to `current`, step by step, on a lab of its own; the demo shows it, the tests hold it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { renderPolicy } from "../infra/index.ts";
import { LabFault } from "./lab-fault.ts";
import { environmentsOf, type LabComponent, type PreparedLab, prepareLab } from "./preparation.ts";
import { type RunningLab, type Started, startGithub, startLab } from "./running-lab.ts";
import { verifyCommits } from "./signed-commits.ts";
import type { Step } from "./steps.ts";
import { awaitAnswers, awaitVerdict, movingNothing, postCommand, reactionsOn } from "./story/command.ts";
import { askClients, requireSeen, requireUnseen } from "./story/published.ts";
import { pushTag, uploadLine } from "./story/push.ts";
import { awaitState, findStatusIssue } from "./story/status-issue.ts";
import { tryForbiddenCalls, tryUnannouncedSignature } from "./story/walls.ts";
import { clearSign, endAgent, exportKey, type ThrowAwayKey, trustKey } from "./throw-away-key.ts";

/** What a run is started with. */
export interface MainJobPlan {
  readonly root: string;
  /** Where the programs' logs go: they outlive the run, for whoever asks why it failed. */
  readonly programLogs: string;
  readonly caller: NodeJS.ProcessEnv;
  readonly now: Date;
  /** What was started is put here at once, so that it can be ended whatever happens. */
  readonly started: Started;
}

/** The steps, and the lab that they have built so far. */
export interface MainJob {
  readonly steps: readonly Step[];
  readonly lab: () => RunningLab | null;
}

/** The steps of the main job, in order. Each throws where a promise is broken, and answers what it found on disk and by clients. */
export function mainJob(plan: MainJobPlan): MainJob {
  const state: { prepared: PreparedLab | null; lab: RunningLab | null; unannounced: Promise<string> | null } = {
    prepared: null,
    lab: null,
    unannounced: null,
  };
  const prepared = (): PreparedLab => state.prepared ?? notYet();
  const running = (): RunningLab => state.lab ?? notYet();
  const steps: readonly Step[] = [
    {
      name: "Make six qubes' homes, everybody's throw-away keys, and two components with signed version tags",
      run: async () => {
        state.prepared = await prepareLab(plan.root, plan.caller, plan.now);
        const { people, environment, ready, young } = state.prepared;
        plan.started.push(agentsOf(Object.values(people), environment));
        const keys = join(plan.root, "keys");
        mkdirSync(keys);
        exportKey(people.fedora, join(keys, "rpm.asc"));
        exportKey(people.debian, join(keys, "deb.asc"));
        await trustKey(join(keys, "logs"), people.logs, environment);
        return `${Object.keys(people).length} keys; ${titles([ready, young])}`;
      },
    },
    {
      name: "Start GitHub (an emulator), the qrexec broker with dom0's policy, and each qube's program",
      run: async () => {
        const lab = prepared();
        const github = await startGithub(lab, plan.started);
        state.lab = await startLab(lab, {
          github,
          policy: policyOf(lab),
          started: plan.started,
          logFiles: plan.programLogs,
        });
        return `${state.lab.daemons.map(({ name }) => name).join(", ")}`;
      },
    },
    {
      name: "Try calls between qubes that the policy must deny",
      run: async () => {
        const lab = running();
        // The key gate refuses only after it has waited for an announcement: meanwhile the story goes on.
        state.unannounced = refusedUnannounced(lab);
        state.unannounced.catch(() => undefined);
        return `${await tryForbiddenCalls(lab)} forbidden calls, all denied`;
      },
    },
    {
      name: "A developer pushes both version tags: build, log, sign, publish to current-testing",
      run: async (say) => {
        const lab = running();
        await pushTag(lab, lab.ready);
        await pushTag(lab, lab.young);
        const issue = await awaitState(lab, lab.ready, "cur-test", say);
        const young = await awaitState(lab, lab.young, "cur-test", say);
        return `issue #${issue.number} '${issue.title}' and #${young.number} '${young.title}' say cur-test`;
      },
    },
    {
      name: "Look: the packages stand in current-testing, not in current, and their logs are public",
      run: async () => {
        const lab = running();
        const seen = requireSeen(await askClients(lab, lab.ready, "currentTesting"), lab.ready, "current-testing");
        requireUnseen(await askClients(lab, lab.ready, "current"), lab.ready, "current");
        return `${seen} in current-testing, nothing in current; ${await countSignedLogs(lab)}`;
      },
    },
    {
      name: "A stranger's command, and one for a commit that is not the tested one: nothing may move",
      run: async (say) => {
        const lab = running();
        const { people, ready } = lab;
        const { number } = await requireIssue(lab, ready);
        const stranger = await movingNothing(lab, "a stranger's command", async () => {
          const posted = await postCommand(
            lab,
            number,
            await clearSign(people.stranger, uploadLine(ready, ready.commit)),
          );
          await awaitVerdict(lab, posted, "SIGNER_UNKNOWN");
          return `signed by an unknown key: no answer, reactions [${await reactionsOn(lab, posted)}], SIGNER_UNKNOWN in the agents' logs`;
        });
        say(stranger);
        const stale = await movingNothing(lab, "a stale commit", async () => {
          const line = uploadLine(ready, ready.formerCommit);
          const posted = await postCommand(lab, number, await clearSign(people.releaseManager, line));
          const answers = await awaitAnswers(lab, posted, "STALE_COMMIT");
          return `stale commit: ${answers.length} answers with STALE_COMMIT, reactions [${await reactionsOn(lab, posted)}]`;
        });
        say(stale);
        return `${stranger}; ${stale}`;
      },
    },
    {
      name: "The release manager signs 'Upload-component … current all' and posts it: the packages move to current",
      run: async (say) => {
        const lab = running();
        const { number } = await requireIssue(lab, lab.ready);
        const signed = await clearSign(lab.people.releaseManager, uploadLine(lab.ready, lab.ready.commit));
        const posted = await postCommand(lab, number, signed);
        const issue = await awaitState(lab, lab.ready, "stable", say);
        say(`reactions [${await reactionsOn(lab, posted)}]`);
        const again = await movingNothing(lab, "the same signed message, posted twice", async () => {
          const repeated = await postCommand(lab, number, signed);
          await awaitVerdict(lab, repeated, "REPLAYED");
          return `posted once more: REPLAYED, reactions [${await reactionsOn(lab, repeated)}]`;
        });
        say(again);
        return `labels ${issue.labels.join(", ")}; ${again}`;
      },
    },
    {
      name: "The same for the component that must wait five days: nothing may move",
      run: async () => {
        const lab = running();
        const { number } = await requireIssue(lab, lab.young);
        return movingNothing(lab, "a component that is too young", async () => {
          const line = uploadLine(lab.young, lab.young.commit);
          const posted = await postCommand(lab, number, await clearSign(lab.people.releaseManager, line));
          const answers = await awaitAnswers(lab, posted, "TOO_YOUNG");
          return `${answers.length} answers with TOO_YOUNG, reactions [${await reactionsOn(lab, posted)}]`;
        });
      },
    },
    {
      name: "Real dnf and real apt refresh from current, with signature checks on",
      run: async () => {
        const lab = running();
        const seen = requireSeen(await askClients(lab, lab.ready, "current"), lab.ready, "current");
        requireUnseen(await askClients(lab, lab.young, "current"), lab.young, "current");
        return `${seen} in current; ${lab.young.name} is not there`;
      },
    },
    {
      name: "Every commit of the public logs is signed, and the keys qube signed nothing else",
      run: async () => {
        const lab = running();
        const logs = await countSignedLogs(lab);
        return `${logs}; ${await (state.unannounced ?? notYet())}`;
      },
    },
  ];
  return { steps, lab: () => state.lab };
}

function notYet(): never {
  throw new LabFault("a step before this one did not do its part");
}

function titles(components: readonly LabComponent[]): string {
  return components
    .map(({ name, version, minAgeDays }) => `${name} v${version} (${minAgeDays} days in testing)`)
    .join(", ");
}

function policyOf(lab: PreparedLab): ReadonlyMap<string, string> {
  const environments = environmentsOf(lab).map(({ build }) => ({
    name: build.name.replace(/^build-/, ""),
    logs: lab.logs.name,
    builderv2: true,
    windows: false,
  }));
  return renderPolicy({ netvm: lab.net.name, environments, remoteHosts: [], sshProxy: true });
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

async function requireIssue(lab: RunningLab, component: LabComponent): Promise<{ readonly number: number }> {
  return (await findStatusIssue(lab, component)) ?? notYet();
}

async function countSignedLogs(lab: RunningLab): Promise<string> {
  const home = { ...lab.environment, GNUPGHOME: join(lab.root, "keys/logs") };
  const { commits, unsigned } = await verifyCommits(lab.logsRepository, lab.people.logs.fingerprint, home);
  if (commits === 0) throw new LabFault("the logs repository is empty");
  if (unsigned.length > 0)
    throw new LabFault(`commits in the logs repository are not signed by its key: ${unsigned.join(", ")}`);
  return `${commits} commits of logs, each signed by the logs key`;
}

async function refusedUnannounced(lab: RunningLab): Promise<string> {
  const { status, stdout } = await tryUnannouncedSignature(lab);
  if (status === 0 || stdout !== "") throw new LabFault("keys-fedora signed bytes that no log had announced");
  return "asked for a signature over bytes that no log announced, keys-fedora refused";
}
