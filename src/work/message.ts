import { createHash } from "node:crypto";
import type {
  Answer,
  CommentPlace,
  ComponentName,
  Fingerprint,
  LineOutcome,
  QubeName,
  Reaction,
  Release,
  Report,
  TraceId,
} from "../domain/index.ts";
import type { JobOutcome } from "./job.ts";

/**
 * Whether the comment's place is known: `claimed` by the receiver, which is not trusted, until the comment itself was
 * fetched and the block found in it (`proven`) or not (`unknown`).
 */
export type PlaceState =
  | { readonly kind: "unknown" }
  | { readonly kind: "claimed"; readonly place: CommentPlace }
  | { readonly kind: "proven"; readonly place: CommentPlace };

/** How one line of a signed message stands. `silent`: another environment's affair, never answered here. */
export type LineStand =
  | { readonly kind: "silent" }
  | { readonly kind: "open" }
  | { readonly kind: "settled"; readonly outcome: LineOutcome["outcome"]; readonly tell: Tell };

/** `always`: the outcome is a comment of its own; `if-bad`: a success shows on the status issue and as 🚀. */
export type Tell = "always" | "if-bad";

/** A signed message that the ledger knows, with its lines. */
export interface SignedMessage {
  /** SHA-256 of signer and signed content: what makes two messages the same. */
  readonly key: string;
  readonly trace: TraceId;
  readonly signer: Fingerprint;
  readonly environment: QubeName;
  readonly place: PlaceState;
  /** The first line's component, where it has one: whose status issue the answer goes to without a place. */
  readonly subject: { readonly release: Release; readonly component: ComponentName } | null;
  readonly lines: readonly { readonly line: string; readonly stand: LineStand }[];
}

/** A stable id for one fact, as reports carry it: the same words, the same id; 34 characters of `[a-z0-9-]`. */
export function eventId(letter: string, ...words: readonly (string | number)[]): string {
  return `${letter}-${createHash("sha256").update(words.join("\n")).digest("hex").slice(0, 32)}`;
}

/** 👀 on receipt, once the place is proven and a line is this environment's affair; null before. */
export function receiptReaction(message: SignedMessage): Report | null {
  return ours(message) ? reaction(message, "eyes") : null;
}

/**
 * What to tell once every line has its outcome: 🚀 or 👎, and at most one comment. Empty while a line is open, while the place is
 * only claimed (the answer would go to the wrong issue), and where all was silent.
 */
export function answerReports(message: SignedMessage): readonly Report[] {
  if (message.place.kind === "claimed" || message.lines.some(({ stand }) => stand.kind === "open")) return [];
  const told = message.lines.flatMap(({ line, stand }) => (stand.kind === "settled" ? [{ line, ...stand }] : []));
  if (told.length === 0) return [];
  const good = told.every(({ outcome }) => outcome.kind === "done");
  const reports: (Report | null)[] = [reaction(message, good ? "rocket" : "-1")];
  if (!good || told.some(({ tell }) => tell === "always")) {
    const answer: Answer = {
      id: eventId("a", message.environment, message.key),
      trace: message.trace,
      environment: message.environment,
      place: message.place.kind === "proven" ? message.place.place : null,
      subject: message.subject,
      lines: told.map(({ line, outcome }) => ({ line, outcome })),
    };
    reports.push({ kind: "answer", answer });
  }
  return reports.filter((report) => report !== null);
}

/** Joins what the jobs of one line (one for each builder that it concerns) came to. */
export function joinOutcomes(outcomes: readonly Exclude<JobOutcome, { kind: "postponed" }>[]): LineOutcome["outcome"] {
  const said = outcomes.map(lineOutcome);
  const [first, ...others] = said;
  if (first === undefined) return { kind: "failed", reason: "nothing was to be done" };
  if (others.length === 0) return first;
  if (said.every((outcome) => outcome.kind === "done")) return { kind: "done", summary: said.map(words).join("; ") };
  if (said.every((outcome) => outcome.kind === "refused")) return first;
  return { kind: "failed", reason: said.map(words).join("; ") };
}

function lineOutcome(outcome: Exclude<JobOutcome, { kind: "postponed" }>): LineOutcome["outcome"] {
  switch (outcome.kind) {
    case "done":
      return { kind: "done", summary: outcome.summary };
    case "refused":
      return { kind: "refused", refusal: outcome.refusal };
    case "failed":
    case "cancelled":
      return { kind: "failed", reason: outcome.reason };
  }
}

function words(outcome: LineOutcome["outcome"]): string {
  switch (outcome.kind) {
    case "done":
      return outcome.summary;
    case "failed":
      return outcome.reason;
    case "refused":
      return `${outcome.refusal.code}: ${outcome.refusal.message}`;
  }
}

function ours(message: SignedMessage): boolean {
  return message.lines.some(({ stand }) => stand.kind !== "silent");
}

function reaction(message: SignedMessage, content: Reaction["content"]): Report | null {
  if (message.place.kind !== "proven") return null;
  const id = eventId("r", message.environment, message.place.place.comment, content);
  return { kind: "reaction", reaction: { id, place: message.place.place, content } };
}
