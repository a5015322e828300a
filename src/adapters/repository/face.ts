import type {
  CommitSha,
  ComponentName,
  Distribution,
  DistributionName,
  Fingerprint,
  Refusal,
  Release,
  RepositoryName,
  Result,
  Tell,
  TemplateName,
} from "../../domain/index.ts";
import type { DistributionPlan, Move, PromotionSubject, PublicKeys, Signer } from "../../promotion/index.ts";
import type { Disk } from "../files/index.ts";
import type { UploadTarget } from "./upload-target.ts";

/** What {@link Repositories} works on. */
export interface RepositoriesOptions {
  /** The `repository-publish` directory. */
  readonly root: string;
  /** Builder v2's artifacts directory, whose records are then read and written; null: records lie in `ROOT/.release-bot/`. */
  readonly artifacts: string | null;
  readonly disk: Disk;
  readonly clock: () => Date;
  readonly keys: PublicKeys;
  /** Who keeps a deb repository's truth: `auto` is reprepro where its database lies there, else our own engine. */
  readonly debEngine: "auto" | "native" | "reprepro";
  /** Base addresses of the mirrors, for metalinks (`https://yum.qubes-os.org`); without, those that the metalinks have. */
  readonly mirrors?: readonly string[];
  /** Is told how far a long operation is. */
  readonly tell?: Tell;
}

/** New builds for an open repository. */
export interface PublishRequest {
  readonly release: Release;
  /** Null for a template. */
  readonly distribution: Distribution | null;
  readonly repository: RepositoryName;
  readonly subject:
    | {
        readonly kind: "component";
        readonly component: ComponentName;
        readonly commit: CommitSha;
        /** Builder v2's VERSION-RELEASE (`4.3.12-1`); null: taken from the packages. */
        readonly version: string | null;
      }
    | { readonly kind: "template"; readonly template: TemplateName };
  /** Absolute paths of built, signed packages (and sources, buildinfo). */
  readonly files: readonly string[];
  readonly signKey: Fingerprint;
}

/** What a publication, a promotion or a withdrawal did. */
export interface Applied {
  readonly dist: string;
  readonly repository: RepositoryName;
  /** The files that are there now and were not before, or, withdrawn, the other way round. */
  readonly moves: readonly Move[];
}

/** One distribution that a plan is asked for, with the key of its repository. */
export interface PlanTarget {
  /** Null for a template. */
  readonly distribution: Distribution | null;
  readonly signKey: Fingerprint;
}

/** A promotion to plan; all of the security-relevant inputs are asked for, none has a default. */
export interface PromotionRequest {
  readonly release: Release;
  readonly subject: PromotionSubject;
  readonly to: RepositoryName;
  /** Null: the testing repository (or repositories) that belong to `to`. */
  readonly from: RepositoryName | null;
  readonly targets: readonly PlanTarget[];
  /** Distributions on which a signed `Hold` lies for this commit. */
  readonly holds: ReadonlySet<DistributionName>;
  readonly buggy: boolean;
  /** Keys besides the repository's own that a package's own signature may be by: those of before a change of the key. */
  readonly formerKeys: readonly Fingerprint[];
  readonly minAgeDays: number;
  readonly now: Date;
}

/** A plan as it would have been made before what others published since. */
export interface RehearsedPlan {
  readonly plan: DistributionPlan;
  /** When they published the very build to the target; null where nobody has. */
  readonly at: Date | null;
}

/** A build that was published to a repository, as its records say, with what of it stands there now. */
export interface Published {
  readonly release: Release;
  readonly repository: RepositoryName;
  /** The distribution's name, or the template's. */
  readonly dist: string;
  readonly name: string;
  readonly version: string;
  readonly commit: CommitSha | null;
  /** The minute of the latest publication there. */
  readonly at: Date;
  /** How many package files its records name. */
  readonly recorded: number;
  /** Its files that the repository's metadata lists now, with the hashes that it lists them by. Sorted. */
  readonly standing: readonly Move[];
  /** Where the records lie. */
  readonly records: readonly string[];
}

/** A withdrawal to plan. */
export interface WithdrawalRequest {
  readonly release: Release;
  readonly subject: PromotionSubject;
  readonly repository: RepositoryName;
  readonly targets: readonly PlanTarget[];
}

/** Which repositories are to be signed by another key; null: all that there are. */
export interface ResignRequest {
  readonly release: Release | null;
  readonly repository: RepositoryName | null;
  readonly distributions: readonly Distribution[] | null;
  readonly signKey: Fingerprint;
  /** The metadata must be signed by one of these, now. */
  readonly formerKeys: readonly Fingerprint[];
}

/** What became of one repository. */
export interface Resigned {
  /** Relative to the root, with a debian suite's or an Arch database's name. */
  readonly where: string;
  readonly outcome: "signed" | "already" | "failed";
  /** Where it failed. */
  readonly reason: string | null;
}

