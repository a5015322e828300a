import { z } from "zod";
import { no, ok, type Result, type TraceId } from "../../domain/index.ts";
import { type DroppedBlock, extractBlocks, traceOf } from "../../signed/index.ts";
import type { EventFilter } from "./settings.ts";

/** A qrexec call that an event leads to, for each build qube. */
export interface ServiceCall {
  readonly service: "qubesbuilder.TriggerBuild" | "qubesbuilder.ProcessGithubCommand";
  readonly argument: string;
  /** ASCII. */
  readonly input: string;
  readonly trace: TraceId | null;
}

/** What an event comes to. No calls: `why` says what makes it none of ours. */
export interface EventVerdict {
  readonly calls: readonly ServiceCall[];
  readonly why: string;
  /** What looks like a signed block in a comment and is none: for the log. */
  readonly dropped: readonly DroppedBlock[];
}

const repository = z.object({
  name: z.string().max(200),
  full_name: z.string().max(300),
  owner: z.object({ login: z.string().max(100) }),
});
const pushEvent = z.object({ ref: z.string().max(1000), deleted: z.boolean().default(false), repository });
const commentEvent = z.object({
  action: z.string().max(100),
  issue: z.object({ number: z.int().positive() }),
  comment: z.object({ id: z.int().positive(), body: z.string().nullable() }),
  repository,
});

/** A component's or repository's name as the argument of TriggerBuild: `--help` is none. */
const triggerName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const nothing = (why: string): EventVerdict => ({ calls: [], why, dropped: [] });

/** What a push leads to: branches and tags of listed owners, not deletions. The error says how the payload is not GitHub's. */
export function judgePush(untrustedPayload: unknown, filter: EventFilter): Result<EventVerdict, string> {
  const parsed = pushEvent.safeParse(untrustedPayload);
  if (!parsed.success) return no(z.prettifyError(parsed.error));
  const { ref, deleted, repository } = parsed.data;
  if (!isListed(repository.owner.login, filter)) return ok(nothing("another owner"));
  if (deleted) return ok(nothing("a deletion"));
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : null;
  if (branch === null && !ref.startsWith("refs/tags/")) return ok(nothing("neither a branch nor a tag"));
  if (branch !== null && filter.branches.length > 0 && !filter.branches.includes(branch)) {
    return ok(nothing("a branch that is not listed"));
  }
  const name = repository.name.replace(/^qubes-/, "");
  if (!triggerName.test(name)) return ok(nothing("a repository whose name no component has"));
  const call: ServiceCall = { service: "qubesbuilder.TriggerBuild", argument: name, input: "", trace: null };
  return ok({ calls: [call], why: "", dropped: [] });
}

/** What a comment leads to: each signed block of a new comment, in order. An edited comment never runs. */
export function judgeComment(untrustedPayload: unknown, filter: EventFilter): Result<EventVerdict, string> {
  const parsed = commentEvent.safeParse(untrustedPayload);
  if (!parsed.success) return no(z.prettifyError(parsed.error));
  const { action, issue, comment, repository } = parsed.data;
  if (action !== "created") return ok(nothing("not a new comment"));
  if (!isListed(repository.owner.login, filter)) return ok(nothing("another owner"));
  const { blocks, dropped } = extractBlocks(comment.body ?? "");
  const isReport = repository.full_name.toLowerCase() === filter.reportRepository.toLowerCase();
  const calls = blocks.map(
    (block): ServiceCall => ({
      service: "qubesbuilder.ProcessGithubCommand",
      argument: isReport ? `${issue.number}.${comment.id}` : "",
      input: block,
      trace: traceOf(block),
    }),
  );
  return ok({ calls, why: calls.length === 0 ? "no signed block" : "", dropped });
}

function isListed(owner: string, filter: EventFilter): boolean {
  return filter.owners.some((listed) => listed.toLowerCase() === owner.toLowerCase());
}
