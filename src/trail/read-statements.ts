/** Finds the statements that are kept in the logs repository, each proven to be signed by a package key and announced. */
import { createHash } from "node:crypto";
import type { Tell } from "../domain/index.ts";
import { type Envelope, parseStatement, preAuthentication } from "../formats/in-toto/index.ts";
import { BrokenLink } from "./broken-link.ts";
import type { LogChecker } from "./check-logs.ts";
import type { Deed } from "./deed.ts";
import type { AuditEvidence } from "./ports.ts";
import { provenanceLabel } from "./record-provenance.ts";
import { deedOf } from "./statements.ts";
import { readStatementLog } from "./stored-statement.ts";

/** A deed whose statement holds by itself. */
export interface Stated<D extends Deed = Deed> {
  readonly deed: D;
  /** The log that the statement is kept in. */
  readonly path: string;
}

/** The deeds that are asked for, oldest first; a deed that was stated twice comes once. Throws {@link BrokenLink}. */
export async function readStatements(
  evidence: AuditEvidence,
  logs: LogChecker,
  isAskedFor: (deed: Deed) => boolean,
  tell: Tell = () => undefined,
): Promise<Stated[]> {
  const found = new Map<string, Stated>();
  const kept = new RegExp(`^[^/]+/${provenanceLabel}/log_[0-9_.-]+?(\\.part-000)?$`);
  const paths = evidence.paths.filter((path) => kept.test(path)).map((path) => path.replace(/\.part-000$/, ""));
  for (const [done, path] of paths.entries()) {
    tell({ what: "reads the statements", done, total: paths.length });
    const text = await evidence.readLog(path, null);
    const log = readStatementLog(Buffer.from(text ?? "").toString("latin1"));
    for (const envelope of log.envelopes) {
      if (envelope === null) throw new BrokenLink("statement", path, "holds what is not an envelope as it was written");
      const statement = parseStatement(envelope.payload);
      if (statement === null) throw new BrokenLink("statement", path, "holds what is not a statement of ours");
      const deed = deedOf(statement);
      if (!isAskedFor(deed)) continue;
      // Its log lies under the name of the qube that sent it, and no other qube's key speaks for that one.
      if (!path.startsWith(`${deed.environment}/`)) {
        throw new BrokenLink("statement", path, `its statement speaks for ${deed.environment}`);
      }
      await checkSignature(envelope, path, log.announcements, evidence);
      await logs.checkCheckpoints(path);
      found.set(Buffer.from(envelope.payload).toString("latin1"), { deed, path });
    }
  }
  return [...found.values()].sort((a, b) => a.deed.at.getTime() - b.deed.at.getTime());
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
