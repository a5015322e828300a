import { createHash } from "node:crypto";
import type {
  ComponentSubject,
  DistributionName,
  LogPath,
  QubeName,
  RepositoryName,
  SourceHistory,
  StatusEvent,
  TraceId,
} from "../domain/index.ts";

/** Who reports about what: the same for all events of one build. */
export interface Reporter {
  readonly environment: QubeName;
  readonly trace: TraceId | null;
  readonly subject: ComponentSubject;
  /** Makes the events of one job distinct from those of the next build of the same commit. */
  readonly job: string;
}

function id(...words: readonly string[]): string {
  return `b-${createHash("sha256").update(words.join("\n")).digest("hex").slice(0, 40)}`;
}

function base(reporter: Reporter, at: Date) {
  const { trace, subject, environment } = reporter;
  return { trace, subject, environment, at };
}

/** The words that one fact about a commit has in common, whichever job finds it. */
function about({ environment, subject }: Reporter): string[] {
  return [environment, subject.release, subject.component, subject.commit];
}

/** A version is worked on; said once for each commit and environment, however often it is built. */
export function announced(
  reporter: Reporter,
  at: Date,
  facts: {
    readonly history: SourceHistory | null;
    readonly distributions: readonly DistributionName[];
    readonly minAgeDays: number;
  },
): StatusEvent {
  return { ...base(reporter, at), id: id("announced", ...about(reporter)), type: "announced", ...facts };
}

/** A source that does not verify; said once for each commit and reason. */
export function sourceRefused(reporter: Reporter, at: Date, reason: string): StatusEvent {
  return {
    ...base(reporter, at),
    id: id("source-refused", reason, ...about(reporter)),
    type: "source-refused",
    reason,
  };
}

/** A source that could not be fetched; said once for each job, on the status issue of the version before. */
export function fetchFailed(reporter: Reporter, at: Date, reason: string): StatusEvent {
  const event = { ...base(reporter, at), id: id("fetch-failed", reporter.job, ...about(reporter)) };
  return { ...event, type: "source-refused", reason };
}

/** What happened to one distribution, without its id. */
export type DistributionFact =
  | { readonly type: "building" }
  | { readonly type: "built"; readonly log: LogPath | null }
  | {
      readonly type: "failed";
      readonly stage: string;
      readonly reason: string;
      readonly logTail: string;
      readonly log: LogPath | null;
    }
  | {
      readonly type: "uploaded";
      readonly repository: RepositoryName;
      readonly log: LogPath | null;
      readonly plan: null;
      readonly history: SourceHistory | null;
    }
  | {
      readonly type: "upload-failed";
      readonly repository: RepositoryName;
      readonly reason: string;
      readonly log: LogPath | null;
    };

/** What happened to one distribution, as an event. A second attempt after a crash says `building` no second time. */
export function distributionEvent(
  reporter: Reporter,
  at: Date,
  distribution: DistributionName,
  fact: DistributionFact,
): StatusEvent {
  const event = {
    ...base(reporter, at),
    id: id(fact.type, reporter.job, distribution, ...about(reporter)),
    distribution,
  };
  return { ...event, ...fact };
}
