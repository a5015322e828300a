/** An urgent fix by the operator of a build qube: what is ordered on the command line, done by the agent's own runner. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadBuilders } from "../../src/adapters/configuration/index.ts";
import { NodeDisk } from "../../src/adapters/files/index.ts";
import { openRepositories, type Repositories } from "../../src/adapters/repository/index.ts";
import { GpgProgramSigner } from "../../src/adapters/signer/index.ts";
import { type AgentStore, openAgentStore } from "../../src/adapters/store/index.ts";
import type { CommitSha, ComponentName, Fingerprint, Release, Subject, TemplateName } from "../../src/domain/index.ts";
import type { CommandRunnerParts } from "../../src/programs/agent/command-runner.ts";
import { runOperatorWork } from "../../src/programs/agent/operator-runner.ts";
import { type ApplierParts, applierOf } from "../../src/programs/agent/promotion-beside.ts";
import type { PromotionCommand } from "../../src/programs/agent/promotion-plan.ts";
import type { PromotionTask } from "../../src/programs/agent/promotion-runner.ts";
import type { AppliedPlans } from "../../src/programs/agent/provenance.ts";
import { main } from "../../src/programs/cli/promote.ts";
import { outboxDrafts, statusComment } from "../../src/report/index.ts";
import type { Job, JobContext, JobOutcome } from "../../src/work/index.ts";
import { FakeLogService } from "../fakes/build-log.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { PackageMaker } from "../support/package-maker.ts";
import { distributionOf } from "../support/release-tree.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const [older, newer] = ["1".repeat(40), "2".repeat(40)] as [CommitSha, CommitSha];
const reason = "CVE-2026-1 is used in the wild";

let home: GpgHome;
let packages: PackageMaker;
let key = "" as Fingerprint;
beforeAll(() => {
  home = new GpgHome();
  packages = new PackageMaker(home);
  key = home.makeKey({ algorithm: "rsa2048" }) as Fingerprint;
});
afterAll(() => {
  packages.remove();
  home.remove();
});

let directory = "";
let repositories: Repositories;
let signer: GpgProgramSigner;
let store: AgentStore;
let logs: FakeLogService;
let applied: AppliedPlans[] = [];
const order = (...words: string[]) =>
  runCaptured(main, ["r4.3", ...words, "--local", "--wait", "0", "--config", join(directory, "config.yml")]);
const urgent = ["hello", "--ignore-min-age", reason, "--operator", "Alice", "--yes"];

beforeEach(async () => {
  directory = temporaryDirectory();
  for (const name of ["keys", "state"]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, "token"), "none\n");
  writeFileSync(join(directory, "builders.list"), `r4.3=${directory}=builder.yml\n`);
  const builder = {
    "qubes-release": "r4.3",
    git: { maintainers: ["0".repeat(40)] },
    distributions: ["host-fc41"],
    components: ["hello"],
    templates: [{ "debian-13-xfce": { dist: "trixie", flavor: "xfce" } }],
    "artifacts-dir": "artifacts",
    "sign-key": { rpm: key },
  };
  writeFileSync(join(directory, "builder.yml"), JSON.stringify(builder));
  const agent = {
    qube: "build-fedora",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    github: { "token-file": "token" },
  };
  writeFileSync(join(directory, "config.yml"), JSON.stringify({ agent }));
  signer = new GpgProgramSigner({ program: "gpg", environment: { GNUPGHOME: home.directory }, limitMs: 60_000 });
  const artifacts = join(directory, "artifacts");
  const root = join(artifacts, "repository-publish");
  const clock = (): Date => new Date();
  repositories = openRepositories({ root, artifacts, disk: new NodeDisk(), clock, keys: signer, debEngine: "auto" });
  await publish("1.0-1", older);
  store = openAgentStore(join(directory, "state/agent.db"), (report) => outboxDrafts(report, "QubesOS/qubes-issues"));
  logs = new FakeLogService();
  applied = [];
});
afterEach(() => store.database.close());

async function publish(version: string, commit: CommitSha): Promise<void> {
  const published = await repositories.publish(
    {
      release: "r4.3" as Release,
      distribution: distributionOf("host-fc41"),
      repository: "current-testing",
      subject: { kind: "component", component: "hello" as ComponentName, commit, version: null },
      files: [packages.rpm({ name: "hello", version }, key)],
      signKey: key,
    },
    signer,
  );
  if (!published.ok) throw new Error(published.error.message);
}

/** The agent's turn: takes the job that waits, and does it with this qube's real repositories. */
async function work(
  world: { readonly labels?: readonly string[]; readonly heard?: boolean } = {},
): Promise<JobOutcome> {
  const job = (await store.jobs.claim(directory, new Date())) as Job;
  const [builder] = (await loadBuilders(join(directory, "builders.list"), { includeRoots: [] })).builders;
  if (job?.request.kind !== "operator" || builder === undefined) throw new Error("nothing was ordered");
  const appliers: ApplierParts = {
    repositories: () => repositories,
    signer: () => signer,
    rehearsals: store.rehearsals,
    publishByBackend: () => Promise.reject(new Error("by hand our own engine promotes")),
    now: () => new Date(),
  };
  const parts = {
    now: () => new Date(),
    clock: { judge: async () => ({ kind: "sure" }) },
    promotion: {
      environment: "build-fedora",
      now: () => new Date(),
      ledger: store.ledger,
      logs,
      poller: { polledSince: async () => world.heard ?? true },
      repositories: () => repositories,
      applier: (task: PromotionTask, subject: Subject) => applierOf(appliers, task, subject),
      labels: async () => world.labels ?? [],
      subject: async (_builder: unknown, wanted: PromotionCommand) =>
        wanted.kind === "upload-template"
          ? { ...wanted, kind: "template" }
          : { kind: "component", release: "r4.3", component: "hello", commit: older, version: "v1.0" },
      upload: async () => undefined,
      history: async () => null,
      applied: async (done: AppliedPlans) => {
        applied.push(done);
        return "stated";
      },
      begun: store.begunPlans,
    },
  } as unknown as CommandRunnerParts;
  const order = { builder, work: job.request.work, takenUp: { plans: [], log: null } };
  const outcome = await runOperatorWork(parts, job, order, { signal: new AbortController().signal } as JobContext);
  await store.jobs.finish(job, outcome, new Date());
  return outcome;
}

