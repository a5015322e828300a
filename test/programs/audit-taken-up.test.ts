import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommandLine } from "../../commands/index.ts";
import { describePackage } from "../../src/adapters/builder/native/collect.ts";
import { openLogService } from "../../src/adapters/qrexec/log-service.ts";
import type { QrexecConnection, QrexecTransport } from "../../src/adapters/qrexec/transport.ts";
import { type AgentStore, openAgentStore } from "../../src/adapters/store/index.ts";
import { type BackendRun, type BuildPorts, type JobLog, type PackageFile, runBuild } from "../../src/build/index.ts";
import type { ComponentName, QubeName, Subject } from "../../src/domain/index.ts";
import { type PromotionParts, type PromotionTask, runPromotion } from "../../src/programs/agent/promotion-runner.ts";
import { type TakingUpParts, takeUp } from "../../src/programs/agent/promotion-taken-up.ts";
import { keepProvenance, type Provenance } from "../../src/programs/agent/provenance.ts";
import { statementDeliverer, statementsChannel } from "../../src/programs/agent/statement-entries.ts";
import { wantedPromotion } from "../../src/programs/agent/wanted-promotion.ts";
import { watchLeft } from "../../src/programs/agent/watch-left.ts";
import { main } from "../../src/programs/cli/audit.ts";
import { programLog } from "../../src/programs/logging.ts";
import { type Deed, recordProvenance } from "../../src/trail/index.ts";
import type { Job, JobContext, JobOutcome, OutboxEntry } from "../../src/work/index.ts";
import { FakeWorld } from "../fakes/build-ports.ts";
import { AuditedChain, commit, type Published, release } from "../support/audited-chain.ts";
import { builderPlace, componentOf } from "../support/builder-place.ts";
import { runCaptured } from "../support/captured-program.ts";

const environment = "build-fedora" as QubeName;

let chain: AuditedChain;
let store: AgentStore;
/** What a program that dies lets go of. */
let connections: QrexecConnection[] = [];
let jobs = 0;

beforeAll(async () => {
  chain = await AuditedChain.start();
  store = openAgentStore(join(chain.logs.directory, "agent.db"), () => []);
});
afterAll(async () => {
  store.database.close();
  await chain.stop();
});

const never = new Promise<never>(() => undefined);
const text = (name: string): string => `
qubes-release: r4.3
git: { maintainers: ['${"A".repeat(40)}'] }
distributions: [host-fc41]
sign-key: { rpm: '${chain.key}', deb: '${chain.key}', archlinux: '${chain.key}' }
repository-publish: { components: current-testing }
components:
- ${name}: { timeout: 60, url: "https://example.org/${name}" }
`;

/** One run of the agent: what it keeps in memory is new, what it keeps on the disk is there. */
function agent(name: string): Provenance & {
  readonly place: ReturnType<typeof builderPlace>;
  readonly builders: TakingUpParts["builders"];
} {
  const inner = chain.logs.transport(environment);
  connections = [];
  const transport: QrexecTransport = {
    open: (call) => {
      const connection = inner.open(call);
      connections.push(connection);
      return connection;
    },
  };
  const log = programLog("test");
  log.level = "silent";
  const written = builderPlace("/builder", text(name));
  const place = { ...written, configuration: { ...written.configuration, minAgeDays: 0 } };
  const loaded = [{ ...place, release, files: [] }] as unknown as Awaited<
    ReturnType<TakingUpParts["builders"]>
  >["loaded"];
  const builders = async () => ({ loaded, broken: [] });
  const provenance = keepProvenance({
    environment,
    logs: openLogService({ transport, socketDirectory: chain.logs.directory, closeTimeoutMs: 240_000 }),
    records: store.builds,
    images: store.images,
    ledger: { block: async (key: string) => ({ block: key, receivedAt: new Date() }) },
    outbox: store.outbox,
    builders,
    now: () => new Date(),
    log,
  } as unknown as Parameters<typeof keepProvenance>[0]);
  return { ...provenance, place, builders };
}

