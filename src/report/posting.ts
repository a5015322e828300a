import type { DistributionName, Report, Subject, TraceId } from "../domain/index.ts";
import { fixedIssues } from "./references.ts";
import { statusIssueTitle } from "./title.ts";

/** What the issues repository is told: this update, which fixes that issue, has reached a repository. */
export interface Notice {
  readonly id: string;
  /** The issues repository, `OWNER/REPO`. */
  readonly repository: string;
  readonly issue: number;
  readonly subject: Subject;
  readonly distribution: DistributionName | null;
  /** Message templates call `current` stable. */
  readonly reached: "current-testing" | "stable";
}

/** One thing to write on GitHub: a report, or one of the notices that follow from it. */
export type Posting = Report | { readonly kind: "notice"; readonly notice: Notice };

/** A posting as the outbox keeps it. */
export interface PostingDraft {
  readonly id: string;
  readonly channel: "github";
  readonly lane: string;
  readonly payload: string;
}

/**
 * What the outbox gets for a report, in the transaction that writes the state it reports: the report itself, and a
 * notice for each issue that the update fixes, each with a lane of its own, so that no deleted issue stops the others.
 */
export function outboxDrafts(report: Report, issuesRepository: string): readonly PostingDraft[] {
  return [report, ...notices(report, issuesRepository)].map((posting) => ({
    id: postingId(posting),
    channel: "github",
    lane: laneOf(posting),
    payload: encodePosting(posting),
  }));
}

/**
 * What is delivered in order: a status issue's events by its title; the reactions and the answer that one command's
 * comment gets; the notices of one issue of the issues repository.
 */
function laneOf(posting: Posting): string {
  switch (posting.kind) {
    case "status":
      return statusIssueTitle(posting.event.subject);
    case "reaction":
      return `comment ${posting.reaction.place.comment}`;
    case "answer": {
      const { place, subject, id } = posting.answer;
      if (place !== null) return `comment ${place.comment}`;
      return subject === null ? `answer ${id}` : `${subject.component} (${subject.release})`;
    }
    case "notice":
      return `${posting.notice.repository}#${posting.notice.issue}`;
  }
}

/** The posting's own id, which its comment carries. */
export function postingId(posting: Posting): string {
  switch (posting.kind) {
    case "status":
      return posting.event.id;
    case "answer":
      return posting.answer.id;
    case "reaction":
      return posting.reaction.id;
    case "notice":
      return posting.notice.id;
  }
}

/** The command that it is about; null for what nobody has commanded, and where it does not say. */
export function postingTrace(posting: Posting): TraceId | null {
  switch (posting.kind) {
    case "status":
      return posting.event.trace;
    case "answer":
      return posting.answer.trace;
    case "reaction":
    case "notice":
      return null;
  }
}

function notices(report: Report, repository: string): readonly Posting[] {
  if (report.kind !== "status" || report.event.type !== "uploaded" || report.event.history === null) return [];
  const { event } = report;
  if (event.repository !== "current-testing" && event.repository !== "current") return [];
  const reached = event.repository === "current" ? "stable" : "current-testing";
  const { id, subject, distribution, history } = event;
  return fixedIssues(history?.commits ?? [], repository).map((issue) => ({
    kind: "notice",
    notice: { id: `${id}-${issue}`, repository, issue, subject, distribution, reached },
  }));
}

/** A posting as JSON text. */
function encodePosting(posting: Posting): string {
  return JSON.stringify(posting);
}

/** Reads back what {@link encodePosting} wrote. It comes from our own outbox: a shape that is not ours is a bug. */
export function decodePosting(payload: string): Posting {
  const posting = JSON.parse(payload) as Posting;
  if (posting.kind !== "status") return posting;
  return { kind: "status", event: { ...posting.event, at: new Date(posting.event.at) } };
}
