import type { Report } from "../../domain/index.ts";
import { outboxDrafts } from "../../report/index.ts";
import type { NewOutboxEntry } from "../../work/index.ts";
import type { AgentSettings } from "./settings.ts";

/** What an agent in shadow mode would have told GitHub: kept in the outbox under a channel that nobody delivers. */
export const shadowChannel = "shadow";

/** What the outbox gets for a report, as this agent's GitHub delivery reads it. */
export function outboxEntries({
  mode,
  github,
}: Pick<AgentSettings, "mode" | "github">): (report: Report) => readonly NewOutboxEntry[] {
  return (report) => {
    const drafts = outboxDrafts(report, github["issues-repository"]);
    return mode === "shadow" ? drafts.map((draft) => ({ ...draft, channel: shadowChannel })) : drafts;
  };
}
