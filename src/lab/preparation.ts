/** What stands before the first program is started: qubes' homes, keys, the components' repositories, the logs repository. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CommitSha, ComponentName, Distribution, QubeName } from "../domain/index.ts";
import { parseComponentName, parseDistribution, parseQubeName } from "../domain/index.ts";
import { type ComponentPlan, createComponent, releaseVersion } from "./fixtures/component.ts";
import { createPeople, type People } from "./people.ts";
import { baseEnvironment, createQube, gnupgHome, type Qube } from "./qube.ts";
import { runTool } from "./tool.ts";

/** A build environment: what builds, what signs for it, and for which distribution. */
export interface Environment {
  readonly build: Qube;
  readonly keys: Qube;
  readonly distribution: Distribution;
}

/** A component with its repository and two tagged versions, of which only the newer is ever pushed to the bot. */
export interface LabComponent {
  readonly name: ComponentName;
  /** Its name on GitHub. */
  readonly repository: string;
  readonly bare: string;
  readonly minAgeDays: number;
  readonly version: string;
  readonly commit: CommitSha;
  /** The version before: signed just as well, but not what stands in testing. */
  readonly formerCommit: CommitSha;
}

/** Everything that the programs are then started with. */
export interface PreparedLab {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly people: People;
  readonly net: Qube;
  readonly logs: Qube;
  readonly fedora: Environment;
  readonly debian: Environment;
  /** May go to `current` at once. */
  readonly ready: LabComponent;
  /** Must wait five days. */
  readonly young: LabComponent;
  /** The bare repository that the logs qube pushes to. */
  readonly logsRepository: string;
}

/** Makes all of it under the run's root. `now` dates the changelogs. */
export async function prepareLab(root: string, caller: NodeJS.ProcessEnv, now: Date): Promise<PreparedLab> {
  const environment = baseEnvironment(root, caller);
  mkdirSync(join(root, "tmp"), { mode: 0o1777 });
  const qube = (name: string): Qube => createQube(root, known(parseQubeName, name), environment);
  const logs = qube("logs");
  const fedora = {
    build: qube("build-fedora"),
    keys: qube("keys-fedora"),
    distribution: known(parseDistribution, "host-fc41"),
  };
  const debian = {
    build: qube("build-debian"),
    keys: qube("keys-debian"),
    distribution: known(parseDistribution, "vm-bookworm"),
  };
  const people = await createPeople(
    root,
    { logs: gnupgHome(logs), fedora: gnupgHome(fedora.keys), debian: gnupgHome(debian.keys) },
    environment,
  );
  const logsRepository = join(root, "git/build-logs.git");
  await runTool({ program: "git", args: ["init", "--quiet", "--bare", "-b", "master", logsRepository], environment });
  const [ready, young] = await Promise.all([
    component(root, "demo-hello", 0, people, now),
    component(root, "demo-young", 5, people, now),
  ]);
  return { root, environment, people, net: qube("sys-net"), logs, fedora, debian, ready, young, logsRepository };
}

/** The environments, in the order in which they are shown. */
export function environmentsOf(lab: PreparedLab): readonly [Environment, Environment] {
  return [lab.fedora, lab.debian];
}

/** The names of the build qubes. */
export function buildQubesOf(lab: PreparedLab): readonly QubeName[] {
  return environmentsOf(lab).map(({ build }) => build.name);
}

const version = "1.0.0";

async function component(
  root: string,
  name: string,
  minAgeDays: number,
  { developer }: People,
  now: Date,
): Promise<LabComponent> {
  const repository = `qubes-${name}`;
  const plan: ComponentPlan = {
    name,
    directory: join(root, "work", name),
    bare: join(root, "git", `${repository}.git`),
    maintainer: developer,
    date: now.toUTCString().replace("GMT", "+0000"),
  };
  await createComponent(plan);
  const formerCommit = await releaseVersion(plan, "0.9.0", "Say which version it is");
  const commit = await releaseVersion(plan, version, "Say it politely");
  return {
    name: known(parseComponentName, name),
    repository,
    bare: plan.bare,
    minAgeDays,
    version,
    commit,
    formerCommit,
  };
}

/** Parses one of the lab's own constants. */
function known<T>(parse: (text: string) => T | null, text: string): T {
  const parsed = parse(text);
  if (parsed === null) throw new Error(`${text} is not what the lab takes it for`);
  return parsed;
}
