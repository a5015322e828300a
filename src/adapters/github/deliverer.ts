import type { CommentPlace } from "../../domain/index.ts";
import {
  answerComment,
  decodePosting,
  foldLabels,
  issueBody,
  type LabelChange,
  type LogLinks,
  labelChange,
  labelFamily,
  type MessageTemplates,
  noticeComment,
  noticeLabels,
  type Posting,
  postingId,
  statusComment,
  statusIssueTitle,
  withMarker,
} from "../../report/index.ts";
import type { Deliverer, DeliveryOutcome, OutboxEntry } from "../../work/index.ts";
import type { GithubClient } from "./client.ts";
import { GithubFault } from "./fault.ts";
import type { IssueMemory } from "./issue-memory.ts";
import { type IssueWriter, issueWriter, type MarkedComment } from "./issue-writer.ts";
import { type StatusIssues, statusIssues } from "./status-issue.ts";

/** Where reports go and how they are worded. Repositories are `OWNER/REPO`. */
export interface GithubReportSettings {
  readonly reportRepository: string;
  readonly issuesRepository: string;
  readonly logs: LogLinks;
  readonly templates: MessageTemplates;
  /** Other environments' bots, whose status issues are ours too. */
  readonly reporters: readonly string[];
  /** For an issue that is made before its announcement is known. */
  readonly minAgeDays: number;
}

/** What {@link githubDeliverer} needs. */
export interface GithubDelivererParts {
  readonly client: GithubClient;
  readonly settings: GithubReportSettings;
  readonly memory: IssueMemory;
  readonly now: () => Date;
}

type StatusPosting = Extract<Posting, { kind: "status" }>;
type NoticePosting = Extract<Posting, { kind: "notice" }>;

const deniedMs = 600_000;
/** Ten minutes apart: about two days for an operator to mend a missing permission. */
const deniedTries = 300;
const longestBackOffMs = 300_000;

/** Delivers the outbox's `github` channel. Never throws, never waits: it says when to come back. */
export function githubDeliverer(parts: GithubDelivererParts): Deliverer {
  const { client, settings, memory, now } = parts;
  const writer = issueWriter(client);
  const { reportRepository: repository, reporters } = settings;
  const issues = statusIssues({ client, writer, memory, repository, reporters, duplicates: "closed" });
  const desk: Desk = { client, settings, writer, issues };
  /** A limit holds for all lanes. */
  let limitedUntil = 0;

  async function deliver(entries: readonly [OutboxEntry, ...OutboxEntry[]]): Promise<DeliveryOutcome> {
    const [first, second] = entries;
    const wait = limitedUntil - now().getTime();
    if (wait > 0) {
      return { kind: "retry", afterMs: wait, ambiguous: first.ambiguous, reason: "GitHub's rate limit" };
    }
    try {
      return { kind: "delivered", count: await post(desk, entries) };
    } catch (error) {
      if (!(error instanceof GithubFault)) {
        // A bug of ours: it must not stop the other lanes, nor this one for ever.
        return { kind: "undeliverable", reason: `bug: ${error instanceof Error ? error.message : String(error)}` };
      }
      if (error.kind === "limited") limitedUntil = now().getTime() + (error.afterMs ?? 60_000);
      const outcome = outcomeOf(error, first);
      // Which of them GitHub will not have is not known: one at a time tells, and spares the others.
      return outcome.kind === "undeliverable" && second !== undefined ? deliver([first]) : outcome;
    }
  }

  return { deliver };
}

/** What the ways of posting share. */
interface Desk {
  readonly client: GithubClient;
  readonly settings: GithubReportSettings;
  readonly writer: IssueWriter;
  readonly issues: StatusIssues;
}

function outcomeOf(fault: GithubFault, first: OutboxEntry): DeliveryOutcome {
  const reason = fault.message;
  const ambiguous = first.ambiguous || fault.ambiguous;
  switch (fault.kind) {
    case "unavailable": {
      const afterMs = fault.afterMs ?? Math.min(1000 * 2 ** Math.min(first.tries, 20), longestBackOffMs);
      return { kind: "retry", afterMs, ambiguous, reason };
    }
    case "limited":
      return { kind: "retry", afterMs: fault.afterMs ?? 60_000, ambiguous, reason };
    case "denied":
      if (first.tries >= deniedTries) return { kind: "undeliverable", reason };
      return { kind: "retry", afterMs: deniedMs, ambiguous, reason };
    case "gone":
    case "refused":
      return { kind: "undeliverable", reason };
  }
}

