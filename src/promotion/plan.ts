import {
  type CommitSha,
  type ComponentName,
  type Distribution,
  type Fingerprint,
  type PackageType,
  parseDistribution,
  type Refusal,
  type Release,
  type RepositoryName,
  type Sha256,
  type TemplateName,
} from "../domain/index.ts";

/** What is promoted: a component at one commit, or a template in one version (null: the one that stands in testing). */
export type PromotionSubject =
  | { readonly kind: "component"; readonly component: ComponentName; readonly commit: CommitSha }
  | { readonly kind: "template"; readonly template: TemplateName; readonly version: string | null };

/** One package file, by its base name, and the bytes that it must hold. */
export interface Move {
  readonly file: string;
  readonly sha256: Sha256;
}

/** A package of the target that the plan counts on standing there: what it replaces or takes out. */
export interface Standing {
  readonly name: string;
  readonly arch: string;
  /** The version as the package's own system writes it: `1:2.0-1.fc41`. */
  readonly version: string;
  readonly file: string;
}

/**
 * What is to happen to one distribution: pure data, decided once, printed by a rehearsal, applied as it stands. `apply`
 * refuses to act where the target no longer holds what `standing` says.
 */
export interface DistributionPlan {
  readonly action: "promote" | "withdraw";
  /** The distribution's name; for a template its name. */
  readonly dist: string;
  readonly type: PackageType;
  readonly release: Release;
  readonly subject: PromotionSubject;
  /** Where the packages come from; null for a withdrawal. */
  readonly from: RepositoryName | null;
  readonly to: RepositoryName;
  readonly signKey: Fingerprint;
  /** The files that move, or that are taken out. Sorted by file. */
  readonly moves: readonly Move[];
  /** For a withdrawal: the files of the version before it that stand again. */
  readonly restores: readonly Move[];
  readonly standing: readonly Standing[];
  /** The versions of the component (builder v2's VERSION-RELEASE) that the plan is about, for the records. */
  readonly versions: readonly string[];
  /** SHA-256 of all of the above, 64 hex digits: what an answer and a status issue name the plan by. */
  readonly digest: string;
  readonly refused?: Refusal;
}

/** The distribution that a plan is for; null for a template, which is of none. */
export function distributionOfPlan({ subject, dist }: Pick<DistributionPlan, "subject" | "dist">): Distribution | null {
  return subject.kind === "template" ? null : parseDistribution(dist);
}
