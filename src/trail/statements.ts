/** Deeds as in-toto statements, and back. */
import {
  type BuildStatement,
  type HoldStatement,
  type PromotionStatement,
  type Statement,
  statementWords,
  type WithdrawalStatement,
} from "../formats/in-toto/index.ts";
import { type Build, type Deed, type Hold, nameOf, type Promotion, type StatedFile, type Withdrawal } from "./deed.ts";

const { statementType, buildType, provenanceType, summaryType, withdrawalType, holdType } = statementWords;
const environmentUrn = "urn:qubes-release-bot:environment:";

/** The deed as a statement. */
export function statementOf(deed: Deed): Statement {
  switch (deed.kind) {
    case "build":
      return buildStatement(deed);
    case "promote":
      return promotionStatement(deed);
    case "withdraw":
      return withdrawalStatement(deed);
    case "hold":
    case "unhold":
      return holdStatement(deed);
  }
}

/** What a statement says was done. */
export function deedOf(statement: Statement): Deed {
  switch (statement.predicateType) {
    case provenanceType:
      return readBuild(statement);
    case summaryType:
      return readPromotion(statement);
    case withdrawalType:
      return readWithdrawal(statement);
    case holdType:
      return readHold(statement);
  }
}

function written(files: readonly StatedFile[]): PromotionStatement["subject"] {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
}

function read(subject: PromotionStatement["subject"]): StatedFile[] {
  return subject.map(({ name, digest }) => ({ name, sha256: digest.sha256 }));
}

/** SLSA provenance. */
function buildStatement(deed: Build): BuildStatement {
  const { about, distribution, asked, source, repository, log } = deed;
  const dependency =
    source === null || about.kind !== "component"
      ? []
      : [
          {
            uri: `git+${source.url}`,
            digest: { gitCommit: about.commit },
            annotations: { tag: source.tag, signers: [...source.signers] },
          },
        ];
  return {
    _type: statementType,
    subject: written(deed.files),
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { about, distribution, asked },
        resolvedDependencies: dependency,
      },
      runDetails: {
        builder: { id: `${environmentUrn}${deed.environment}` },
        metadata: {
          invocationId: deed.job,
          startedOn: deed.startedAt.toISOString(),
          finishedOn: deed.at.toISOString(),
        },
      },
      releaseBot: { repository, log },
    },
  };
}

function readBuild({ subject, predicate }: BuildStatement): Build {
  const { externalParameters, resolvedDependencies } = predicate.buildDefinition;
  const { builder, metadata } = predicate.runDetails;
  const [source] = resolvedDependencies;
  return {
    kind: "build",
    ...externalParameters,
    ...predicate.releaseBot,
    environment: builder.id.slice(environmentUrn.length),
    job: metadata.invocationId,
    startedAt: new Date(metadata.startedOn),
    at: new Date(metadata.finishedOn),
    files: read(subject),
    source: source === undefined ? null : { url: source.uri.replace(/^git\+/, ""), ...source.annotations },
  };
}

/** An SLSA verification summary: the command was verified, and the plan passed its gate. */
function promotionStatement(deed: Promotion): PromotionStatement {
  const { about, distribution, repository, asked, log, appliedBy } = deed;
  const resource = [about.release, repository, distribution ?? nameOf(about)].join(":");
  return {
    _type: statementType,
    subject: written(deed.files),
    predicateType: summaryType,
    predicate: {
      verifier: { id: `${environmentUrn}${deed.environment}` },
      timeVerified: deed.at.toISOString(),
      resourceUri: `urn:qubes-release-bot:repository:${resource}`,
      policy: { uri: "urn:qubes-release-bot:plan", digest: { sha256: deed.plan } },
      verificationResult: "PASSED",
      verifiedLevels: ["SLSA_BUILD_LEVEL_UNEVALUATED"],
      releaseBot: { about, distribution, repository, invocationId: deed.job, asked, log, appliedBy },
    },
  };
}

function readPromotion({ subject, predicate }: PromotionStatement): Promotion {
  const { invocationId, ...rest } = predicate.releaseBot;
  return {
    kind: "promote",
    ...rest,
    job: invocationId,
    environment: predicate.verifier.id.slice(environmentUrn.length),
    at: new Date(predicate.timeVerified),
    plan: predicate.policy.digest.sha256,
    files: read(subject),
  };
}

function withdrawalStatement(deed: Withdrawal): WithdrawalStatement {
  const { about, distribution, repository, asked, log, environment } = deed;
  return {
    _type: statementType,
    subject: written(deed.files),
    predicateType: withdrawalType,
    predicate: {
      environment,
      withdrawnOn: deed.at.toISOString(),
      plan: { sha256: deed.plan },
      ...{ about, distribution, repository, invocationId: deed.job, asked, log },
      restored: written(deed.restored),
    },
  };
}

function readWithdrawal({ subject, predicate }: WithdrawalStatement): Withdrawal {
  const { invocationId, withdrawnOn, plan, restored, ...rest } = predicate;
  return {
    kind: "withdraw",
    ...rest,
    job: invocationId,
    at: new Date(withdrawnOn),
    plan: plan.sha256,
    files: read(subject),
    restored: read(restored),
  };
}

function holdStatement(deed: Hold): HoldStatement {
  const { about, distribution, asked, environment, kind } = deed;
  return {
    _type: statementType,
    subject: [{ name: about.component, digest: { gitCommit: about.commit } }],
    predicateType: holdType,
    predicate: { environment, action: kind, decidedOn: deed.at.toISOString(), about, distribution, asked },
  };
}

function readHold({ predicate }: HoldStatement): Hold {
  const { action, decidedOn, ...rest } = predicate;
  return { kind: action, ...rest, at: new Date(decidedOn) };
}
