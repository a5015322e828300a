import type { CommitSha, PackageType, RepositoryName, Sha256 } from "../domain/index.ts";
import type { Move, Standing } from "./plan.ts";

/** One publication of a build. */
export interface PublicationFact {
  readonly repository: RepositoryName;
  /** The minute from which its age counts. */
  readonly minute: Date;
  /** What orders publications; the minute itself where nothing finer is known. */
  readonly moment: Date;
}

/** What one spec file (or template) was built into, for one distribution, as its record says. */
export interface BuildFact {
  readonly spec: string;
  /** Builder v2's VERSION-RELEASE, or the template's version. */
  readonly version: string;
  readonly commit: CommitSha | null;
  readonly files: readonly { readonly name: string; readonly sha256: Sha256 | null }[];
  readonly publications: readonly PublicationFact[];
}

/** A package as a repository's metadata lists it; `files` has more than one for a source package. */
export interface ListedPackage extends Standing {
  readonly files: readonly Move[];
}

/** A testing repository as it stands. */
export interface TestingFact {
  readonly repository: RepositoryName;
  /** Null where its signature is good, else what is wrong with it; a repository that is not there has no packages. */
  readonly signature: string | null;
  readonly packages: readonly ListedPackage[];
  /** Files that lie there without being listed: buildinfo, a package's signature. */
  readonly unlisted: readonly Move[];
}

/** Everything that a promotion is decided by, for one distribution. */
export interface DistributionFacts {
  readonly type: PackageType;
  /** All builds of the component (or template) for this distribution. */
  readonly builds: readonly BuildFact[];
  readonly testing: readonly TestingFact[];
  /** The packages of the target. */
  readonly target: readonly ListedPackage[];
  /** The package system's order of versions. */
  readonly compare: (a: string, b: string) => number;
}

/** What was found of one file on the disk, for deciding the last of a promotion. */
export interface FileEvidence {
  readonly file: string;
  /** Null where the file is gone. */
  readonly sha256: Sha256 | null;
  /** Null where its own signature is good, or it carries none by its nature. */
  readonly signature: string | null;
}
