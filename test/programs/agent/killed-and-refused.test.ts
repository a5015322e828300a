/** The agent's whole process dies between a change of the repository and the end of its log, and its command is refused after. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { main } from "../../../src/programs/cli/audit.ts";
import { callSocket, type RunningProgram, runReleaseBot, startReleaseBot } from "../../support/agent-program.ts";
import { AuditedChain, commit } from "../../support/audited-chain.ts";
import { runCaptured } from "../../support/captured-program.ts";
import { githubWith } from "../../support/github-reports.ts";
import { until } from "../../support/until.ts";

const service = "qubesbuilder.ProcessGithubCommand";
const components = ["core-revoked", "core-part", "core-cancelled"];

let chain: AuditedChain;
let github: GithubLab;
let directory: string;
let agent: RunningProgram | null = null;

beforeAll(async () => {
  chain = await AuditedChain.start("in-artifacts");
  github = await githubWith();
  directory = join(chain.logs.directory, "build-fedora");
  for (const name of ["builder", "trusted"]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, "trusted", `${chain.who}.asc`), chain.maintainer.exportKey(chain.who));
  writeFileSync(join(directory, "builders.list"), `r4.3=${join(directory, "builder")}=builder.yml\n`);
  writeFileSync(join(directory, "token"), "token-bot\n");
  const qrexec = { transport: "local", socket: chain.logs.socket("build-fedora"), "services-dir": "rpc" };
  const settings = {
    qube: "build-fedora",
    ...{ "state-dir": "state", "builders-list": "builders.list", "trusted-keys": "trusted", "poll-seconds": 1 },
    "log-timeout-seconds": 240,
    github: { "api-url": github.apiUrl, "token-file": "token" },
  };
  writeFileSync(join(directory, "config.yml"), JSON.stringify({ qrexec, agent: settings }));
  writeHook();
});
afterEach(async () => {
  await agent?.end("SIGKILL");
  agent = null;
});
afterAll(async () => {
  await chain.stop();
  await github.close();
});

/** What the maintainer may do. */
function grant(what: string): void {
  const configuration = {
    "qubes-release": "r4.3",
    distributions: ["host-fc41", "vm-bookworm"],
    git: { maintainers: [chain.who] },
    "min-age-days": 0,
    components: components.map((name) => ({ [name]: { url: join(directory, "nowhere"), branch: "main" } })),
    "sign-key": { rpm: chain.key, deb: chain.key },
    "artifacts-dir": chain.logs.directory,
    github: { maintainers: { [chain.who]: { components: [what], distributions: "_all_" } } },
  };
  writeFileSync(join(directory, "builder/builder.yml"), JSON.stringify(configuration));
}

const stopAt = (): string => join(directory, "stop-at");
const stopped = (): string => join(directory, "stopped");

/** The logs' remote stops the first push that comes when `current` lists the package of the component that `stop-at` names. */
function writeHook(): void {
  const place = join(chain.root, "rpm/r4.3/current/host/fc41");
  const hook = `#!/bin/sh
cd /
[ -e ${stopAt()} ] || exit 0
list=$(grep -o 'repodata/[^"]*-primary.xml.gz' ${place}/repodata/repomd.xml) || exit 0
zcat "${place}/$list" | grep -q "<name>$(cat ${stopAt()})</name>" || exit 0
touch ${stopped()}
while [ -e ${stopAt()} ]; do sleep 0.1; done
`;
  writeFileSync(join(chain.logs.remote, "hooks/pre-receive"), hook, { mode: 0o755 });
}

async function start(): Promise<RunningProgram> {
  agent = await startReleaseBot(["agent", "--config", join(directory, "config.yml")]);
  return agent;
}

interface JobRow {
  readonly id: number;
  readonly state: string;
  readonly note: string;
}

function lastJob(): JobRow | null {
  const database = new DatabaseSync(join(directory, "state/agent.db"), { readOnly: true });
  try {
    return (
      (database.prepare("SELECT id, state, note FROM jobs ORDER BY id DESC LIMIT 1").get() as unknown as JobRow) ?? null
    );
  } finally {
    database.close();
  }
}

