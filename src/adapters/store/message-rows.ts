import { type LineOutcome, parseFingerprint, parseQubeName, parseTraceId, type Report } from "../../domain/index.ts";
import {
  answerReports,
  type JobOutcome,
  joinOutcomes,
  type LineStand,
  type PlaceState,
  type SignedMessage,
  type Tell,
} from "../../work/index.ts";
import { type Database, integer, type Row, text } from "./database.ts";

/** Reads a signed message with its lines, null where the ledger does not know it. */
export function readMessage(database: Database, key: string): SignedMessage | null {
  const row = database.one("SELECT * FROM messages WHERE key = ?", key);
  if (row === null) return null;
  const trace = parseTraceId(text(row, "trace"));
  const signer = parseFingerprint(text(row, "signer"));
  const environment = parseQubeName(text(row, "environment"));
  if (trace === null || signer === null || environment === null) throw new Error(`the ledger's row ${key} is damaged`);
  const lines = database.all("SELECT text, stand FROM lines WHERE message = ? ORDER BY line", key);
  return {
    key,
    trace,
    signer,
    environment,
    place: readPlace(row),
    subject: JSON.parse(text(row, "subject")) as SignedMessage["subject"],
    lines: lines.map((line) => ({ line: text(line, "text"), stand: JSON.parse(text(line, "stand")) as LineStand })),
  };
}

function readPlace(row: Row): PlaceState {
  const kind = text(row, "place_kind");
  const place = { issue: integer(row, "issue"), comment: integer(row, "comment") };
  return kind === "proven" || kind === "claimed" ? { kind, place } : { kind: "unknown" };
}

/**
 * After a job's end: where it was the last one of its line, the line has its outcome; where that was the last line, the
 * message is answered, once. Inside a transaction of the caller's.
 */
export function settleLine(
  database: Database,
  message: { readonly key: string; readonly line: number },
): readonly Report[] {
  const jobs = database.all(
    "SELECT state, outcome FROM jobs WHERE message = ? AND line = ?",
    message.key,
    message.line,
  );
  if (jobs.some((job) => ["queued", "running"].includes(text(job, "state")))) return [];
  const outcomes = jobs.map((job) => JSON.parse(text(job, "outcome")) as Exclude<JobOutcome, { kind: "postponed" }>);
  const row = database.one("SELECT tell FROM lines WHERE message = ? AND line = ?", message.key, message.line);
  if (row === null) return [];
  const outcome: LineOutcome["outcome"] = joinOutcomes(outcomes);
  const stand: LineStand = { kind: "settled", outcome, tell: text(row, "tell") as Tell };
  database.run(
    "UPDATE lines SET stand = ? WHERE message = ? AND line = ?",
    JSON.stringify(stand),
    message.key,
    message.line,
  );
  return answerOnce(database, message.key);
}

/** The answer of a message that is complete and has not been answered; marks it so. Inside a transaction of the caller's. */
export function answerOnce(database: Database, key: string): readonly Report[] {
  const answered = database.one("SELECT answered FROM messages WHERE key = ?", key);
  const message = readMessage(database, key);
  if (message === null || answered === null || integer(answered, "answered") === 1) return [];
  const reports = answerReports(message);
  if (reports.length > 0) database.run("UPDATE messages SET answered = 1 WHERE key = ?", key);
  return reports;
}
