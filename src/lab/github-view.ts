/** What anybody sees on GitHub, and what a maintainer does there: read issues, comments, reactions; post a comment. */
import { Octokit, type RestEndpointMethodTypes } from "@octokit/rest";
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

type PostedComment = RestEndpointMethodTypes["issues"]["createComment"]["response"]["data"];

/**
 * The open issues of the repository, oldest first. Where two build qubes opened one for the same version in the same moment,
 * the second is closed as a duplicate: it is not a status issue.
 */
export async function listIssues(access: GithubAccess): Promise<IssueSummary[]> {
  const { octokit, place } = open(access);
  const { data } = await octokit.issues.listForRepo({ ...place, state: "open", per_page: 100 });
  return data
    .map(({ number, title, labels }) => ({ number, title, labels: labels.map(labelName).sort() }))
    .sort((one, other) => one.number - other.number);
}

/** All comments on one issue, oldest first. */
export async function listComments(access: GithubAccess, issue: number): Promise<IssueComment[]> {
  const { octokit, place } = open(access);
  const { data } = await octokit.issues.listComments({ ...place, issue_number: issue, per_page: 100 });
  return data.map(toComment);
}

/** The reactions on one comment: `eyes`, `rocket`, `-1`, `confused`. */
export async function listReactions(access: GithubAccess, comment: number): Promise<string[]> {
  const { octokit, place } = open(access);
  const { data } = await octokit.reactions.listForIssueComment({ ...place, comment_id: comment, per_page: 100 });
  return data.map(({ content }) => content);
}

/** Posts a comment; answers it as GitHub has it, with GitHub's line ends and times. */
export async function postComment(access: GithubAccess, issue: number, body: string): Promise<IssueComment> {
  const { octokit, place } = open(access);
  return toComment((await octokit.issues.createComment({ ...place, issue_number: issue, body })).data);
}

function open({ apiUrl, token, repository }: GithubAccess): {
  readonly octokit: Octokit;
  readonly place: { readonly owner: string; readonly repo: string };
} {
  const [owner = "", repo = ""] = repository.split("/");
  const bounded: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(60_000) });
  return {
    octokit: new Octokit({ auth: token, baseUrl: apiUrl, request: { fetch: bounded } }),
    place: { owner, repo },
  };
}

function labelName(label: string | { readonly name?: string }): string {
  return typeof label === "string" ? label : (label.name ?? "");
}

function toComment({ id, body, created_at, user }: PostedComment): IssueComment {
  return { id, author: user?.login ?? "ghost", body: body ?? "", created: created_at };
}
