import { z } from "zod";

const user = z.object({ login: z.string(), type: z.string() });
const label = z.object({ node_id: z.string(), name: z.string(), color: z.string() });
const issue = z.object({
  node_id: z.string(),
  number: z.int(),
  title: z.string(),
  body: z.string().nullable(),
  state: z.enum(["open", "closed"]),
  locked: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
  user: user.nullable(),
  labels: z.array(label),
});
const comment = z.object({
  id: z.int(),
  node_id: z.string(),
  body: z.string(),
  created_at: z.string(),
  html_url: z.string(),
  user: user.nullable(),
});

/** An issue, a comment, a label as the emulator's REST half has them. */
export type RestIssue = z.output<typeof issue>;
export type RestComment = z.output<typeof comment>;
export type RestLabel = z.output<typeof label>;

/** The emulator's REST half, asked on behalf of whoever asked us. */
export interface Rest {
  issue(repository: string, number: number): Promise<RestIssue | null>;
  /** Newest first. */
  issues(repository: string): Promise<readonly RestIssue[]>;
  comments(repository: string, number: number): Promise<readonly RestComment[]>;
  labels(repository: string): Promise<readonly RestLabel[]>;
  addComment(repository: string, number: number, body: string): Promise<RestComment>;
  addLabels(repository: string, number: number, names: readonly string[]): Promise<void>;
  removeLabel(repository: string, number: number, name: string): Promise<void>;
  close(repository: string, number: number, reason: string): Promise<void>;
}

/** Asks the emulator with one caller's credentials. `ask` answers the status and the parsed body. */
export function emulatorRest(
  ask: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>,
): Rest {
  async function got<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema> | null> {
    const { status, body } = await ask("GET", path);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the emulator answered ${status} to ${path}`);
    return schema.parse(body);
  }

  async function all<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>[]> {
    const items: z.output<Schema>[] = [];
    for (let page = 1; ; page++) {
      const got1 = await got(z.array(schema), `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
      items.push(...(got1 ?? []));
      if ((got1 ?? []).length < 100) return items;
    }
  }

  async function done(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(`the emulator answered ${answer.status} to ${method} ${path}`);
    return answer.body;
  }

  return {
    issue: (repository, number) => got(issue, `/repos/${repository}/issues/${number}`),
    issues: (repository) => all(issue, `/repos/${repository}/issues?state=all&sort=created&direction=desc`),
    comments: (repository, number) => all(comment, `/repos/${repository}/issues/${number}/comments`),
    labels: (repository) => all(label, `/repos/${repository}/labels`),
    addComment: async (repository, number, body) =>
      comment.parse(await done("POST", `/repos/${repository}/issues/${number}/comments`, { body })),
    addLabels: async (repository, number, labels) =>
      void (await done("POST", `/repos/${repository}/issues/${number}/labels`, { labels })),
    removeLabel: async (repository, number, name) => {
      await ask("DELETE", `/repos/${repository}/issues/${number}/labels/${encodeURIComponent(name)}`);
    },
    close: async (repository, number, reason) =>
      void (await done("PATCH", `/repos/${repository}/issues/${number}`, { state: "closed", state_reason: reason })),
  };
}
