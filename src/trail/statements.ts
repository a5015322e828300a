import type { CommitSha, ComponentName, DistributionName, Fingerprint, QubeName, Release } from "../domain/index.ts";
import {
  type BuildStatement,
  type LogFact,
  type PromotionStatement,
  type Statement,
  statementWords,
} from "../formats/in-toto/index.ts";

/** A package file as it was published. */
export interface PackageFact {
  /** Its file name, without a directory. */
  readonly name: string;
  readonly sha256: string;
}

interface WorkFacts {
  readonly release: Release;
  readonly component: ComponentName;
  readonly distribution: DistributionName;
  readonly commit: CommitSha;
  readonly packages: readonly PackageFact[];
  /** The build qube. */
  readonly environment: QubeName;
  /** The job's id. */
  readonly job: string;
  /** The job's log as the logs qube received it. */
  readonly log: LogFact;
}

/** What a build has to say about itself. */
export interface BuildFacts extends WorkFacts {
  readonly url: string;
  /** The tag that was verified, and who signed it; null where only the commit was. */
  readonly tag: string | null;
  readonly signers: readonly Fingerprint[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** What a promotion has. */
export interface PromotionFacts extends WorkFacts {
  readonly repository: string;
  readonly at: Date;
  /** The whole signed message, to the letter, and which of its lines. */
  readonly comment: string;
  readonly line: string;
  /** The digest of the plan that was applied, hex. */
  readonly plan: string;
}

const { statementType, buildType, provenanceType, summaryType } = statementWords;

function subjects(packages: readonly PackageFact[]): Statement["subject"] {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
}

/** SLSA provenance of one distribution's build. */
export function buildStatement(facts: BuildFacts): BuildStatement {
  const { release, component, distribution, commit } = facts;
  return {
    _type: statementType,
    subject: subjects(facts.packages),
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { release, component, distribution },
        resolvedDependencies: [
          {
            uri: `git+${facts.url}`,
            digest: { gitCommit: commit },
            annotations: { tag: facts.tag, signers: [...facts.signers] },
          },
        ],
      },
      runDetails: {
        builder: { id: `urn:qubes-release-bot:environment:${facts.environment}` },
        metadata: {
          invocationId: facts.job,
          startedOn: facts.startedAt.toISOString(),
          finishedOn: facts.finishedAt.toISOString(),
        },
      },
      releaseBot: { log: facts.log },
    },
  };
}

/** SLSA verification summary of one distribution's promotion: the comment was verified, and the plan passed its gate. */
export function promotionStatement(facts: PromotionFacts): PromotionStatement {
  const { release, component, distribution, commit, repository, comment, line, log } = facts;
  return {
    _type: statementType,
    subject: subjects(facts.packages),
    predicateType: summaryType,
    predicate: {
      verifier: { id: `urn:qubes-release-bot:environment:${facts.environment}` },
      timeVerified: facts.at.toISOString(),
      resourceUri: `urn:qubes-release-bot:repository:${release}:${repository}:${distribution}`,
      policy: { uri: "urn:qubes-release-bot:plan", digest: { sha256: facts.plan } },
      verificationResult: "PASSED",
      verifiedLevels: ["SLSA_BUILD_LEVEL_UNEVALUATED"],
      releaseBot: { release, component, distribution, commit, repository, invocationId: facts.job, comment, line, log },
    },
  };
}
