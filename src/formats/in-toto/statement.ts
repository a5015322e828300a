/**
 * in-toto statements, version 1: SLSA provenance (v1) for a build, an SLSA verification summary (v1) for a promotion. What
 * neither has a place for stands under `releaseBot`.
 */
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const gitCommit = z.string().regex(/^[0-9a-f]{40}$/);
const word = z.string().min(1).max(256);
const instant = z.iso.datetime();

const subject = z.strictObject({ name: word, digest: z.strictObject({ sha256 }) });
const log = z.strictObject({ path: word, length: z.number().int().nonnegative(), sha256, commit: gitCommit });

/** Which log the work stands in, as the logs qube received it. */
export type LogFact = z.infer<typeof log>;

const statementType = "https://in-toto.io/Statement/v1";
const buildType = "urn:qubes-release-bot:build:v1";
const provenanceType = "https://slsa.dev/provenance/v1";
const summaryType = "https://slsa.dev/verification_summary/v1";

const build = z.strictObject({
  _type: z.literal(statementType),
  subject: z.array(subject),
  predicateType: z.literal(provenanceType),
  predicate: z.strictObject({
    buildDefinition: z.strictObject({
      buildType: z.literal(buildType),
      externalParameters: z.strictObject({ release: word, component: word, distribution: word }),
      resolvedDependencies: z.tuple([
        z.strictObject({
          uri: z.string().max(1024),
          digest: z.strictObject({ gitCommit }),
          annotations: z.strictObject({ tag: z.string().max(256).nullable(), signers: z.array(word) }),
        }),
      ]),
    }),
    runDetails: z.strictObject({
      builder: z.strictObject({ id: word }),
      metadata: z.strictObject({ invocationId: word, startedOn: instant, finishedOn: instant }),
    }),
    releaseBot: z.strictObject({ log }),
  }),
});

const promotion = z.strictObject({
  _type: z.literal(statementType),
  subject: z.array(subject),
  predicateType: z.literal(summaryType),
  predicate: z.strictObject({
    verifier: z.strictObject({ id: word }),
    timeVerified: instant,
    resourceUri: word,
    policy: z.strictObject({ uri: word, digest: z.strictObject({ sha256 }) }),
    verificationResult: z.literal("PASSED"),
    verifiedLevels: z.array(word),
    releaseBot: z.strictObject({
      release: word,
      component: word,
      distribution: word,
      commit: gitCommit,
      repository: word,
      invocationId: word,
      /** The signed comment, to the letter. */
      comment: z.string().min(1).max(8192),
      /** Which of its lines. */
      line: word,
      log,
    }),
  }),
});

const statement = z.union([build, promotion]);

/** A build's statement as it is written. */
export type BuildStatement = z.infer<typeof build>;
/** A promotion's. */
export type PromotionStatement = z.infer<typeof promotion>;
/** Either. */
export type Statement = z.infer<typeof statement>;

/** The statement as JSON bytes, the payload of its envelope. */
export function renderStatement(value: Statement): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Parses a payload; null where it is not a statement of ours. */
export function parseStatement(untrusted: Uint8Array): Statement | null {
  try {
    const parsed = statement.safeParse(JSON.parse(Buffer.from(untrusted).toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Whether it is a build's. */
export function isBuildStatement(value: Statement): value is BuildStatement {
  return value.predicateType === provenanceType;
}

/** Fixed parts of a statement: {@link BuildStatement} and {@link PromotionStatement} name them. */
export const statementWords = { statementType, buildType, provenanceType, summaryType } as const;
