/** What anybody sees on GitHub, and what a maintainer does there: read issues, comments, reactions; post a comment. */
import { z } from "zod";
import type { IssueSummary } from "./summary.ts";

/** Who asks, where, of which repository (`OWNER/NAME`). */
export interface GithubAccess {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: string;
}

/** A comment as posted. */
export interface IssueComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly created: string;
}

const issueShape = z.object({
  number: z.number(),
  title: z.string(),
  labels: z.array(z.object({ name: z.string() })),
});
const commentShape = z.object({
  id: z.number(),
  body: z.string(),
  created_at: z.string(),
  user: z.object({ login: z.string() }).nullable(),
});
const reactionShape = z.object({ content: z.string() });

/**
 * The open issues of the repository, oldest first. Where two build qubes opened one for the same version in the same moment,
 * the second is closed as a duplicate: it is not a status issue.
 */
export async function listIssues(access: GithubAccess): Promise<IssueSummary[]> {
  const issues = await read(access, "issues?state=open&per_page=100", z.array(issueShape));
  return issues
    .map(({ number, title, labels }) => ({ number, title, labels: labels.map(({ name }) => name).sort() }))
    .sort((one, other) => one.number - other.number);
}

/** All comments on one issue, oldest first. */
export async function listComments(access: GithubAccess, issue: number): Promise<IssueComment[]> {
  const comments = await read(access, `issues/${issue}/comments?per_page=100`, z.array(commentShape));
  return comments.map(toComment);
}

/** The reactions on one comment: `eyes`, `rocket`, `-1`, `confused`. */
export async function listReactions(access: GithubAccess, comment: number): Promise<string[]> {
  const reactions = await read(access, `issues/comments/${comment}/reactions?per_page=100`, z.array(reactionShape));
  return reactions.map(({ content }) => content);
}

/** Posts a comment; answers it as GitHub has it, with GitHub's line ends and times. */
export async function postComment(access: GithubAccess, issue: number, body: string): Promise<IssueComment> {
  return toComment(await read(access, `issues/${issue}/comments`, commentShape, { body }));
}

function toComment({ id, body, created_at, user }: z.output<typeof commentShape>): IssueComment {
  return { id, author: user?.login ?? "ghost", body, created: created_at };
}

async function read<Shape extends z.ZodType>(
  access: GithubAccess,
  path: string,
  shape: Shape,
  body?: unknown,
): Promise<z.output<Shape>> {
  const response = await fetch(`${access.apiUrl}/repos/${access.repository}/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${access.token}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${path}: ${await response.text()}`);
  return shape.parse(await response.json());
}
