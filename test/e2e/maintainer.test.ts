/**
 * A maintainer's day in a real terminal, against the whole lab: list, promote, hold, and the operator's urgent fix. The status
 * data is what the build qubes publish; what is answered is what the agents do.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listComments, listIssues } from "../../src/lab/github-view.ts";
import { environmentsOf } from "../../src/lab/preparation.ts";
import { endProcessesOf } from "../../src/lab/process-table.ts";
import { createRun, removeRun } from "../../src/lab/run-directory.ts";
import { type RunningLab, type Started, stopAll } from "../../src/lab/running-lab.ts";
import { runSteps } from "../../src/lab/steps.ts";
import { building } from "../../src/lab/story/building.ts";
import { preparing, starting } from "../../src/lab/story/setting-up.ts";
import { Stage } from "../../src/lab/story/stage.ts";
import { columnsOf } from "../../src/status/index.ts";
import { runReleaseBot } from "../support/agent-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { TerminalSession } from "../support/terminal-session.ts";

const directory = mkdtempSync(join(tmpdir(), "rb-maintainer-"));
const records = join(directory, "running");
const entry = join(import.meta.dirname, "../../src/programs/release-bot.ts");
const started: Started = [];
let root: string;
let lab: RunningLab;
let status: GpgHome;
let statusKey: string;
let terminal: TerminalSession;

beforeAll(async () => {
  root = createRun(records);
  const stage = new Stage({ root, programLogs: directory, caller: process.env, now: new Date(), started });
  const shown: string[] = [];
  const steps = [preparing, starting, building].map((make) => make(stage));
  const results = await runSteps(steps, "lines", (line) => shown.push(line));
  if (!results.every(({ ok }) => ok)) throw new Error(shown.join("\n"));
  lab = stage.lab;
  status = new GpgHome();
  statusKey = status.makeKey();
  const keys = join(directory, "keys");
  mkdirSync(keys);
  writeFileSync(join(keys, "status.asc"), status.exportKey(statusKey));
  writeFileSync(join(directory, "token"), `${lab.github.maintainerToken}\n`);
  const { releaseManager } = lab.people;
  const maintainer = {
    key: releaseManager.fingerprint,
    gnupghome: releaseManager.home,
    "token-file": "token",
    "api-url": lab.github.lab.apiUrl,
  };
  const config = { status: { data: "site/status.json", keys: "keys" }, maintainer };
  writeFileSync(join(directory, "config.yml"), JSON.stringify(config));
  await publishStatus();
  terminal = new TerminalSession(80, { RELEASE_BOT_CONFIG: join(directory, "config.yml"), HOME: directory });
  terminal.type(`rb() { '${process.execPath}' '${entry}' "$@"; echo "status=$?"; }; clear`);
});

afterAll(async () => {
  terminal?.close();
  status?.remove();
  await stopAll(started);
  await endProcessesOf(root);
  removeRun(records, root);
  rmSync(directory, { recursive: true, force: true });
});

/** As the build qubes' timers do it: each its own data, then all of it as one. */
async function publishStatus(): Promise<void> {
  const sign = ["--sign", statusKey, "--gnupghome", status.directory];
  const parts: string[] = [];
  for (const { build } of environmentsOf(lab)) {
    const out = join(directory, build.name);
    const run = await runReleaseBot(["status", "render", "--out", out, ...sign], build.environment);
    expect(run.stderr, run.stdout).toBe("");
    parts.push(join(out, "status.json"));
  }
  const keys = join(directory, "keys");
  const run = await runReleaseBot([
    "status",
    "combine",
    "--out",
    join(directory, "site"),
    "--keys",
    keys,
    ...sign,
    ...parts,
  ]);
  expect(run.status, run.stderr).toBe(0);
}

const issueOf = async (name: string): Promise<{ readonly number: number; readonly labels: readonly string[] }> => {
  const issue = (await listIssues(lab.reports)).find(({ title }) => title.startsWith(`${name} `));
  if (issue === undefined) throw new Error(`there is no status issue of ${name}`);
  return issue;
};
const said = async (name: string): Promise<string> =>
  (await listComments(lab.reports, (await issueOf(name)).number)).map(({ body }) => body).join("\n");

