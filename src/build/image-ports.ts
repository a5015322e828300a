import type {
  Distribution,
  IsoSubject,
  LogPath,
  Release,
  Report,
  RepositoryName,
  TemplateSubject,
  Timestamp,
  TraceId,
} from "../domain/index.ts";
import type { TemplateConfiguration } from "../formats/builder-yml/index.ts";
import type { BackendRun, BuilderPlace, JobLog, LogService } from "./ports.ts";
import type { AskedBy, DistributionRecord, StageRecord } from "./record.ts";

/** A template to build. */
export interface TemplateTask {
  readonly kind: "template";
  readonly builder: BuilderPlace;
  readonly template: TemplateConfiguration;
  readonly subject: TemplateSubject;
  readonly timestamp: Timestamp;
}

/** An installation image to build. */
export interface IsoTask {
  readonly kind: "iso";
  readonly builder: BuilderPlace;
  /** The builder's only host distribution: what dom0 will be. */
  readonly distribution: Distribution;
  readonly subject: IsoSubject;
  readonly timestamp: Timestamp;
  /** A final release's image says so of itself. */
  readonly release: "testing" | "final";
}

/** Something that is built as one whole, and not for each distribution. */
export type ImageTask = TemplateTask | IsoTask;

/** Who builds templates and ISOs. */
export interface ImageBackend {
  /** Throws AdapterError `CONFIGURATION` where this back-end builds no such thing. */
  openImage(task: ImageTask, log: JobLog): Promise<BackendRun>;
}

/** What became of a template's or an ISO's build. Kept as JSON. */
export interface ImageRecord {
  readonly job: string;
  readonly trace: TraceId | null;
  readonly askedBy: AskedBy;
  readonly builder: string;
  readonly subject: TemplateSubject | IsoSubject;
  readonly timestamp: Timestamp;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly state: "running" | "done" | "failed";
  readonly reason: string;
  readonly attempts: number;
  readonly stages: readonly StageRecord[];
  /** File names without their directory; empty where the back-end does not say. */
  readonly packages: DistributionRecord["packages"];
  readonly repository: RepositoryName;
  readonly log: LogPath | null;
  /** Where openQA's results stand. */
  readonly tests: string | null;
}

/** Where images' records are kept. */
export interface ImageRecords {
  /** Durable when it resolves. One record a job; a later one replaces the earlier. */
  save(record: ImageRecord): Promise<void>;
  load(job: string): Promise<ImageRecord | null>;
  /** The timestamp of the newest build of that name (`iso`, or the template's) that any job but this one began. */
  lastTimestamp(release: Release, name: string, job: string): Promise<Timestamp | null>;
}

/** Asks openQA to test an image. */
export interface IsoTests {
  /** Answers where the results will stand, an absolute URL. Throws AdapterError. */
  start(iso: IsoSubject): Promise<string>;
}

/** What building an image reaches of the world. */
export interface ImagePorts {
  readonly backend: ImageBackend;
  readonly logs: LogService;
  readonly records: ImageRecords;
  /** Null where no openQA is configured. */
  readonly tests: IsoTests | null;
  readonly now: () => Date;
  readonly report: (reports: readonly Report[]) => Promise<void>;
}
