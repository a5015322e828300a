import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { GithubFault } from "../../../adapters/github/fault.ts";
import type { GithubClient } from "../../../adapters/github/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import { type Awaited, type Heard, type Outcome, outcomesOf } from "./outcomes.ts";
import type { SignedText } from "./sign.ts";

/** Answers come within seconds or within minutes: GitHub is asked often at first. */
const longestPauseMs = 5000;

/** A comment posted, and where its answers come. */
export interface PostedMessage {
  readonly repository: string;
  readonly issue: number;
  readonly comment: number;
  /** Who made the status issue: the bot. Nobody else's answers count. */
  readonly bot: string;
  readonly trace: string;
}

const userShape = z.object({ login: z.string() });
const issueShape = z.object({ user: userShape });
const postedShape = z.object({ id: z.int() });
const commentsShape = z.array(z.object({ id: z.int(), body: z.string(), user: userShape.nullable() }));
const reactionsShape = z.array(z.object({ content: z.string(), user: userShape.nullable() }));

function parsed<Schema extends z.ZodType>(schema: Schema, data: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(data);
  if (!result.success) throw new AdapterError("UNEXPECTED_ANSWER", `GitHub: ${what} was not answered as one`);
  return result.data;
}

/** Posts the signed message on the issue. Throws AdapterError or GithubFault. */
export async function postMessage(
  client: GithubClient,
  where: { readonly repository: string; readonly issue: number },
  signed: SignedText,
): Promise<PostedMessage> {
  const place = { issue_number: where.issue };
  const issue = await client.rest("GET /repos/{owner}/{repo}/issues/{issue_number}", where.repository, place);
  const bot = parsed(issueShape, issue.data, `issue #${where.issue}`).user.login;
  const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
  const posted = await client.rest(route, where.repository, { ...place, body: signed.text });
  return { ...where, bot, comment: parsed(postedShape, posted.data, "a comment").id, trace: signed.trace };
}

/** What is told while it is waited. */
export interface Following {
  readonly limitMs: number;
  /** Once for each, when its outcome is known. */
  readonly decided: (one: Awaited, outcome: Outcome) => void;
  /** After each look. */
  readonly waiting: (state: {
    readonly open: number;
    readonly taken: boolean;
    readonly trouble: string | null;
  }) => void;
}

/** Looks until everything is done or refused, or the time is over; answers the outcomes that are known then. */
export async function followOutcomes(
  client: GithubClient,
  posted: PostedMessage,
  awaited: readonly Awaited[],
  following: Following,
): Promise<ReadonlyMap<Awaited, Outcome>> {
  const known = new Map<Awaited, Outcome>();
  const end = performance.now() + following.limitMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    let trouble: string | null = null;
    let taken = false;
    try {
      const heard = await listen(client, posted, awaited);
      taken = heard.reactions.length > 0;
      for (const [one, outcome] of outcomesOf(awaited, heard)) {
        if (known.has(one)) continue;
        known.set(one, outcome);
        following.decided(one, outcome);
      }
    } catch (error) {
      // The message is posted: what GitHub cannot say now, it says later.
      if (!(error instanceof GithubFault)) throw error;
      trouble = error.message;
    }
    following.waiting({ open: awaited.length - known.size, taken, trouble });
    if (known.size === awaited.length || performance.now() > end) return known;
    await sleep(pauseMs);
  }
}

async function listen(client: GithubClient, posted: PostedMessage, awaited: readonly Awaited[]): Promise<Heard> {
  const { repository, comment, bot, trace } = posted;
  const issues = [...new Set([posted.issue, ...awaited.flatMap(({ issue }) => (issue === null ? [] : [issue]))])];
  const comments: Heard["comments"][number][] = [];
  for (const issue of issues) comments.push(...(await commentsSince(client, posted, issue)));
  const route = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions";
  const answer = await client.rest(route, repository, { comment_id: comment, per_page: 100 });
  const reactions = parsed(reactionsShape, answer.data, "a list of reactions");
  return {
    comments,
    reactions: reactions.filter(({ user }) => user?.login === bot).map(({ content }) => content),
    trace,
  };
}

/** The bot's comments on an issue that are later than the posted message: GitHub numbers them in order. */
async function commentsSince(client: GithubClient, posted: PostedMessage, issue: number): Promise<Heard["comments"]> {
  const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
  const found: Heard["comments"][number][] = [];
  for (let page = 1; ; page++) {
    const answer = await client.rest(route, posted.repository, { issue_number: issue, per_page: 100, page });
    const comments = parsed(commentsShape, answer.data, "a list of comments");
    for (const { id, body, user } of comments) {
      if (id > posted.comment && user?.login === posted.bot) found.push({ issue, body });
    }
    if (comments.length < 100) return found;
  }
}