/** Posts the first of the entries and as many after it as fit into the same requests; answers how many. */
async function post(desk: Desk, entries: readonly [OutboxEntry, ...OutboxEntry[]]): Promise<number> {
  const postings = entries.map(({ payload }) => decodePosting(payload));
  const [first] = postings;
  switch (first?.kind) {
    case undefined:
      return 0;
    case "status":
      return postStatus(
        desk,
        leading(postings, (posting) => posting.kind === "status"),
      );
    case "notice":
      return postNotices(
        desk,
        leading(postings, (posting) => posting.kind === "notice"),
      );
    case "answer": {
      const { place, subject } = first.answer;
      const issue = place?.issue ?? (subject === null ? null : await newestIssue(desk, subject));
      if (issue === null) throw new GithubFault("gone", "the answer has no status issue to go to");
      const comments = [marked(postingId(first), answerComment(first.answer))];
      await desk.writer.update(
        { repository: desk.settings.reportRepository, issue },
        { labels: foldLabels([]), comments, foreseen: [] },
      );
      return 1;
    }
    case "reaction":
      await react(desk, first.reaction.place, first.reaction.content);
      return 1;
  }
}

function leading<T extends Posting>(postings: readonly Posting[], fits: (posting: Posting) => boolean): readonly T[] {
  const end = postings.findIndex((posting) => !fits(posting));
  return postings.slice(0, end === -1 ? undefined : end) as T[];
}

function marked(id: string, text: string): MarkedComment {
  return { id, body: withMarker(text, id) };
}

async function newestIssue(
  { issues }: Desk,
  subject: { readonly component: string; readonly release: string },
): Promise<number | null> {
  return issues.findNewest(`${subject.component} `, ` (${subject.release})`);
}

/** GitHub answers the same reaction of the same user twice with the first one: it cannot be doubled. */
async function react({ client, settings }: Desk, place: CommentPlace, content: string): Promise<void> {
  await client.rest("POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", settings.reportRepository, {
    comment_id: place.comment,
    content,
  });
}

async function postStatus(desk: Desk, postings: readonly StatusPosting[]): Promise<number> {
  const { settings, issues, writer } = desk;
  const [first] = postings;
  if (first === undefined) return 0;
  const title = statusIssueTitle(first.event.subject);
  const labels = foldLabels(postings.map(({ event }) => labelChange(event)));
  const comments = postings.flatMap(({ event }) => {
    const text = statusComment(event, settings.logs);
    return text === null ? [] : [marked(event.id, text)];
  });
  const foreseen = postings.flatMap(({ event }) =>
    "distribution" in event ? labelFamily(event.subject.release, event.distribution) : [],
  );
  const found = await issues.find(title);
  if (found !== null) {
    try {
      await writer.update({ repository: settings.reportRepository, issue: found }, { labels, comments, foreseen });
      return postings.length;
    } catch (error) {
      // Deleted or moved away by a person: what happens from now on is still told, on a new issue.
      if (!(error instanceof GithubFault) || error.kind !== "gone") throw error;
      issues.forget(title);
      const again = await issues.find(title);
      if (again !== null && again !== found) return postStatus(desk, postings);
      issues.forget(title);
    }
  }
  const { issue, labels: on } = await issues.create(title, body(desk, postings, first), labels.add);
  const left = { add: labels.add.filter((label) => !on.has(label)), remove: labels.remove };
  await writer.update({ repository: settings.reportRepository, issue }, { labels: left, comments, foreseen });
  return postings.length;
}

function body({ settings }: Desk, postings: readonly StatusPosting[], first: StatusPosting): string {
  const { issuesRepository, templates, minAgeDays } = settings;
  const { subject, at } = first.event;
  const known = postings.map(({ event }) => event).find((event) => event.type === "announced");
  const input = known ?? { subject, at, history: null, distributions: [], minAgeDays };
  return issueBody({ ...input, issuesRepository }, templates);
}

async function postNotices({ writer, settings }: Desk, postings: readonly NoticePosting[]): Promise<number> {
  const [first] = postings;
  if (first === undefined) return 0;
  const { repository, issue } = first.notice;
  const labels: LabelChange = foldLabels(postings.map(({ notice }) => noticeLabels(notice)));
  const comments = postings.flatMap(({ notice }) => {
    const text = noticeComment(notice, settings.templates);
    return text === null ? [] : [marked(notice.id, text)];
  });
  await writer.update({ repository, issue }, { labels, comments, foreseen: [] });
  return postings.length;
}
