/**
 * Re-checks the chain of one component, offline: signed comment → commit → packages → log → signatures. It takes nobody's
 * word but that of the three kinds of keys: maintainers' for comments, package keys for statements and metadata, the logs
 * key for commits.
 */
import { createHash } from "node:crypto";
import { type CommitSha, parseCommitSha } from "../domain/index.ts";
import {
  type BuildStatement,
  type Envelope,
  isBuildStatement,
  type LogFact,
  type PromotionStatement,
  parseStatement,
  preAuthentication,
  type Statement,
} from "../formats/in-toto/index.ts";
import type { AuditEvidence } from "./ports.ts";
import { provenanceLabel } from "./record-provenance.ts";
import { readStatementLog } from "./stored-statement.ts";

/** What is asked about. */
export interface AuditQuestion {
  readonly release: string;
  readonly component: string;
  /** Null: every commit that there is a statement about. */
  readonly commit: CommitSha | null;
}

/** A link of the chain. */
export type AuditLink = "comment" | "commit" | "package" | "log" | "statement" | "signature";

/** The first link that does not hold. */
export class BrokenLink extends Error {
  readonly link: AuditLink;
  /** What it is: a path, a file name, a commit. */
  readonly subject: string;

  constructor(link: AuditLink, subject: string, reason: string) {
    super(reason);
    this.link = link;
    this.subject = subject;
  }
}

/** A statement that holds by itself. */
interface Stated<S extends Statement> {
  readonly statement: S;
  /** The log that it is kept in. */
  readonly path: string;
}

/** Checks everything; answers one line for each thing that was found to hold. Throws {@link BrokenLink}. */
export async function audit(question: AuditQuestion, evidence: AuditEvidence): Promise<readonly string[]> {
  const stated = await readStatements(question, evidence);
  const builds = stated.filter((one): one is Stated<BuildStatement> => isBuildStatement(one.statement));
  const promotions = stated.filter((one): one is Stated<PromotionStatement> => !isBuildStatement(one.statement));
  if (stated.length === 0) {
    const { release, component, commit } = question;
    throw new BrokenLink(
      "statement",
      `${release} ${component} ${commit ?? ""}`.trim(),
      "no statement is kept about it",
    );
  }
  const held: string[] = [];
  for (const promotion of promotions) held.push(...(await auditPromotion(promotion, builds, evidence)));
  for (const build of builds) held.push(await auditBuild(build, evidence));
  return held;
}

/** What a statement is about, whichever kind it is. */
function about(statement: Statement) {
  if (!isBuildStatement(statement)) return statement.predicate.releaseBot;
  const { buildDefinition, releaseBot } = statement.predicate;
  const commit = buildDefinition.resolvedDependencies[0].digest.gitCommit;
  return { ...buildDefinition.externalParameters, commit, log: releaseBot.log };
}

async function readStatements(question: AuditQuestion, evidence: AuditEvidence): Promise<Stated<Statement>[]> {
  const found: Stated<Statement>[] = [];
  const kept = new RegExp(`^[^/]+/${provenanceLabel}/log_[0-9_.-]+?(\\.part-000)?$`);
  const paths = evidence.paths.filter((path) => kept.test(path)).map((path) => path.replace(/\.part-000$/, ""));
  for (const path of paths) {
    const text = await evidence.readLog(path, null);
    const log = readStatementLog(Buffer.from(text ?? "").toString("latin1"));
    for (const envelope of log.envelopes) {
      if (envelope === null) throw new BrokenLink("statement", path, "holds what is not an envelope as it was written");
      const statement = parseStatement(envelope.payload);
      if (statement === null) throw new BrokenLink("statement", path, "holds what is not a statement of ours");
      const { release, component, commit } = about(statement);
      if (release !== question.release || component !== question.component) continue;
      if (question.commit !== null && commit !== question.commit) continue;
      await checkSignature(envelope, path, log.announcements, evidence);
      found.push({ statement, path });
    }
  }
  return found;
}

