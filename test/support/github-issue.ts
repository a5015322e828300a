import type { GithubLab } from "../../src/lab/github/index.ts";

/** An issue as anybody sees it. */
export interface SeenIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly labels: readonly string[];
  /** Bodies, oldest first. */
  readonly comments: readonly string[];
}

/** Asks the tests' GitHub as a stranger does; the body as JSON. */
export async function askGithub(
  github: GithubLab,
  path: string,
  request: { readonly method?: string; readonly body?: unknown; readonly token?: string } = {},
): Promise<unknown> {
  const response = await fetch(`${github.apiUrl}${path}`, {
    method: request.method ?? "GET",
    headers: { authorization: `token ${request.token ?? "token-alice"}`, "content-type": "application/json" },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${path}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Reads an issue with all its comments. */
export async function issueOn(github: GithubLab, repository: string, number: number): Promise<SeenIssue> {
  const path = `/repos/${repository}/issues/${number}`;
  const issue = (await askGithub(github, path)) as {
    title: string;
    body: string;
    state: string;
    labels: { name: string }[];
  };
  const comments: { body: string }[] = [];
  for (let page = 1; ; page++) {
    const some = (await askGithub(github, `${path}/comments?per_page=100&page=${page}`)) as { body: string }[];
    comments.push(...some);
    if (some.length < 100) break;
  }
  return {
    number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    labels: issue.labels.map(({ name }) => name).sort(),
    comments: comments.map(({ body }) => body),
  };
}

/** Number and title of every issue, open or closed. */
export async function issuesOn(
  github: GithubLab,
  repository: string,
): Promise<readonly { readonly number: number; readonly title: string }[]> {
  return (await askGithub(github, `/repos/${repository}/issues?state=all&per_page=100`)) as {
    number: number;
    title: string;
  }[];
}
