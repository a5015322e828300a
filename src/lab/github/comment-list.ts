import type { LabAnswer } from "./answer.ts";

/** Asks the emulator for a path. */
type Get = (path: string) => Promise<LabAnswer>;

interface Dated {
  readonly created_at: string;
  readonly updated_at: string;
}

async function allPages<T>(get: Get, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; ; page++) {
    const { status, body } = await get(`${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
    if (status !== 200) throw new Error(`the emulator answered ${status} to ${path}`);
    items.push(...(body as T[]));
    if ((body as T[]).length < 100) return items;
  }
}

/**
 * `GET /repos/OWNER/REPO/issues/comments`, which the emulator takes for an issue named "comments": all comments of a
 * repository by time, whole seconds as GitHub has them, paged.
 */
export async function repositoryComments(get: Get, repository: string, query: URLSearchParams): Promise<LabAnswer> {
  const issues = await allPages<{ number: number; comments: number }>(get, `/repos/${repository}/issues?state=all`);
  const comments: Dated[] = [];
  for (const { number } of issues.filter((issue) => issue.comments > 0)) {
    comments.push(...(await allPages<Dated>(get, `/repos/${repository}/issues/${number}/comments`)));
  }
  const field = query.get("sort") === "updated" ? "updated_at" : "created_at";
  const since = Date.parse(query.get("since") ?? "1970-01-01T00:00:00Z");
  const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000) * 1000;
  const sorted = comments
    .filter(({ updated_at }) => seconds(updated_at) >= since)
    .sort((a, b) => Date.parse(a[field]) - Date.parse(b[field]));
  if (query.get("direction") === "desc") sorted.reverse();
  const count = Number(query.get("per_page") ?? 30);
  const start = (Number(query.get("page") ?? 1) - 1) * count;
  return { status: 200, body: sorted.slice(start, start + count) };
}
