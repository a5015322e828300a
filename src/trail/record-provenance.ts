import type { JobLog, LogService } from "../build/index.ts";
import { AdapterError, type Fingerprint, type LogPath, type TraceId } from "../domain/index.ts";
import { renderTraceLine, tracedName } from "../formats/build-log/index.ts";
import { type Envelope, preAuthentication, renderStatement, type Statement } from "../formats/in-toto/index.ts";
import type { Signer } from "../promotion/index.ts";
import { traceOf } from "../signed/index.ts";
import { deedOf } from "./statements.ts";
import { statementLines } from "./stored-statement.ts";

/** What recording needs. */
export interface ProvenancePorts {
  readonly logs: LogService;
  /** A signer that announces in the log. */
  readonly signer: (log: JobLog) => Signer;
  /** The environment's key, the one that signs the packages or the repository. */
  readonly key: Fingerprint;
}

/** The label of the logs that hold statements. */
export const provenanceLabel = "provenance";

/**
 * Signs statements and keeps them in the logs repository, by way of a log of their own: they name their job's log, which
 * has to be closed by then. Answers where they are kept. Throws AdapterError.
 */
export async function recordProvenance(ports: ProvenancePorts, statements: readonly Statement[]): Promise<LogPath> {
  const log = await ports.logs.open(provenanceLabel, null);
  let outcome: "done" | "failed" = "failed";
  try {
    const signer = ports.signer(log);
    for (const statement of statements) {
      // Statements of several commands share a log.
      const trace = traceOfStatement(statement);
      if (trace !== null) log.note(renderTraceLine(trace));
      const name = trace === null ? "provenance" : tracedName(trace, "provenance");
      for (const line of statementLines(await sign(signer, ports.key, statement, name))) log.note(line);
    }
    outcome = "done";
  } finally {
    if (outcome === "failed") await log.close("failed");
  }
  const path = await log.close("done");
  if (path === null) throw new AdapterError("UNREACHABLE", "the statements' log was not received");
  return path;
}

/** The id of the command by which it was done; null for what nobody signed for. */
export function traceOfStatement(statement: Statement): TraceId | null {
  const { asked } = deedOf(statement);
  return asked.by === "comment" ? traceOf(Buffer.from(asked.comment, "latin1")) : null;
}

async function sign(signer: Signer, key: Fingerprint, statement: Statement, name: string): Promise<Envelope> {
  const payload = renderStatement(statement);
  const bytes = preAuthentication(payload);
  const signature = await signer.sign({ kind: "detach", encoding: "binary", key, name, bytes });
  return { payload, key, signature };
}