/** The program dies: its logs lose their sender, and nothing more is heard of what it was at. */
function dies(): { readonly death: Promise<"died">; readonly die: () => Promise<never> } {
  const { promise: death, resolve } = Promise.withResolvers<"died">();
  const die = (): Promise<never> => {
    for (const connection of connections) connection.kill();
    resolve("died");
    return never;
  };
  return { death, die };
}

/** A job that is under way, in the agent's own books. */
function newJob(line: string): Job {
  jobs++;
  const builder = "r4.3=/builder=/builder/builder.yml";
  const parsed = parseCommandLine(line);
  const command = parsed.ok ? parsed.value : null;
  const request = { kind: "command", builder, line, command, message: { key: chain.comment(line), line: 0 } };
  store.database.run(
    "INSERT INTO jobs (id, queue, request, trace, state, attempts, not_before, added_at) VALUES (?, '/builder', ?, '', 'running', 1, 0, 0)",
    jobs,
    JSON.stringify(request),
  );
  return { id: jobs, queue: "/builder", request, trace: null, attempts: 1 } as unknown as Job;
}

interface Wish {
  readonly made: Published;
  readonly line: string;
  readonly job: Job;
  /** Where the agent dies; `unheard`: it lives, and its log loses its way to the logs qube; null: nothing happens. */
  readonly dies: "applied" | "closed" | "unheard" | null;
}

/** Runs the job of a promotion or withdrawal, with all that is real but GitHub. */
async function attempt({ made, line, job, dies: at }: Wish): Promise<JobOutcome | "died"> {
  const [, , name = ""] = line.split(" ");
  const { place, runner, logs, applied, builders } = agent(name);
  const { death, die } = dies();
  const { subject, distribution } = made;
  const wanted = wantedPromotion(job);
  if (subject.kind !== "component" || distribution === null || wanted === null) throw new Error("components only");
  const parts = {
    environment,
    now: () => new Date(),
    ledger: { view: { holder: () => null } },
    logs,
    poller: { polledSince: async () => true },
    repositories: () => chain.repositories,
    applier: () => async (plan: Parameters<typeof chain.repositories.apply>[0], log: JobLog) => {
      const done = await chain.repositories.apply(plan, chain.signer(log));
      if (at === "unheard") for (const connection of connections) connection.kill();
      return at === "applied" ? die() : done;
    },
    begun: store.begunPlans,
    applied: async (done: Parameters<typeof applied>[0]) => (at === "closed" ? die() : applied(done)),
    labels: async () => [],
    subject: async (): Promise<Subject> => ({ ...subject, release, version: "v4.3.1" }),
    upload: async () => undefined,
    history: async () => null,
  } as unknown as PromotionParts;
  const heard = {
    builder: place,
    command: { command: wanted, target: { kind: "component", distributions: [distribution] } },
  };
  const log = programLog("test");
  const clock = { judge: async () => ({ kind: "sure" }) as const };
  const repositories = () => chain.repositories;
  const takingUp = { begun: store.begunPlans, clock, builders, repositories, logs, applied, log };
  const context = { signal: new AbortController().signal } as JobContext;
  const turn = async (): Promise<JobOutcome> => {
    const builder = (await builders()).loaded[0];
    if (builder === undefined) throw new Error("no builder");
    const takenUp = await takeUp(takingUp, job, builder);
    return runPromotion(
      parts,
      { job, askedAt: 0, heard, wanted, byHand: null, takenUp } as unknown as PromotionTask,
      context,
    );
  };
  const end = runner({ run: turn }).run(job, context);
  return Promise.race([end, death]);
}

/** The agent looks once for what jobs have left that are over. */
async function look(name: string): Promise<void> {
  const { builders, logs, applied } = agent(name);
  const log = programLog("test");
  log.level = "silent";
  const clock = { judge: async () => ({ kind: "sure" }) as const };
  const end = new AbortController();
  const wait = { now: () => new Date(), sleep: async () => end.abort() };
  const lock = async () => ({ release: async () => undefined });
  const parts = { begun: store.begunPlans, repositories: () => chain.repositories, builders, logs, applied, log };
  await watchLeft({ ...parts, clock, wait, lock }, end.signal);
}

