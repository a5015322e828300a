import { z } from "zod";
import { AdapterError } from "../../domain/index.ts";
import type { GithubClient } from "./client.ts";
import { adapterErrorOf, GithubFault } from "./fault.ts";

const issue = z.object({
  number: z.int(),
  title: z.string(),
  updated_at: z.iso.datetime().pipe(z.coerce.date()),
  labels: z.array(z.object({ name: z.string() })),
  pull_request: z.unknown().optional(),
});

/** An issue, open or closed, whoever made it. */
export interface ListedTitle {
  readonly number: number;
  readonly title: string;
  readonly labels: readonly string[];
}

const perPage = 100;

/** Every issue that has changed since then, a hundred at a time, the lowest number first. Throws AdapterError. */
export async function issuesSince(
  client: GithubClient,
  repository: string,
  since: Date,
): Promise<readonly ListedTitle[]> {
  const found = new Map<number, ListedTitle>();
  try {
    for (let page = 1; ; page++) {
      const parameters = { state: "all", sort: "created", direction: "desc", per_page: perPage, page };
      const query = { ...parameters, since: since.toISOString().replace(/\.[0-9]+/, "") };
      const { data } = await client.rest("GET /repos/{owner}/{repo}/issues", repository, query);
      const parsed = z.array(issue).safeParse(data);
      if (!parsed.success) throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: issues were not answered as issues");
      for (const { number, title, labels, updated_at: updated, pull_request: pull } of parsed.data) {
        if (updated < since || pull != null) continue;
        found.set(number, { number, title, labels: labels.map(({ name }) => name) });
      }
      if (parsed.data.length < perPage) return [...found.values()].sort((a, b) => a.number - b.number);
    }
  } catch (error) {
    throw error instanceof GithubFault ? adapterErrorOf(error) : error;
  }
}
