import type { JobLog, LogService } from "../build/index.ts";
import { AdapterError, type Fingerprint, type LogPath } from "../domain/index.ts";
import { type Envelope, preAuthentication, renderStatement, type Statement } from "../formats/in-toto/index.ts";
import type { Signer } from "../promotion/index.ts";
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
  const log = await ports.logs.open(provenanceLabel);
  let outcome: "done" | "failed" = "failed";
  try {
    const signer = ports.signer(log);
    for (const statement of statements) {
      for (const line of statementLines(await sign(signer, ports.key, statement))) log.note(line);
    }
    outcome = "done";
  } finally {
    if (outcome === "failed") await log.close("failed");
  }
  const path = await log.close("done");
  if (path === null) throw new AdapterError("UNREACHABLE", "the statements' log was not received");
  return path;
}

async function sign(signer: Signer, key: Fingerprint, statement: Statement): Promise<Envelope> {
  const payload = renderStatement(statement);
  const bytes = preAuthentication(payload);
  const signature = await signer.sign({ kind: "detach", encoding: "binary", key, name: "provenance", bytes });
  return { payload, key, signature };
}
