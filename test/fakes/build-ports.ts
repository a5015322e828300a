import type {
  Backend,
  BackendRun,
  BuildPorts,
  BuildRecord,
  BuildTask,
  FetchedSource,
  SourceFacts,
  StageName,
  StandingPackage,
} from "../../src/build/index.ts";
import type { AdapterError, CommitSha, Fingerprint, Report, Sha256, StatusEvent } from "../../src/domain/index.ts";
import { FakeLogService } from "./build-log.ts";

/** A commit by a digit: `commitOf(1)` is `1111…`. */
export const commitOf = (digit: number): CommitSha => String(digit).repeat(40) as CommitSha;
export const maintainer = "A".repeat(40) as Fingerprint;

/** A history in which the commits of lower digits come first, and everything is signed unless `facts` says otherwise. */
export class FakeSource implements FetchedSource {
  head: CommitSha;
  facts_: (commit: CommitSha) => SourceFacts;

  constructor(head: CommitSha) {
    this.head = head;
    this.facts_ = (commit) => ({
      commit,
      tags: [
        {
          ref: "v1.0",
          objectName: "v1.0",
          namesCommit: true,
          signature: { kind: "good", signer: maintainer },
          movedFrom: null,
        },
      ],
      commitSignature: { kind: "none" },
    });
  }

  facts = async (commit: CommitSha): Promise<SourceFacts> => this.facts_(commit);
  descends = async (commit: CommitSha, ancestor: CommitSha): Promise<boolean> => commit >= ancestor;
  describe = async (): Promise<string> => "v1.0-1-gabc";
  history = async (previous: CommitSha | null, commit: CommitSha) => ({
    url: "https://example.org/hello",
    previous,
    commits: [{ sha: commit, subject: "work", body: "" }],
  });
  file = async (): Promise<Buffer | null> => null;
  files = async (): Promise<readonly string[]> => [];
  time = async (): Promise<number> => 1_790_000_000;
  archive = async (): Promise<void> => undefined;
  checkout = async (): Promise<void> => undefined;
}

/** What a stage of the fake back-end does; nothing unless told. */
export type StageScript = (stage: StageName, task: BuildTask, signal: AbortSignal) => Promise<void>;

/** Everything that a build reaches, in memory. */
export class FakeWorld {
  readonly source: FakeSource;
  readonly logs = new FakeLogService();
  readonly reports: StatusEvent[] = [];
  readonly records = new Map<string, BuildRecord>();
  readonly pinned: CommitSha[] = [];
  readonly ran: string[] = [];
  standing: StandingPackage[] = [];
  last: { commit: CommitSha; version: string } | null = null;
  script: StageScript = async () => undefined;
  fetchFault: AdapterError | null = null;
  withoutPackages: ReadonlyMap<string, string> = new Map();

  constructor(head = commitOf(5)) {
    this.source = new FakeSource(head);
  }

  readonly backend: Backend = {
    withoutPackages: async (task) => this.withoutPackages.get(task.distribution.name) ?? null,
    open: async (task): Promise<BackendRun> => {
      const names: StageName[] =
        task.begin === "published" ? ["upload"] : ["prep", "build", "sign", "publish", "upload"];
      return {
        stages: names.map((name) => ({
          name,
          run: async (signal) => {
            this.ran.push(`${task.distribution.name} ${name}`);
            await this.script(name, task, signal);
          },
        })),
        // What only uploads has built nothing, as with the real ones.
        packages: async () =>
          task.begin === "published" ? [] : [{ path: "/w/hello-1.0.rpm", sha256: "0".repeat(64) as Sha256, size: 10 }],
        close: async () => undefined,
      };
    },
  };

  ports(): BuildPorts {
    return {
      sources: {
        fetch: async () => {
          if (this.fetchFault !== null) throw this.fetchFault;
          return this.source;
        },
      },
      backend: this.backend,
      logs: this.logs,
      shelf: { standing: async () => this.standing },
      records: {
        save: async (record) => void this.records.set(record.job, structuredClone(record)),
        load: async (job) => this.records.get(job) ?? null,
        lastBuilt: async () => this.last,
      },
      now: () => new Date("2026-11-23T12:00:00Z"),
      report: async (reports: readonly Report[]) => {
        for (const report of reports) if (report.kind === "status") this.reports.push(report.event);
      },
      pin: async (commit) => void this.pinned.push(commit),
    };
  }

  /** What was told, one line an event: `building vm-bookworm`. */
  get told(): string[] {
    return this.reports.map((event) =>
      "distribution" in event && event.distribution !== null ? `${event.type} ${event.distribution}` : event.type,
    );
  }
}
