import { beforeEach, describe, expect, it } from "vitest";
import type { BuildRecord, ImageRecord, JobLog } from "../../../src/build/index.ts";
import { AdapterError, type Fingerprint, type LogPath, type QubeName } from "../../../src/domain/index.ts";
import { parseStatement, type Statement } from "../../../src/formats/in-toto/index.ts";
import { keepProvenance, type Provenance } from "../../../src/programs/agent/provenance.ts";
import { statementDeliverer, statementEntry } from "../../../src/programs/agent/statement-entries.ts";
import { programLog } from "../../../src/programs/logging.ts";
import type { DistributionPlan } from "../../../src/promotion/index.ts";
import { traceOf } from "../../../src/signed/index.ts";
import { type Deed, deedOf, traceOfStatement } from "../../../src/trail/index.ts";
import type { Job, JobContext, JobRequest, NewOutboxEntry, OutboxEntry } from "../../../src/work/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";

const commit = "c".repeat(40);
const rpmKey = "A".repeat(40) as Fingerprint;
const isoKey = "B".repeat(40) as Fingerprint;
const builder = "r4.3=/builder=builder.yml";
const comment = "-----BEGIN PGP SIGNED MESSAGE-----";
const receipt = { length: 7, sha256: "d".repeat(64), commit: "e".repeat(40) };

let added: Map<string, NewOutboxEntry>;
let provenance: Provenance;
let full: boolean;

beforeEach(() => {
  added = new Map();
  full = false;
  const log = programLog("test");
  log.level = "silent";
  const configuration = {
    signKeys: { rpm: rpmKey, iso: isoKey },
    components: [{ name: "core-admin", url: "https://example.org/core-admin" }],
  };
  provenance = keepProvenance({
    environment: "build-fedora" as QubeName,
    logs: { open: async (label: string) => Object.assign(new FakeLog(`build-fedora/${label}/log_1`), { receipt }) },
    records: { save: async () => undefined, load: async () => null, lastBuilt: async () => null },
    images: { save: async () => undefined, load: async () => null, lastTimestamp: async () => null },
    ledger: { block: async (key: string) => (key === "message" ? { block: comment, receivedAt: new Date() } : null) },
    outbox: {
      add: async (entries: readonly NewOutboxEntry[]) => {
        if (full) throw new AdapterError("DISK_FULL", "no space");
        for (const entry of entries) if (!added.has(entry.id)) added.set(entry.id, entry);
      },
    },
    builders: async () => ({
      loaded: [{ ...{ release: "r4.3", directory: "/builder", configurationFile: "builder.yml" }, configuration }],
      broken: [],
    }),
    now: () => new Date("2026-11-23T15:00:00Z"),
    log,
  } as unknown as Parameters<typeof keepProvenance>[0]);
});

/** What has been put into the outbox, by key. */
const stated = (): (readonly [key: string, deed: Deed])[] =>
  [...added.values()].map(({ lane, payload }) => [lane, deedOf(parseStatement(Buffer.from(payload)) as Statement)]);

const command = (line: string): JobRequest =>
  ({ kind: "command", builder, line, message: { key: "message", line: 0 } }) as unknown as JobRequest;
const job = (request: JobRequest): Job => ({ id: 12, queue: "/builder", request }) as Job;

/** Runs a job with work in it, and a log that it closes. */
async function run(request: JobRequest, label: string, work: (log: LogPath | null, of: JobLog) => Promise<unknown>) {
  const runner = provenance.runner({
    run: async () => {
      const log = await provenance.logs.open(label, null);
      await work(await log.close("done"), log);
      return { kind: "done", summary: "", reports: [] };
    },
  });
  return runner.run(job(request), {} as JobContext);
}

function plan(action: "promote" | "withdraw", more: Partial<DistributionPlan> = {}): DistributionPlan {
  return {
    action,
    ...{ dist: "host-fc41", type: "rpm", release: "r4.3", from: "current-testing", to: "current" },
    subject: { kind: "component", component: "core-admin", commit },
    ...{ signKey: rpmKey, moves: [{ file: "a.rpm", sha256: "1".repeat(64) }], restores: [], standing: [] },
    ...{ versions: ["4.3.1-1"], digest: "f".repeat(64) },
    ...more,
  } as unknown as DistributionPlan;
}