async function checkSignature(
  { payload, key, signature }: Envelope,
  path: string,
  announcements: ReturnType<typeof readStatementLog>["announcements"],
  evidence: AuditEvidence,
): Promise<void> {
  const bytes = preAuthentication(payload);
  const signer = await evidence.packageSigner(signature, bytes);
  if (signer !== key) {
    const by = signer === null ? "no package key" : `the package key ${signer}, not ${key}`;
    throw new BrokenLink("statement", path, `its statement is signed by ${by}`);
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const announced = announcements.some((one) => one.kind === "detach" && one.key === key && one.sha256 === sha256);
  if (!announced) throw new BrokenLink("statement", path, "the log does not announce its statement's signature");
}

async function auditPromotion(
  { statement, path }: Stated<PromotionStatement>,
  builds: readonly Stated<BuildStatement>[],
  evidence: AuditEvidence,
): Promise<string[]> {
  const { comment, line, release, component, distribution, repository, commit, log } = statement.predicate.releaseBot;
  const place = { release, distribution, repository };
  const lines = await evidence.readComment(comment, new Date(statement.predicate.timeVerified));
  if (typeof lines === "string") throw new BrokenLink("comment", path, lines);
  const signed = lines.find((one) => one.line === line);
  if (signed === undefined)
    throw new BrokenLink("comment", path, "the line that was carried out is not in the comment");
  const command = signed.command.ok ? signed.command.value : null;
  const named = command?.kind === "upload-component" ? command : null;
  if (named === null || named.release !== release || named.component !== component || named.repository !== repository) {
    throw new BrokenLink("comment", path, `the comment does not ask for ${component} to go to ${repository}`);
  }
  if (named.distributions.kind === "named" && !named.distributions.names.some((name) => name === distribution)) {
    throw new BrokenLink("comment", path, `the comment does not name ${distribution}`);
  }
  if (named.commit !== commit) throw new BrokenLink("commit", commit, `the comment asks for commit ${named.commit}`);
  const build = builds.find((one) => {
    const facts = about(one.statement);
    return facts.commit === commit && "distribution" in facts && facts.distribution === distribution;
  });
  if (build === undefined) throw new BrokenLink("commit", commit, `no build of it is stated for ${distribution}`);
  for (const { name, digest } of statement.subject) {
    const built = build.statement.subject.find((one) => one.name === name);
    if (built?.digest.sha256 !== digest.sha256) {
      throw new BrokenLink("package", name, "what was promoted is not what was built");
    }
  }
  checkPackages(statement, place, evidence);
  await checkLog(log, evidence);
  await checkMetadata(place, evidence);
  const signer = signed.message.signer;
  return [
    `${distribution} ${repository}: ${commit} by ${signer}, ${statement.subject.length} packages, log ${log.path}`,
  ];
}

async function auditBuild({ statement }: Stated<BuildStatement>, evidence: AuditEvidence): Promise<string> {
  const { distribution } = statement.predicate.buildDefinition.externalParameters;
  const { commit, log } = about(statement);
  await checkLog(log, evidence);
  return `${distribution} built: ${commit}, ${statement.subject.length} packages, log ${log.path}`;
}

function checkPackages(
  statement: Statement,
  place: { release: string; distribution: string; repository: string },
  evidence: AuditEvidence,
): void {
  for (const { name, digest } of statement.subject) {
    const files = evidence.findPackage(name, place);
    if (files.length === 0) throw new BrokenLink("package", name, `does not stand in ${place.repository}`);
    const changed = files.find((file) => file.sha256 !== digest.sha256);
    if (changed !== undefined) throw new BrokenLink("package", changed.path, `is not the file that was built`);
  }
}

async function checkLog(log: LogFact, evidence: AuditEvidence): Promise<void> {
  const commit = parseCommitSha(log.commit);
  if (commit === null || !(await evidence.isSignedOnBranch(commit))) {
    throw new BrokenLink("commit", log.commit, "is not on the logs branch with a signature of the logs key");
  }
  const bytes = await evidence.readLog(log.path, commit);
  if (bytes === null) throw new BrokenLink("log", log.path, `is not in commit ${commit}`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length !== log.length || sha256 !== log.sha256) {
    throw new BrokenLink("log", log.path, "is not what the statement says of it");
  }
  const now = await evidence.readLog(log.path, null);
  // A line that push was pending may have been added since; nothing else.
  if (now === null || !Buffer.from(now).subarray(0, bytes.length).equals(bytes)) {
    throw new BrokenLink("log", log.path, "has been changed since, or is gone from the branch");
  }
}

async function checkMetadata(
  place: { release: string; distribution: string; repository: string },
  evidence: AuditEvidence,
): Promise<void> {
  const metadata = await evidence.metadata(place);
  if (metadata.length === 0) {
    throw new BrokenLink("signature", `${place.repository} ${place.distribution}`, "has no signed metadata");
  }
  const announced = await evidence.announcements();
  for (const { path, sha256, kind, defect } of metadata) {
    if (defect !== null) throw new BrokenLink("signature", path, defect);
    if (!announced.some((one) => one.sha256 === sha256 && one.kind === kind)) {
      throw new BrokenLink("signature", path, "was signed without a log that announces it");
    }
  }
}