/** A version of a component or template that stands in a repository. */
export interface StandingVersion {
  readonly release: Release;
  readonly repository: RepositoryName;
  /** The distribution's name, or the template's. */
  readonly dist: string;
  readonly name: string;
  readonly version: string;
  readonly commit: CommitSha | null;
  /** When it was published there, to the minute; null where no record says. */
  readonly since: Date | null;
}

/** Something in the tree that is not as it should be. */
export interface TreeFault {
  /** Relative to the root. */
  readonly path: string;
  readonly what: string;
}

/** A repository that was published and has not reached its mirror. */
export interface PendingUpload {
  readonly release: Release;
  readonly repository: RepositoryName;
  readonly distribution: Distribution | null;
  readonly to: string;
  /** Failed tries, and what the last one met. */
  readonly tries: number;
  readonly error: string | null;
  /** When to try again; null: now. */
  readonly retryAt: Date | null;
}

/** What a clean-up took out of a testing repository. */
export interface CleanedUp {
  readonly repository: RepositoryName;
  readonly dist: string | null;
  readonly files: readonly string[];
}

/** Where records, repositories, uploads and (compared by whoever can ask GitHub) labels disagree. */
export interface Difference {
  readonly kind: "interrupted" | "recorded-only" | "unrecorded" | "not-uploaded" | "labels";
  readonly where: string;
  readonly what: string;
  /** Whether this run mended it. */
  readonly mended: boolean;
}

/** Package repositories that are only looked at: nothing that is asked here changes anything, nor waits for anybody's lock. */
export interface ReadingRepositories extends Pick<Repositories, "planWithdrawal" | "standing"> {
  /** Plans as {@link Repositories.plan} does, but as things stood before what was published to the target since `since`. */
  rehearse(request: PromotionRequest, since: Date): Promise<readonly RehearsedPlan[]>;
  /** What was published since then, or, by the files' own times, may have been. */
  publishedSince(release: Release, since: Date): readonly Published[];
}

/** Package repositories under one root: every change whole, in one step that a client sees, and safe against any crash. */
export interface Repositories {
  /** Publishes new builds; what was left half by an earlier crash is mended first. */
  publish(request: PublishRequest, signer: Signer): Promise<Result<Applied, Refusal>>;
  /** One plan a target, refused or not; nothing is changed. */
  plan(request: PromotionRequest): Promise<readonly DistributionPlan[]>;
  planWithdrawal(request: WithdrawalRequest): Promise<readonly DistributionPlan[]>;
  /**
   * Carries a plan out without deciding again. Throws AdapterError (`SIGNER_FAILED`, `DISK_FULL`, …; then the repository is
   * as it was) and `UNEXPECTED_ANSWER` where the target has changed since the plan was made: plan again.
   */
  apply(plan: DistributionPlan, signer: Signer): Promise<Applied>;
  /** What stands where; narrowed by what is given. */
  standing(query: {
    readonly release: Release | null;
    readonly component: ComponentName | null;
    readonly distribution: Distribution | null;
  }): Promise<readonly StandingVersion[]>;
  /** Publishes signed empty metadata where there is none yet. */
  create(
    request: { readonly release: Release; readonly repository: RepositoryName } & PlanTarget,
    signer: Signer,
  ): Promise<void>;
  /** Signs the metadata of repositories by another key, after it was verified by the one before. */
  resign(request: ResignRequest, signer: Signer): Promise<readonly Resigned[]>;
  /** Every reference, hash, size and signature in the tree. */
  check(): Promise<readonly TreeFault[]>;
  /** Finishes or undoes what a crash left half; answers a line for each. */
  recover(): Promise<readonly string[]>;
  /** Uploads one repository in two phases. Throws AdapterError `UNREACHABLE`; {@link pendingUploads} then lists it. */
  upload(
    request: {
      readonly release: Release;
      readonly repository: RepositoryName;
      readonly distribution: Distribution | null;
    },
    target: UploadTarget,
  ): Promise<void>;
  /** What is published, not uploaded. */
  pendingUploads(): readonly PendingUpload[];
  /** Takes builds out of testing repositories that others have superseded there for at least so many days. */
  cleanUp(
    request: { readonly keepDays: number; readonly signKeyOf: (dist: string | null) => Fingerprint | null },
    signer: Signer,
  ): Promise<readonly CleanedUp[]>;
  /** Compares records, repositories and uploads. */
  reconcile(mode: "look" | "repair"): Promise<readonly Difference[]>;
  /** Every file that a repository's metadata lists, with the hash that it lists it by. */
  listed(release: Release, repository: RepositoryName, distribution: Distribution | null): readonly Move[];
}
