import type { Report } from "../../domain/index.ts";
import { outboxDrafts } from "../../report/index.ts";
import type { NewOutboxEntry } from "../../work/index.ts";
import type { AgentSettings } from "./settings.ts";

/** What the outbox gets for a report, as this agent's GitHub delivery reads it. */
export function outboxEntries({ github }: AgentSettings): (report: Report) => readonly NewOutboxEntry[] {
  return (report) => outboxDrafts(report, github["issues-repository"]);
}
