/**
 * The whole path of the main job, on a lab of its own: push → build → current-testing → signed comment → current, through all
 * the qubes. It is run once; each promise is then looked at on disk, on GitHub and in what the programs said.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendWebhook } from "../../src/lab/github/answer.ts";
import { listComments, listIssues } from "../../src/lab/github-view.ts";
import { mainJob } from "../../src/lab/main-job.ts";
import { endProcessesOf } from "../../src/lab/process-table.ts";
import { createRun, removeRun } from "../../src/lab/run-directory.ts";
import { type RunningLab, type Started, stopAll } from "../../src/lab/running-lab.ts";
import { runSteps, type StepResult } from "../../src/lab/steps.ts";
import { placesOf } from "../../src/lab/story/places.ts";
import { traceOf } from "../../src/signed/index.ts";

const directory = mkdtempSync(join(tmpdir(), "rb-e2e-"));
const records = join(directory, "running");
const started: Started = [];
const shown: string[] = [];
let root: string;
let results: readonly StepResult[] = [];
let lab: RunningLab;

beforeAll(async () => {
  root = createRun(records);
  const job = mainJob({ root, programLogs: directory, caller: process.env, now: new Date(), started });
  results = await runSteps(job.steps, "lines", (line) => shown.push(line));
  const built = job.lab();
  if (built === null) throw new Error(shown.join("\n"));
  lab = built;
});

afterAll(async () => {
  await stopAll(started);
  await endProcessesOf(root);
  removeRun(records, root);
  rmSync(directory, { recursive: true, force: true });
});

const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
const git = (...args: string[]): string =>
  execFileSync("git", ["-C", lab.logsRepository, ...args], { encoding: "utf8", env: lab.environment });
const labelsOf = async (title: string): Promise<readonly string[]> =>
  (await listIssues(lab.reports)).find((issue) => issue.title === title)?.labels ?? [];

describe("the main job, from push to current", () => {
  it("goes through every step", () => {
    expect(
      results.filter(({ ok }) => !ok),
      shown.join("\n"),
    ).toEqual([]);
  });

  it("denies what the policy must deny, and lets the keys qube sign nothing that was not announced", () => {
    const details = results.map(({ detail }) => detail);
    expect(details).toContainEqual(expect.stringMatching(/^[1-9][0-9]* forbidden calls, all denied$/));
    expect(details).toContainEqual(expect.stringMatching(/no log announced, keys-fedora refused$/));
    const gate = lab.daemons.find(({ name }) => name === "keys-fedora key-gate")?.log() ?? "";
    expect(gate).toMatch(/refused to build-fedora: no announcement/);
  });

  it("ends on the status issue with the labels of stable, and of testing for what is too young", async () => {
    expect(await labelsOf("demo-hello v1.0.0 (r4.3)")).toEqual([
      "r4.3-host-stable",
      "r4.3-stable",
      "r4.3-vm-bookworm-stable",
    ]);
    expect(await labelsOf("demo-young v1.0.0 (r4.3)")).toEqual(["r4.3-host-cur-test", "r4.3-vm-bookworm-cur-test"]);
    expect(await listIssues(lab.reports)).toHaveLength(2);
  });

  it("tells on the status issue what was built and uploaded, for each distribution", async () => {
    const issue = (await listIssues(lab.reports)).find(({ title }) => title.startsWith("demo-hello"));
    const said = (await listComments(lab.reports, issue?.number ?? 0)).map(({ body }) => body).join("\n");
    for (const distribution of ["host", "vm-bookworm"]) {
      for (const done of ["built", "uploaded to current-testing repository", "uploaded to stable repository"]) {
        expect(said).toContain(`Package for ${distribution} was ${done} ([build log](`);
      }
    }
  });

  it("moves exactly the rpm that was tested", () => {
    const { rpm } = placesOf(lab, lab.ready).repositories;
    const packages = (repository: string): Record<string, string> =>
      Object.fromEntries(
        readdirSync(join(repository, "rpm")).map((name) => [name, sha256(join(repository, "rpm", name))]),
      );
    expect(Object.keys(packages(rpm.current))).toContain("demo-hello-1.0.0-1.fc41.noarch.rpm");
    expect(packages(rpm.current)).toEqual(packages(rpm.currentTesting));
  });

  it("lets nothing be signed that the public log has not announced", () => {
    const { rpm, deb } = placesOf(lab, lab.ready).repositories;
    const announced = git("grep", "-h", "-o", "> sign [a-z]* [0-9A-F]* sha256:[0-9a-f]*", "master");
    for (const file of [
      join(rpm.current, "repodata/repomd.xml"),
      join(rpm.currentTesting, "repodata/repomd.xml"),
      join(deb.root, "dists", deb.suites.current, "Release"),
      join(deb.root, "dists", deb.suites.currentTesting, "Release"),
    ]) {
      expect(announced, file).toContain(`sha256:${sha256(file)}`);
    }
  });

  it("follows the promoting command by one id: webhook, agents, public log, signatures, comments", async () => {
    const issue = (await listIssues(lab.reports)).find(({ title }) => title.startsWith("demo-hello"));
    const bodies = (await listComments(lab.reports, issue?.number ?? 0)).map(({ body }) => body);
    const stable = bodies.filter((body) => body.includes("was uploaded to stable repository"));
    const id = /\(id `([0-9a-f]{12})`\)/.exec(stable[0] ?? "")?.[1] ?? "none";
    const commands = bodies.filter((body) => traceOf(`${body.replaceAll("\r\n", "\n").trimEnd()}\n`) === id);
    expect(commands[0]).toContain("BEGIN PGP SIGNED MESSAGE");
    expect(stable.filter((body) => body.includes(id))).toHaveLength(2);
    /** What `grep ID` finds in a program's log: the words of its lines, or the lines where they are no JSON. */
    const found = (daemon: string): unknown[] => {
      const log = lab.daemons.find(({ name }) => name === daemon)?.log() ?? "";
      const lines = log.split("\n").filter((line) => line.includes(id));
      return lines.map((line) => (line.startsWith("{") ? JSON.parse(line).msg : line));
    };
    const environments = ["fedora", "debian"];
    expect(found("sys-net receiver")).toEqual(expect.arrayContaining(["event", "taken"]));
    for (const name of environments) {
      expect(found(`build-${name} agent`)).toEqual(expect.arrayContaining(["command", "job", "stated", "posted"]));
      expect(found("logs log-receiver")).toEqual(expect.arrayContaining(["acknowledged", "kept"]));
      const signed = new RegExp(`^key-gate: signed for build-${name}: (detach|clear) .* ${id}~`);
      expect(found(`keys-${name} key-gate`)).toEqual(expect.arrayContaining([expect.stringMatching(signed)]));
      const logs = git("grep", "-l", id, "master").trim().split("\n");
      for (const label of ["promote-demo-hello", "provenance"]) {
        expect(logs).toContainEqual(expect.stringMatching(`^master:build-${name}/${label}/log_[0-9_-]+$`));
      }
    }
  });

  it("posts nothing twice: one comment for each thing that happened", async () => {
    for (const { number } of await listIssues(lab.reports)) {
      const bodies = (await listComments(lab.reports, number)).map(({ body }) => body);
      const own = bodies.filter((body) => !body.includes("BEGIN PGP SIGNED MESSAGE"));
      expect(new Set(own).size).toBe(own.length);
      expect(own.length).toBeGreaterThan(0);
    }
  });

  it("takes no webhook that is signed with another secret", async () => {
    const url = `${lab.receiver.url}/github-hooks/trigger-build`;
    const payload = { ref: "refs/heads/main", repository: { full_name: "qubes-lab/qubes-demo-hello" } };
    expect(await sendWebhook({ url, secret: "guessed", event: "push", payload })).toBe(401);
  });

  it("keeps every qube's program alive to the end", () => {
    expect(lab.daemons.map((daemon) => daemon.died()).filter((death) => death !== null)).toEqual([]);
  });
});
