import { z } from "zod";
import { AdapterError } from "../../domain/index.ts";
import { statusIssueTitle } from "../../report/index.ts";
import type { CommentMark, CommentSource, PostedComment } from "../../work/index.ts";
import type { GithubAnswer } from "./client.ts";
import { adapterErrorOf, dateOf, GithubFault } from "./fault.ts";
import { issueWriter } from "./issue-writer.ts";
import { type StatusIssueParts, statusIssues } from "./status-issue.ts";

const comment = z.object({
  id: z.int(),
  issue_url: z.string().regex(/\/issues\/[0-9]+$/),
  user: z.object({ login: z.string() }).nullable(),
  body: z.string().default(""),
  created_at: z.iso.datetime().pipe(z.coerce.date()),
  updated_at: z.iso.datetime().pipe(z.coerce.date()),
});

const perPage = 100;

/** What {@link githubComments} needs. */
export type GithubCommentsParts = Omit<StatusIssueParts, "writer">;

/** Reads the report repository for the agent. */
export function githubComments(parts: GithubCommentsParts): CommentSource {
  const { client, repository } = parts;
  const issues = statusIssues({ ...parts, writer: issueWriter(client) });

  async function list(parameters: Readonly<Record<string, unknown>>): Promise<{
    readonly comments: readonly PostedComment[];
    readonly serverTime: Date;
  }> {
    const route = "GET /repos/{owner}/{repo}/issues/comments";
    const answer = await client.rest(route, repository, { sort: "updated", per_page: perPage, ...parameters });
    const parsed = z.array(comment).safeParse(answer.data);
    if (!parsed.success) throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: comments were not answered as comments");
    return { comments: parsed.data.map(postedComment), serverTime: serverTime(answer) };
  }

  /**
   * All pages by update time: each page is asked from the last time seen on, never by page number alone, since a comment
   * that is edited meanwhile moves to the end and shifts the others past a page's border.
   */
  async function after(mark: CommentMark): ReturnType<CommentSource["after"]> {
    const found: PostedComment[] = [];
    let { updatedAt } = mark;
    let seen = new Set(mark.ids);
    for (let page = 1; ; ) {
      const since = updatedAt.toISOString().replace(/\.[0-9]+/, "");
      const { comments, serverTime } = await list({ direction: "asc", since, page });
      for (const posted of comments) {
        if (posted.updatedAt < updatedAt || (sameTime(posted.updatedAt, updatedAt) && seen.has(posted.id))) continue;
        found.push(posted);
        if (posted.updatedAt > updatedAt) {
          updatedAt = posted.updatedAt;
          seen = new Set();
        }
        seen.add(posted.id);
      }
      if (comments.length < perPage) return { comments: found, mark: { updatedAt, ids: [...seen] }, serverTime };
      // A whole page within one second: only then the next page of the same question.
      page = since === updatedAt.toISOString().replace(/\.[0-9]+/, "") ? page + 1 : 1;
    }
  }

  async function labelsOf(issue: number): Promise<readonly string[]> {
    const route = "GET /repos/{owner}/{repo}/issues/{issue_number}";
    const answer = await client.rest(route, repository, { issue_number: issue });
    const parsed = z.object({ labels: z.array(z.object({ name: z.string() })) }).safeParse(answer.data);
    if (!parsed.success) throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: an issue was not answered as one");
    return parsed.data.labels.map(({ name }) => name);
  }

  return {
    mark: () =>
      asking(async () => {
        const { comments, serverTime } = await list({ direction: "desc" });
        const updatedAt = comments[0]?.updatedAt ?? new Date(0);
        const ids = comments.filter((posted) => sameTime(posted.updatedAt, updatedAt)).map(({ id }) => id);
        return { mark: { updatedAt, ids }, serverTime };
      }),
    after: (mark) => asking(() => after(mark)),
    comment: (id) =>
      asking(async () => {
        const route = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}";
        const answer = await client.rest(route, repository, { comment_id: id }).catch((error: unknown) => {
          if (error instanceof GithubFault && error.kind === "gone" && error.serverTime !== null)
            return error.serverTime;
          throw error;
        });
        if (answer instanceof Date) return { comment: null, serverTime: answer };
        const parsed = comment.safeParse(answer.data);
        if (!parsed.success) throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: a comment was not answered as one");
        return { comment: postedComment(parsed.data), serverTime: serverTime(answer) };
      }),
    labels: (subject) =>
      asking(async () => {
        const title = statusIssueTitle(subject);
        const remembered = await issues.find(title);
        const found = remembered === null ? null : await labelsOf(remembered).catch(nullWhereGone);
        if (found !== null || remembered === null) return found;
        // The one that was remembered has been deleted or moved away: there may be another by now.
        issues.forget(title);
        const other = await issues.find(title);
        return other === null || other === remembered ? null : labelsOf(other);
      }),
  };
}

function sameTime(a: Date, b: Date): boolean {
  return a.getTime() === b.getTime();
}

function postedComment(parsed: z.output<typeof comment>): PostedComment {
  return {
    id: parsed.id,
    issue: Number(/[0-9]+$/.exec(parsed.issue_url)?.[0]),
    author: parsed.user?.login ?? "",
    untrustedBody: parsed.body,
    createdAt: parsed.created_at,
    updatedAt: parsed.updated_at,
    edited: !sameTime(parsed.created_at, parsed.updated_at),
  };
}

/** GitHub's clock, by the answer's `Date`: what depends on age is held against it. */
function serverTime({ headers }: GithubAnswer): Date {
  const date = dateOf(headers);
  if (date === null) throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: an answer without a date");
  return date;
}

async function asking<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw error instanceof GithubFault ? adapterErrorOf(error) : error;
  }
}

function nullWhereGone(error: unknown): null {
  if (error instanceof GithubFault && error.kind === "gone") return null;
  throw error;
}