const log = (label: string): object => ({ path: `build-fedora/${label}/log_1`, ...receipt });

describe("what a job did", () => {
  it("states a promotion with the signed comment to the letter, by whom it was applied, and its log", async () => {
    const line = `Upload-component r4.3 core-admin ${commit} current host-fc41`;
    await run(command(line), "promote", (path) =>
      provenance.applied({
        job: job(command(line)),
        plans: [plan("promote")],
        log: path,
        by: "back-end",
        attempt: "this",
      }),
    );
    expect(stated()).toEqual([
      [
        rpmKey,
        {
          kind: "promote",
          about: { kind: "component", release: "r4.3", component: "core-admin", commit },
          ...{ distribution: "host-fc41", repository: "current", environment: "build-fedora", job: "12" },
          files: [{ name: "a.rpm", sha256: "1".repeat(64) }],
          asked: { by: "comment", comment, line },
          ...{ plan: "f".repeat(64), appliedBy: "back-end", log: log("promote") },
          at: new Date("2026-11-23T15:00:00Z"),
        },
      ],
    ]);
  });

  it("states a withdrawal with what stands again, and a template's promotion", async () => {
    const restores = [{ file: "b.rpm", sha256: "2".repeat(64) }] as unknown as DistributionPlan["restores"];
    const template = { kind: "template", template: "fedora-44", version: null } as DistributionPlan["subject"];
    const plans = [
      plan("withdraw", { restores }),
      plan("promote", { subject: template, dist: "fedora-44", versions: ["4.3.0-202611231200"] }),
    ];
    await run(command("x"), "change", (path) =>
      provenance.applied({ job: job(command("x")), plans, log: path, by: "release-bot", attempt: "this" }),
    );
    expect(stated().map(([, deed]) => deed)).toMatchObject([
      { kind: "withdraw", restored: [{ name: "b.rpm", sha256: "2".repeat(64) }] },
      { kind: "promote", about: { template: "fedora-44", version: "4.3.0-202611231200" }, distribution: null },
    ]);
  });

  it("says who promoted by hand, and why", async () => {
    const byHand = { operator: "Alice", reason: "CVE-2026-1 is used in the wild" };
    const request = { kind: "operator", builder, work: { kind: "promotion", byHand } } as unknown as JobRequest;
    await run(request, "promote", (path) =>
      provenance.applied({
        job: job(request),
        plans: [plan("promote")],
        log: path,
        by: "release-bot",
        attempt: "this",
      }),
    );
    expect(stated()[0]?.[1].asked).toEqual({ by: "operator", who: "Alice", why: "CVE-2026-1 is used in the wild" });
  });

  it("states each distribution's build once, however often its record is saved", async () => {
    const record = (path: LogPath | null): BuildRecord =>
      ({
        ...{ job: "12", askedBy: { kind: "push" }, release: "r4.3", component: "core-admin", commit },
        ...{ signed: { tag: "v4.3.1", signers: [rpmKey] }, startedAt: "2026-11-23T14:00:00Z" },
        distributions: [
          {
            ...{ distribution: "host-fc41", state: "uploaded", stages: [], repository: "current-testing", log: path },
            packages: [{ file: "a.rpm", sha256: "1".repeat(64), size: 1 }],
          },
          { distribution: "vm-fc41", state: "failed", stages: [], packages: [], log: path },
        ],
      }) as unknown as BuildRecord;
    await run({ kind: "push", builder, component: "core-admin" } as JobRequest, "core-admin", async (path) => {
      await provenance.records.save(record(path));
      await provenance.records.save(record(path));
    });
    expect(stated()).toMatchObject([
      [
        rpmKey,
        {
          ...{ kind: "build", distribution: "host-fc41", asked: { by: "push" }, log: log("core-admin") },
          source: { url: "https://example.org/core-admin", tag: "v4.3.1", signers: [rpmKey] },
        },
      ],
    ]);
  });

  it("states an ISO by the ISOs' key, and by whose word it was built", async () => {
    const record = (path: LogPath | null): ImageRecord =>
      ({
        ...{ job: "12", subject: { kind: "iso", release: "r4.3", version: "4.3.0-rc1" }, state: "done", log: path },
        ...{ startedAt: "2026-11-23T14:00:00Z", endedAt: "2026-11-23T15:00:00Z", repository: "iso-testing" },
        packages: [{ file: "Qubes.iso", sha256: "1".repeat(64), size: 1 }],
      }) as unknown as ImageRecord;
    const line = "Build-iso r4.3 4.3.0-rc1 202611231200";
    await run(command(line), "iso", (path) => provenance.images.save(record(path)));
    expect(stated()).toMatchObject([
      [
        isoKey,
        { kind: "build", about: { kind: "iso", version: "4.3.0-rc1" }, asked: { by: "comment", comment, line } },
      ],
    ]);
  });

  it("states nothing whose log was not received, and fails no job where nothing can be stated", async () => {
    const applied = (log: LogPath | null): Promise<unknown> =>
      provenance.applied({
        job: job(command("x")),
        plans: [plan("promote")],
        log,
        by: "release-bot",
        attempt: "this",
      });
    const outcome = await run(command("x"), "promote", async (path) => {
      await applied(null);
      full = true;
      await applied(path);
    });
    expect([outcome.kind, stated()]).toEqual(["done", []]);
  });
});