const current = async (): Promise<string[]> =>
  (await repositories.standing({ release: "r4.3" as Release, component: null, distribution: null }))
    .filter(({ repository }) => repository === "current")
    .map(({ name, version }) => `${name} ${version}`);

describe("release-bot promote --local --ignore-min-age", () => {
  it("promotes what is too young, and says who ordered it and why: in the log, and on the status issue", async () => {
    const ordered = await order(...urgent);
    expect(ordered).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("the agent goes on with it by itself"),
    });
    expect(ordered.stdout).toContain(`Upload-component r4.3 hello ${older} current host-fc41\n`);
    expect(ordered.stdout).toContain(`Ordered by Alice: ${reason}\n`);
    const outcome = await work();
    expect(outcome).toMatchObject({
      kind: "done",
      summary: expect.stringMatching(/^uploaded to current: host-fc41 \(plan [0-9a-f]{12}\)$/),
    });
    expect(await current()).toEqual(["hello 1.0-1"]);
    const [log] = logs.logs;
    expect(log?.lines[0]).toBe(`> ordered by hand by Alice; the age rule is set aside, because: ${reason}`);
    expect(log?.text).toMatch(/upload-component hello to current, host-fc41, plan [0-9a-f]{64}, by hand [0-9a-f]{12}/);
    const [done, ...more] = applied;
    expect([done?.plans.map(({ dist, to }) => `${dist} ${to}`), done?.by, more]).toEqual([
      ["host-fc41 current"],
      "release-bot",
      [],
    ]);
    const [report] = outcome.kind === "done" ? outcome.reports : [];
    if (report?.kind !== "status") throw new Error("nothing is told");
    const comment = statusComment(report.event, { repository: "QubesOS/build-logs", branch: "master" });
    expect(comment).toMatch(/^Package for host was uploaded to stable repository \(\[build log\]/);
    expect(comment).toContain(
      `An urgent fix, before its time: ordered by hand in \`build-fedora\` by Alice, because: ${reason}`,
    );
  });

  it.each(["debian-13-xfce", "qubes-template-debian-13-xfce"])(
    "takes a template to where it is told: %s",
    async (name) => {
      const [template, version] = ["debian-13-xfce" as TemplateName, "4.3.0-202611010000"];
      const published = await repositories.publish(
        {
          release: "r4.3" as Release,
          distribution: null,
          repository: "templates-itl-testing",
          subject: { kind: "template", template },
          files: [packages.rpm({ name: `qubes-template-${template}`, version }, key)],
          signKey: key,
        },
        signer,
      );
      expect(published.ok).toBe(true);
      const words = [name, "--to", "templates-itl", ...urgent.slice(1)];
      const elsewhere = await order(name, "--to", "templates-community", ...urgent.slice(1));
      expect(elsewhere).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("debian-13-xfce is not in templates-community-testing"),
      });
      expect(await order(...words, "--dist", "vm-fc42")).toMatchObject({ status: 2, stdout: "" });
      expect((await order(...words)).stdout).toContain(`Upload-template r4.3 ${template} ${version} templates-itl\n`);
      const outcome = await work();
      expect(outcome).toMatchObject({ kind: "done", summary: expect.stringMatching(/^uploaded to templates-itl/) });
      const stands = await repositories.standing({ release: "r4.3" as Release, component: null, distribution: null });
      expect(stands.filter((one) => one.name === template).map((one) => one.repository)).toEqual(
        expect.arrayContaining(["templates-itl", "templates-itl-testing"]),
      );
      const [report] = outcome.kind === "done" ? outcome.reports : [];
      if (report?.kind !== "status") throw new Error("nothing is told");
      expect(statusComment(report.event, { repository: "a/b", branch: "c" })).toContain("by Alice, because: CVE");
      // The same version again stands there already.
      await order(...words);
      expect(await work()).toMatchObject({ kind: "refused", refusal: { code: "ALREADY_PUBLISHED" } });
    },
  );

  it("sets nothing but the age aside: what is held, buggy, replaced or not in testing stays where it is", async () => {
    await order(...urgent);
    expect(await work({ labels: ["buggy"] })).toMatchObject({ kind: "refused", refusal: { code: "BUGGY" } });
    expect((await order(...urgent, "--commit", newer)).stderr).toContain("in testing");
    await order(...urgent);
    await publish("2.0-1", newer);
    expect(await work()).toMatchObject({ kind: "refused", refusal: { code: "STALE_COMMIT" } });
    await order(...urgent);
    const held = { release: "r4.3", component: "hello", commit: newer, distribution: "host-fc41" };
    store.database.run("INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?)", ...Object.values(held), key, Date.now());
    expect(await work()).toMatchObject({ kind: "refused", refusal: { code: "HELD" } });
    expect(await current()).toEqual([]);
  });

  it("waits while GitHub cannot be asked whether somebody holds it", async () => {
    await order(...urgent);
    expect(await work({ heard: false })).toMatchObject({
      kind: "postponed",
      reason: expect.stringContaining("GitHub could not be asked"),
    });
    expect(await current()).toEqual([]);
  });

  it("counts as run: no command that was signed before it follows", async () => {
    const before = Date.now();
    await order(...urgent);
    await work();
    const ran = store.ledger.view.lastExecuted({
      release: "r4.3" as Release,
      subject: "component hello",
      distribution: distributionOf("host-fc41").name,
    });
    expect(ran?.getTime()).toBeGreaterThanOrEqual(before);
  });

  it("writes nobody's words as Markdown, and takes no control characters", async () => {
    const words = ["hello", "--yes", "--operator", "@everyone", "--ignore-min-age", "see #1 `x` <b>"];
    await order(...words);
    const outcome = await work();
    const [report] = outcome.kind === "done" ? outcome.reports : [];
    if (report?.kind !== "status") throw new Error("nothing is told");
    const comment = statusComment(report.event, { repository: "a/b", branch: "c" }) ?? "";
    expect(comment).not.toMatch(/@everyone|#1|<b>|`x`/);
    for (const bad of ["two\nlines", "\u001b[31mred", "\u202eright to left", " ", "x".repeat(301)]) {
      expect(await order("hello", "--yes", "--ignore-min-age", bad)).toMatchObject({ status: 2, stdout: "" });
    }
  });

  it.each([
    ["no reason", ["hello", "--yes"], /say why/],
    ["no component", ["--ignore-min-age", reason], /names are expected/],
    ["everything at once", ["hello", "--all-ready", "--ignore-min-age", reason], /by their names only/],
    ["another repository", ["hello", "--to", "security-testing", "--ignore-min-age", reason], /no age is asked for/],
  ])("refuses %s as wrong usage", async (_what, words, message) => {
    const run = await order(...words);
    expect(run).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(message) });
    expect(store.desk.show(9)).toEqual([]);
  });

  it("refuses what is not there, and rehearses without ordering anything", async () => {
    expect(await order("nothing", "--ignore-min-age", reason, "--yes")).toMatchObject({ status: 1, stdout: "" });
    const other = await order(...urgent, "--dist", "vm-fc42");
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining("not in testing for vm-fc42") });
    expect(await order(...urgent, "--rehearse")).toMatchObject({ status: 0 });
    expect(await runCaptured(main, ["r4.3", "hello", "--ignore-min-age", reason])).toMatchObject({ status: 2 });
    expect(store.desk.show(9)).toEqual([]);
  });
});
