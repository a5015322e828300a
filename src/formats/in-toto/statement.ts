/**
 * in-toto statements, version 1: SLSA provenance (v1) for a build, an SLSA verification summary (v1) for a promotion. What
 * neither has a place for stands under `releaseBot`. Withdrawals and holds have types of their own: a verification summary
 * says that something may be used, and a reader who knows no more must not take the opposite for it.
 */
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const gitCommit = z.string().regex(/^[0-9a-f]{40}$/);
const word = z.string().min(1).max(256);
/** A signed message has 8,192 bytes at most. */
const message = z.string().min(1).max(8192);
const instant = z.iso.datetime();

const file = z.strictObject({ name: word, digest: z.strictObject({ sha256 }) });
const log = z.strictObject({
  path: word,
  length: z.number().int().nonnegative(),
  sha256,
  commit: gitCommit,
  /**
   * It is the log of a job that was taken up again and found its work done: done, and announced, in an earlier log of the
   * same name, whose sender died.
   */
  takenUp: z.literal(true).optional(),
});

/** Which log the work stands in, as the logs qube received it. */
export type LogFact = z.infer<typeof log>;

const component = z.strictObject({ kind: z.literal("component"), release: word, component: word, commit: gitCommit });
const about = z.discriminatedUnion("kind", [
  component,
  z.strictObject({ kind: z.literal("template"), release: word, template: word, version: word }),
  z.strictObject({ kind: z.literal("iso"), release: word, version: word }),
]);

/** What a statement is about. */
export type About = z.infer<typeof about>;

const byComment = z.strictObject({
  by: z.literal("comment"),
  /** The signed comment, to the letter. */
  comment: message,
  /** Which of its lines. */
  line: message,
});
const asked = z.discriminatedUnion("by", [
  byComment,
  z.strictObject({ by: z.literal("operator"), who: word, why: z.string().max(1024) }),
  z.strictObject({ by: z.literal("push") }),
  /** A version tag at the remote that no push announced. */
  z.strictObject({ by: z.literal("scan") }),
]);

/** By whose word it was done. */
export type Asked = z.infer<typeof asked>;

const statementType = "https://in-toto.io/Statement/v1";
const buildType = "urn:qubes-release-bot:build:v1";
const provenanceType = "https://slsa.dev/provenance/v1";
const summaryType = "https://slsa.dev/verification_summary/v1";
const withdrawalType = "urn:qubes-release-bot:withdrawal:v1";
const holdType = "urn:qubes-release-bot:hold:v1";

const head = { _type: z.literal(statementType), subject: z.array(file) };

const build = z.strictObject({
  ...head,
  predicateType: z.literal(provenanceType),
  predicate: z.strictObject({
    buildDefinition: z.strictObject({
      buildType: z.literal(buildType),
      /** `distribution` is null for templates and images, which are of none. */
      externalParameters: z.strictObject({ about, distribution: word.nullable(), asked }),
      /** A component's source; templates and images are made from what their back-end takes. */
      resolvedDependencies: z
        .array(
          z.strictObject({
            uri: z.string().max(1024),
            digest: z.strictObject({ gitCommit }),
            annotations: z.strictObject({ tag: z.string().max(256).nullable(), signers: z.array(word) }),
          }),
        )
        .max(1),
    }),
    runDetails: z.strictObject({
      builder: z.strictObject({ id: word }),
      metadata: z.strictObject({ invocationId: word, startedOn: instant, finishedOn: instant }),
    }),
    /** `repository`: where it was published to. */
    releaseBot: z.strictObject({ repository: word, log }),
  }),
});

const change = {
  about,
  distribution: word.nullable(),
  repository: word,
  invocationId: word,
  asked,
  log,
};

const promotion = z.strictObject({
  ...head,
  predicateType: z.literal(summaryType),
  predicate: z.strictObject({
    verifier: z.strictObject({ id: word }),
    timeVerified: instant,
    resourceUri: word,
    policy: z.strictObject({ uri: word, digest: z.strictObject({ sha256 }) }),
    verificationResult: z.literal("PASSED"),
    verifiedLevels: z.array(word),
    /** `appliedBy`: our own engine, or the back-end's publish with `promotion: backend`. */
    releaseBot: z.strictObject({ ...change, appliedBy: z.enum(["release-bot", "back-end"]) }),
  }),
});

const withdrawal = z.strictObject({
  ...head,
  predicateType: z.literal(withdrawalType),
  predicate: z.strictObject({
    environment: word,
    withdrawnOn: instant,
    plan: z.strictObject({ sha256 }),
    ...change,
    /** The files of the version before that stand again. */
    restored: z.array(file),
  }),
});

const hold = z.strictObject({
  _type: z.literal(statementType),
  subject: z.tuple([z.strictObject({ name: word, digest: z.strictObject({ gitCommit }) })]),
  predicateType: z.literal(holdType),
  predicate: z.strictObject({
    environment: word,
    action: z.enum(["hold", "unhold"]),
    decidedOn: instant,
    about: component,
    distribution: word,
    asked: byComment,
  }),
});

const statement = z.union([build, promotion, withdrawal, hold]);

/** A statement as it is written. */
export type Statement = z.infer<typeof statement>;
/** One of a build. */
export type BuildStatement = z.infer<typeof build>;
/** One of a promotion. */
export type PromotionStatement = z.infer<typeof promotion>;
/** One of a withdrawal. */
export type WithdrawalStatement = z.infer<typeof withdrawal>;
/** One of a hold or of its end. */
export type HoldStatement = z.infer<typeof hold>;

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

/** Fixed parts of a statement. */
export const statementWords = {
  statementType,
  buildType,
  provenanceType,
  summaryType,
  withdrawalType,
  holdType,
} as const;