describe("what waits to be stated", () => {
  const hold: Deed = {
    kind: "hold",
    about: { kind: "component", release: "r4.3", component: "core-admin", commit },
    ...{ distribution: "host-fc41", environment: "build-fedora", at: new Date() },
    asked: { by: "comment", comment, line: "x" },
  };
  const entries = (count: number): [OutboxEntry, ...OutboxEntry[]] => {
    const made = Array.from({ length: count }, (_, sequence) => ({
      ...statementEntry(rpmKey, hold, sequence),
      ...{ sequence, tries: sequence === 0 ? 3 : 0, ambiguous: false },
    }));
    return made as unknown as [OutboxEntry, ...OutboxEntry[]];
  };
  const deliverer = (record: () => Promise<LogPath>, end = new AbortController().signal) =>
    statementDeliverer({ record, random: () => 0.5, end, onStated: () => undefined });

  it("is signed together, by its key", async () => {
    const recorded: unknown[] = [];
    const deliver = statementDeliverer({
      record: async (key, statements) => {
        recorded.push(key, statements.length);
        return "x" as LogPath;
      },
      ...{
        random: () => 0.5,
        end: new AbortController().signal,
        onStated: (path, statements) => recorded.push(path, statements.map(traceOfStatement)),
      },
    });
    expect(await deliver.deliver(entries(3))).toEqual({ kind: "delivered", count: 3 });
    const trace = traceOf(Buffer.from(comment, "latin1"));
    expect(recorded).toEqual([rpmKey, 3, "x", [trace, trace, trace]]);
  });

  it("waits on while the keys qube, the logs qube or the remote is away", async () => {
    const away = deliverer(async () => {
      throw new AdapterError("SIGNER_FAILED", "no announcement has been acknowledged");
    });
    expect(await away.deliver(entries(2))).toEqual({
      ...{ kind: "retry", afterMs: 40_000, ambiguous: false },
      reason: "SIGNER_FAILED: no announcement has been acknowledged",
    });
  });

  it("holds up no program that is to end", async () => {
    const end = new AbortController();
    const hanging = deliverer(() => new Promise(() => undefined), end.signal).deliver(entries(1));
    end.abort();
    expect(await hanging).toMatchObject({ kind: "retry", reason: "the program ends" });
  });

  it("is set aside where it is not what this program wrote", async () => {
    const [entry] = entries(1);
    const outcome = await deliverer(async () => "x" as LogPath).deliver([{ ...entry, payload: "{}" }]);
    expect(outcome.kind).toBe("undeliverable");
  });
});
