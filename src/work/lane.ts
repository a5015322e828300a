import type { Report, Subject } from "../domain/index.ts";
import { eventId } from "./message.ts";
import type { NewOutboxEntry } from "./ports.ts";

/** The outbox channel of everything for GitHub. */
export const githubChannel = "github";

/**
 * The report as an entry of the outbox. Its payload is the report as JSON, dates as RFC 3339. Reports of one subject share a
 * lane, so that `built` never overtakes `building`; answers and reactions go by their comment.
 */
export function reportEntry(report: Report): NewOutboxEntry {
  return { id: reportId(report), channel: githubChannel, lane: reportLane(report), payload: JSON.stringify(report) };
}

/** Reads what {@link reportEntry} wrote. The outbox is the program's own: its content is trusted. */
export function readReport(payload: string): Report {
  return JSON.parse(payload, (key, value: unknown) =>
    key === "at" && typeof value === "string" ? new Date(value) : value,
  ) as Report;
}

function reportId(report: Report): string {
  switch (report.kind) {
    case "status":
      return report.event.id;
    case "answer":
      return report.answer.id;
    case "reaction":
      return report.reaction.id;
  }
}

function reportLane(report: Report): string {
  switch (report.kind) {
    case "status":
      return subjectLane(report.event.subject);
    case "answer":
      return report.answer.place === null
        ? eventId("lane", report.answer.id)
        : `comment ${report.answer.place.comment}`;
    case "reaction":
      return `comment ${report.reaction.place.comment}`;
  }
}

function subjectLane(subject: Subject): string {
  switch (subject.kind) {
    case "component":
      return `component ${subject.release} ${subject.component} ${subject.commit}`;
    case "template":
      return `template ${subject.release} ${subject.template} ${subject.version}`;
    case "iso":
      return `iso ${subject.release} ${subject.version}`;
  }
}
