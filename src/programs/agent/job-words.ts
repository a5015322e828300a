import type { JobOutcome } from "../../work/index.ts";

/** What the log says of a job's beginning or end. */
export function wordsOf(event: "begins" | JobOutcome): { readonly event: string; readonly why?: string } {
  if (event === "begins") return { event };
  switch (event.kind) {
    case "done":
      return { event: event.kind, why: event.summary };
    case "refused":
      return { event: event.kind, why: `${event.refusal.code}: ${event.refusal.message}` };
    case "failed":
    case "cancelled":
    case "postponed":
      return { event: event.kind, why: event.reason };
  }
}