/** States what waits in the outbox. */
async function state(): Promise<void> {
  const ports = {
    logs: { open: (label: string) => chain.logs.openLog(label) },
    signer: (log: JobLog) => chain.signer(log),
  };
  const deliverer = statementDeliverer({
    record: (key, statements) => recordProvenance({ ...ports, key }, statements),
    random: Math.random,
    end: new AbortController().signal,
    onStated: () => undefined,
  });
  const lane = { channel: statementsChannel, lane: chain.key };
  const [first, ...rest] = await store.outbox.pending(lane, 100);
  if (first === undefined) return;
  expect(await deliverer.deliver([first, ...rest] as [OutboxEntry, ...OutboxEntry[]])).toMatchObject({
    kind: "delivered",
  });
  store.database.run("UPDATE outbox SET state = 'delivered'");
}

async function audited(name: string): Promise<readonly string[]> {
  const words = ["r4.3", name, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
  const run = await runCaptured(main, words);
  return [`status ${run.status}`, ...run.stdout.trim().split("\n")];
}

/** The logs under a label that are on the branch, in their order; waits for as many. */
async function logsOf(label: string, count: number): Promise<readonly string[]> {
  const listed = (): string[] =>
    chain.logs
      .git("ls-tree", "--name-only", "master", `${environment}/${label}/`)
      .split("\n")
      .filter((path) => path !== "" && !path.endsWith(".checkpoints"))
      .sort();
  await expect.poll(() => listed().length).toBe(count);
  return listed();
}

const upload = (name: string, dist: string): string => `Upload-component r4.3 ${name} ${commit} current ${dist}`;

describe("a change whose agent died after it was applied", () => {
  it.each([
    ["core-rpm", "host-fc41", "applied"],
    ["core-deb", "vm-bookworm", "applied"],
    ["core-arch", "vm-archlinux", "applied"],
    ["core-closed", "host-fc41", "closed"],
  ] as const)("is stated when its job is taken up again, and holds: %s", async (name, dist, at) => {
    const made = await chain.build(dist, { name });
    await chain.state(made.build);
    const job = newJob(upload(name, dist));
    const wish = { made, line: upload(name, dist), job };
    expect(await attempt({ ...wish, dies: at })).toBe("died");
    expect((await audited(name)).join("\n")).not.toContain(`${dist} current:`);
    const outcome = await attempt({ ...wish, job: { ...job, attempts: 2 }, dies: null });
    expect(outcome).toMatchObject({
      kind: "done",
      summary: expect.stringMatching(/^uploaded to current: .*\(plan /),
    });
    await state();
    const [first, second] = await logsOf(`promote-${name}`, 2);
    expect(await audited(name)).toEqual([
      "status 0",
      expect.stringContaining(`${dist} built: `),
      expect.stringMatching(`^${dist} current: ${commit} by ${chain.who}, .*, log ${second}, announced in ${first}$`),
      "everything holds",
    ]);
    expect(chain.logs.published(first ?? "")).toContain(at === "applied" ? "> log ended without closing" : "> done");
    expect(chain.logs.published(second ?? "")).not.toContain("> sign");
    // A third attempt finds it stated, and says nothing twice.
    expect(await attempt({ ...wish, job: { ...job, attempts: 3 }, dies: null })).toMatchObject({ kind: "done" });
    await logsOf(`promote-${name}`, 2);
    expect(await store.outbox.pending({ channel: statementsChannel, lane: chain.key }, 1)).toEqual([]);
  });

  it("is stated where it was a withdrawal, too", async () => {
    const name = "core-gone";
    const made = await chain.build("host-fc41", { name });
    await chain.state(made.build, await chain.change("promote", made, chain.asked(upload(name, "host-fc41"))));
    const line = `Withdraw-component r4.3 ${name} ${commit} current host-fc41`;
    const wish = { made, line, job: newJob(line) };
    expect(await attempt({ ...wish, dies: "applied" })).toBe("died");
    expect(await attempt({ ...wish, dies: null })).toMatchObject({ kind: "done" });
    await state();
    const [first, second] = await logsOf(`withdraw-${name}`, 2);
    const lines = await audited(name);
    expect(lines[0]).toBe("status 0");
    expect(lines[3]).toMatch(`withdrawn by ${chain.who}, 1 package, log ${second}, announced in ${first}`);
  });

  it("is stated where it lives, and its log was not received, by the next look at what is left", async () => {
    const name = "core-unheard";
    const made = await chain.build("host-fc41", { name });
    await chain.state(made.build);
    const job = newJob(upload(name, "host-fc41"));
    expect(await attempt({ made, line: upload(name, "host-fc41"), job, dies: "unheard" })).toMatchObject({
      kind: "done",
    });
    store.database.run("UPDATE jobs SET state = 'done' WHERE id = ?", job.id);
    expect((await audited(name)).join()).not.toContain("current:");
    const [first] = await logsOf(`promote-${name}`, 1);
    // Whose job is over and whose change is gone, nothing is said of.
    const failed = newJob(upload(name, "vm-fc41"));
    const [{ plans: [plan] = [] } = {}] = await store.begunPlans.left("/builder");
    if (plan === undefined) throw new Error("nothing is left");
    await store.begunPlans.begin(failed.id, { ...plan, dist: "vm-fc41" });
    store.database.run("UPDATE jobs SET state = 'failed' WHERE id = ?", failed.id);
    await look(name);
    await state();
    const [, second] = await logsOf(`promote-${name}`, 2);
    expect((await audited(name)).slice(2)).toEqual([
      expect.stringMatching(`^host-fc41 current: .*, log ${second}, announced in ${first}$`),
      "everything holds",
    ]);
    expect(await store.begunPlans.left("/builder")).toEqual([]);
    expect(await store.begunPlans.leftQueues()).toEqual([]);
  });

  it("is none of its own where somebody else applied it", async () => {
    const name = "core-other";
    const made = await chain.build("host-fc41", { name });
    const job = { ...newJob(upload(name, "host-fc41")), attempts: 2 };
    await chain.change("promote", made, chain.asked(upload(name, "host-fc41")));
    const outcome = await attempt({ made, line: upload(name, "host-fc41"), job, dies: null });
    expect(outcome).toMatchObject({ kind: "refused", refusal: { code: "ALREADY_PUBLISHED" } });
  });
});

describe("who changes the repository before the job is taken up again", () => {
  const name = "core-attacked";
  const dist = "host-fc41";
  let wish: Omit<Wish, "dies">;
  const folder = (): string => join(chain.root, "rpm/r4.3/current/host/fc41");

  beforeAll(async () => {
    const made = await chain.build(dist, { name });
    await chain.state(made.build);
    wish = { made, line: upload(name, dist), job: newJob(upload(name, dist)) };
    expect(await attempt({ ...wish, dies: "applied" })).toBe("died");
  });

  it("is named for the package, and for metadata that is signed past the gate", async () => {
    const rpms = join(folder(), "rpm");
    const file = join(rpms, readdirSync(rpms).find((one) => one.startsWith(name)) ?? "");
    const source = wish.made.files[0] ?? "";
    expect(basename(file)).toBe(basename(source));
    const bytes = readFileSync(file);
    rmSync(file);
    writeFileSync(file, Buffer.concat([bytes, Buffer.from("x")]));
    const repomd = join(folder(), "repodata/repomd.xml");
    const [metadata, signature] = [readFileSync(repomd), readFileSync(`${repomd}.asc`)];
    const metalink = readFileSync(`${repomd}.metalink`);
    rmSync(`${repomd}.metalink`);
    appendFileSync(repomd, "\n");
    writeFileSync(`${repomd}.asc`, chain.logs.keysHome.detachSign(readFileSync(repomd), { key: chain.key }));

    expect(await attempt({ ...wish, dies: null })).toMatchObject({ kind: "done" });
    await state();
    expect((await audited(name)).at(-1)).toMatch(
      /^broken package: .*core-attacked.*rpm: is not the file that was built$/,
    );
    rmSync(file);
    writeFileSync(file, bytes);
    expect((await audited(name)).at(-1)).toMatch(/^broken signature: .*: was signed without a log that announces it /);
    writeFileSync(repomd, metadata);
    writeFileSync(`${repomd}.asc`, signature);
    writeFileSync(`${repomd}.metalink`, metalink);
    expect((await audited(name)).at(-1)).toBe("everything holds");
  });

  it("is named for saying that an earlier log announced what none did", async () => {
    const made = await chain.build(dist, { name: "core-forged" });
    const honest = await chain.change("promote", made, chain.asked(upload("core-forged", dist)));
    if (!("log" in honest)) throw new Error("no log");
    const forged = { ...honest, log: { ...honest.log, takenUp: true } } as Deed;
    await chain.state(made.build, forged);
    expect((await audited("core-forged")).at(-1)).toMatch(
      /^broken log: .*: its work was done in an earlier log, and none there announced it$/,
    );
  });
});

describe("a build whose agent died in its publish stage", () => {
  it("is stated when its job is taken up again, with the packages that it had made, and holds", async () => {
    const name = "core-killed";
    const job = { ...newJob(""), request: { kind: "push", builder: "r4.3=/builder=/builder/builder.yml" } } as Job;
    const build = async (at: "publish" | null): Promise<unknown> => {
      const { place, runner, logs, records } = agent(name);
      const { death, die } = dies();
      const world = new FakeWorld(commit);
      const request = {
        ...{ job: String(job.id), trace: null, askedBy: { kind: "push" }, environment, builder: place },
        ...{ component: componentOf(place, name), commit: null, distributions: null },
        signal: new AbortController().signal,
      } as Parameters<typeof runBuild>[0];
      const open: BuildPorts["backend"]["open"] = async (task, log): Promise<BackendRun> => {
        let files: readonly string[] = [];
        const upload = { name: "upload", run: async () => undefined } as const;
        const packages = async (): Promise<PackageFile[]> => files.map(describePackage);
        if (task.begin === "published") return { stages: [upload], packages, close: async () => undefined };
        const sign = async (): Promise<void> => {
          const made = chain.maker.rpm({ name, version: "4.3.1-1" }, null);
          files = await chain.sign([made], log);
        };
        const publish = async (): Promise<void> => {
          const subject = { kind: "component", component: name as ComponentName, commit, version: null } as const;
          const where = { release, distribution: task.distribution, repository: task.repository };
          const done = await chain.repositories.publish(
            { ...where, subject, files, signKey: chain.key },
            chain.signer(log),
          );
          expect(done.ok).toBe(true);
          if (at === "publish") await die();
        };
        const stages = [{ name: "sign", run: sign } as const, { name: "publish", run: publish } as const, upload];
        return { stages, packages, close: async () => undefined };
      };
      const standing = async () =>
        (await chain.repositories.standing({ release, component: name as ComponentName, distribution: null })).map(
          ({ repository, dist, commit: which }) => ({ repository, distribution: dist, commit: which }),
        );
      const ports = { ...world.ports(), logs, records, shelf: { standing }, now: () => new Date() };
      const backend = { ...world.backend, open };
      const end = runner({
        run: async () => {
          const { kind, summary } = await runBuild(request, { ...ports, backend });
          return { kind: kind === "done" ? "done" : "failed", summary, reason: summary, reports: [] };
        },
      }).run(job, {} as JobContext);
      return Promise.race([end, death]);
    };
    expect(await build("publish")).toBe("died");
    expect((await audited(name)).join()).toContain("no statement is kept about it");
    expect(await build(null)).toMatchObject({ kind: "done", summary: "built for host-fc41" });
    await state();
    const [first, second] = await logsOf(`${name}-host-fc41`, 2);
    expect(await audited(name)).toEqual([
      "status 0",
      `host-fc41 built: ${commit}, 1 package, log ${second}, announced in ${first}`,
      "everything holds",
    ]);
  });
});