/** The component is built; the agent takes the command, and is killed as soon as the rpm repository lists it. */
async function promoteAndKill(name: string, ...dists: readonly string[]): Promise<void> {
  grant(name);
  for (const dist of dists) await chain.state((await chain.build(dist, { name })).build);
  mkdirSync(join(directory, "state"), { recursive: true });
  const store = openAgentStore(join(directory, "state/agent.db"), () => []);
  store.database.run("INSERT INTO builds VALUES (?, 'r4.3', ?, ?, 'v4.3.1', 0, '{}')", `made-${name}`, name, commit);
  await store.database.close();
  writeFileSync(stopAt(), name);
  const running = await start();
  const place = { directory, database: "", commits: [] };
  const line = `Upload-component r4.3 ${name} ${commit} current ${dists.join(",")}`;
  expect(await callSocket(place, service, "", chain.comment(line))).toBe("taken\n");
  await until(() => (existsSync(stopped()) ? true : null)).catch((error) => {
    throw new Error(`${error}\n${running.said()}`);
  });
  await running.end("SIGKILL");
  rmSync(stopped());
  rmSync(stopAt());
  expect(lastJob()?.state).toBe("running");
}

async function audited(name: string): Promise<readonly string[]> {
  const words = ["r4.3", name, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
  const run = await runCaptured(main, words);
  return [`status ${run.status}`, ...run.stdout.trim().split("\n")];
}

/** The agent is there again until it has stated what it had done. */
async function startUntilStated(): Promise<void> {
  const running = await start();
  const over = (): true | null => (/"msg":"stated"/.test(running.said()) ? true : null);
  await until(over).catch((error) => {
    throw new Error(`${error}\n${running.said()}`);
  });
}

async function jobEnded(): Promise<JobRow> {
  return until(() => {
    const job = lastJob();
    return job === null || ["queued", "running"].includes(job.state) ? null : job;
  });
}

const holds = (dist: string): unknown =>
  expect.stringMatching(`^${dist} current: ${commit} by ${chain.who}, 1 package, log .*, announced in .*$`);

describe("a promotion whose agent is killed when it has changed the repository", () => {
  it("is stated where its grant is taken away before it is taken up again, and told as done: all of it was", async () => {
    await promoteAndKill("core-revoked", "host-fc41");
    grant("core-other");
    expect((await audited("core-revoked")).join("\n")).not.toContain("current:");
    await startUntilStated();
    expect(await jobEnded()).toMatchObject({
      state: "done",
      note: expect.stringMatching(/^uploaded to current: host-fc41 \(plan [0-9a-f]{12}\)$/),
    });
    expect(await audited("core-revoked")).toEqual([
      "status 0",
      expect.stringContaining("host-fc41 built: "),
      holds("host-fc41"),
      "everything holds",
    ]);
  });

  it("is stated as far as it had come, and nothing more of it is done", async () => {
    await promoteAndKill("core-part", "host-fc41", "vm-bookworm");
    grant("core-other");
    await startUntilStated();
    expect(await jobEnded()).toMatchObject({
      state: "failed",
      note: expect.stringMatching(/^NOT_GRANTED: .*; uploaded to current: host-fc41 \(plan [0-9a-f]{12}\)$/),
    });
    expect(await audited("core-part")).toEqual([
      "status 0",
      expect.stringContaining("built: "),
      expect.stringContaining("built: "),
      holds("host-fc41"),
      "everything holds",
    ]);
    const versions = await chain.repositories.standing({
      release: "r4.3" as never,
      component: null,
      distribution: null,
    });
    const current = versions
      .filter(({ repository }) => repository === "current")
      .map(({ name, dist }) => `${name} ${dist}`);
    expect(current).toEqual(expect.arrayContaining(["core-part host-fc41"]));
    expect(current).not.toContain("core-part vm-bookworm");
  });

  it("is stated where an operator cancels it while no agent runs, and its turn never comes", async () => {
    await promoteAndKill("core-cancelled", "host-fc41");
    const job = lastJob();
    const database = new DatabaseSync(join(directory, "state/agent.db"));
    // As the start of an agent leaves it that is killed again before the job's turn.
    database.prepare("UPDATE jobs SET state = 'queued' WHERE id = ?").run(job?.id ?? 0);
    database.close();
    const cancelled = await runReleaseBot([
      "queue",
      "cancel",
      String(job?.id),
      "--config",
      join(directory, "config.yml"),
    ]);
    expect(cancelled, cancelled.stderr).toMatchObject({ status: 0 });
    await startUntilStated();
    expect(lastJob()).toMatchObject({ id: job?.id, state: "cancelled" });
    expect((await audited("core-cancelled")).slice(2)).toEqual([holds("host-fc41"), "everything holds"]);
  });
});