describe("a maintainer at a terminal of 80 columns", () => {
  it("sees what may be promoted and what not yet, in a table that fits, with colours that tmux has seen", async () => {
    terminal.type("rb list r4.3");
    const screen = await terminal.shows(/status=0/);
    expect(screen).toMatch(/^ready {3}demo-hello v1\.0\.0 host-fc41, {4,}\d+ minutes? in testing$/m);
    expect(screen).toMatch(/^waiting demo-young v1\.0\.0 host-fc41, {4,}4 days left, from \d\d-\d\d \d\d:\d\d$/m);
    expect(screen).toMatch(/^1 ready, 1 waiting; data of \S+ \S+ UTC$/m);
    for (const line of screen.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(80);
    expect(terminal.screen("escapes")).toContain("\u001b[32mready");
    terminal.clear();
    terminal.type("NO_COLOR=1 rb list r4.3");
    await terminal.shows(/status=0/);
    expect(terminal.screen("escapes")).not.toContain("\u001b[3");
  });

  it("is shown what will be signed and done, and signs nothing unless yes is said", async () => {
    terminal.clear();
    terminal.type("rb promote r4.3 demo-hello");
    const screen = await terminal.shows(/Sign and post\? \[y\/N\]/);
    expect(screen.replaceAll("\n", "")).toContain(
      `Upload-component r4.3 demo-hello ${lab.ready.commit} current host-fc41,vm-bookworm`,
    );
    expect(screen).toMatch(/^ {4}host-fc41 {4}1\.0\.0-1\S* in current-testing since \S+ \(build-fedora\)$/m);
    expect(screen).toMatch(/^ {4}vm-bookworm {2}1\.0\.0 in current-testing since \S+ \(build-debian\)$/m);
    terminal.type("n");
    await terminal.shows(/nothing was signed\nstatus=1/);
    expect(await said("demo-hello")).not.toContain("BEGIN PGP SIGNED MESSAGE");
  });

  it("says yes once, and learns of each distribution when it is done", async () => {
    terminal.clear();
    terminal.type("rb promote r4.3 demo-hello");
    await terminal.shows(/Sign and post\?/);
    terminal.type("y");
    const screen = await terminal.shows(/status=\d/);
    expect(screen).toMatch(/posted on qubes-lab\/updates-status#\d+, id [0-9a-f]{12}\n/);
    expect(screen).toMatch(/^done {5}demo-hello v1\.0\.0 host-fc41 to current$/m);
    expect(screen).toMatch(/^done {5}demo-hello v1\.0\.0 vm-bookworm to current$/m);
    expect(screen).toMatch(/status=0/);
    expect((await issueOf("demo-hello")).labels).toContain("r4.3-stable");
    const trace = /id ([0-9a-f]{12})/.exec(screen)?.[1] ?? "none";
    // One id, from the webhook to the comments: receiver, agents, public logs.
    for (const name of ["sys-net receiver", "build-fedora agent", "build-debian agent"]) {
      const lines =
        lab.daemons
          .find((daemon) => daemon.name === name)
          ?.log()
          .split("\n") ?? [];
      expect(
        lines.filter((line) => line.includes(trace)).map((line) => JSON.parse(line).trace ?? line),
        name,
      ).toContain(trace);
    }
  });

  it("is answered with the same id where a command is answered in words", async () => {
    terminal.clear();
    terminal.type("rb hold r4.3 demo-young --yes");
    const screen = await terminal.shows(/status=\d/);
    expect(screen).toMatch(/^done {5}demo-young v1\.0\.0 host-fc41 is held: held for host-fc41$/m);
    expect(screen).toMatch(/status=0/);
    const trace = /id ([0-9a-f]{12})/.exec(screen)?.[1] ?? "none";
    expect(await said("demo-young")).toContain(`(id \`${trace}\`)`);
  });

  it("cannot promote what is held, by hand either; and then an operator does what is urgent, and all see who and why", async () => {
    const why = ["--ignore-min-age", "CVE-2026-1 is in the wild", "--operator", "Olga Operator"];
    const words = ["promote", "r4.3", "demo-young", "--local", "--yes", ...why];
    const urgent = () => Promise.all(environmentsOf(lab).map(({ build }) => runReleaseBot(words, build.environment)));
    for (const run of await urgent()) expect(run).toMatchObject({ status: 1, stdout: expect.stringContaining("HELD") });
    terminal.clear();
    terminal.type("rb unhold r4.3 demo-young --yes");
    expect(await terminal.shows(/status=\d/)).toMatch(/status=0/);
    for (const run of await urgent())
      expect(run, run.stderr).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/done: uploaded to current: /),
      });
    await expect
      .poll(() => said("demo-young"))
      .toMatch(
        /Package for host was uploaded to stable repository[\s\S]*by Olga Operator, because: CVE-2026-1 is in the wild/,
      );
    expect((await issueOf("demo-young")).labels).toContain("r4.3-stable");
    await publishStatus();
    terminal.clear();
    terminal.type("rb list r4.3; rb why r4.3 demo-hello");
    const screen = await terminal.shows(/status=0[\s\S]*status=0/);
    expect(screen).toMatch(/^nothing waits for promotion$/m);
    expect(screen).toMatch(new RegExp(`promoted by ${lab.people.releaseManager.fingerprint}`));
  });
});
