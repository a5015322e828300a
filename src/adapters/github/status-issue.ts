import { z } from "zod";
import { type GithubClient, ownerAndRepo } from "./client.ts";
import { type FoundIssue, findIssueAnswer, findIssueDocument, parseAnswer } from "./documents.ts";
import { GithubFault } from "./fault.ts";
import type { IssueMemory } from "./issue-memory.ts";
import type { IssueWriter } from "./issue-writer.ts";

/** Finds and makes status issues: one for a title, and only our own. */
export interface StatusIssues {
  /** The issue of that title; null where there is none that is ours. Throws {@link GithubFault}. */
  find(title: string): Promise<number | null>;
  /** The newest of our issues whose title begins and ends so. */
  findNewest(beginning: string, ending: string): Promise<number | null>;
  /**
   * Makes it with these labels. Where another reporter was faster, ours is closed, and its issue answered. `labels` are
   * those that the issue has now: GitHub drops, without a word, what the account may not put on.
   */
  create(
    title: string,
    body: string,
    labels: readonly string[],
  ): Promise<{ readonly issue: number; readonly labels: ReadonlySet<string> }>;
  forget(title: string): void;
}

/** What {@link statusIssues} needs. */
export interface StatusIssueParts {
  readonly client: GithubClient;
  readonly writer: IssueWriter;
  readonly memory: IssueMemory;
  readonly repository: string;
  /**
   * Logins, beside the one that the credentials stand for, whose issues are ours: the bots of other environments
   * (`name`, or `name[bot]` for an App). A stranger's issue of the same title is never adopted.
   */
  readonly reporters: readonly string[];
  /** What becomes of ours with a title that an earlier one has: closed, or, by who only reads, let be. */
  readonly duplicates: "closed" | "let be";
}

const createdIssue = z.object({
  number: z.int(),
  node_id: z.string(),
  labels: z.array(z.object({ node_id: z.string(), name: z.string() })),
});

/** {@link StatusIssues} on GitHub. */
export function statusIssues(parts: StatusIssueParts): StatusIssues {
  const { client, writer, memory, repository } = parts;

  /** Ours, the lowest number first: among the newest of the repository, and what the search index knows of older ones. */
  async function search(words: string): Promise<Record<"newest" | "all", readonly FoundIssue[]>> {
    const answer = await client.graphql(findIssueDocument, repository, {
      ...ownerAndRepo(repository),
      search: `repo:${repository} is:issue in:title "${words}"`,
    });
    const data = parseAnswer(findIssueAnswer, answer);
    const ours = (nodes: readonly (FoundIssue | null)[]): readonly FoundIssue[] =>
      nodes
        .flatMap((node) => (node !== null && isOurs(node, parts.reporters) ? [node] : []))
        .sort((a, b) => a.number - b.number);
    const newest = data.repository.issues.nodes;
    return { newest: ours(newest), all: ours([...newest, ...data.search.nodes]) };
  }

  async function giveWay(loser: number, winner: number, title: string): Promise<void> {
    await client.rest("PATCH /repos/{owner}/{repo}/issues/{issue_number}", repository, {
      issue_number: loser,
      title: `Duplicate of #${winner}: ${title}`,
      state: "closed",
      state_reason: "not_planned",
      labels: [],
    });
  }

  return {
    async find(title) {
      const remembered = memory.get(title);
      if (remembered !== null) return remembered;
      const same = (await search(title)).all.filter((issue) => issue.title === title);
      const [found, ...others] = same.filter(({ id }, at) => same.findIndex((issue) => issue.id === id) === at);
      if (found === undefined) return null;
      // Made in the same second as the first, by a reporter that ended before it could look.
      const late = parts.duplicates === "closed" ? others.filter((other) => other.viewerDidAuthor) : [];
      for (const other of late) await giveWay(other.number, found.number, title);
      memory.set(title, found.number);
      return found.number;
    },

    async findNewest(beginning, ending) {
      const remembered = memory.newest(beginning, ending);
      if (remembered !== null) return remembered;
      const { all } = await search(`${beginning.trim()} ${ending.trim()}`);
      const fitting = all.filter(({ title }) => title.startsWith(beginning) && title.endsWith(ending));
      return fitting.at(-1)?.number ?? null;
    },

    async create(title, body, labels) {
      const answer = await client
        .rest("POST /repos/{owner}/{repo}/issues", repository, { title, body, labels })
        .catch(missingRepository);
      const parsed = createdIssue.safeParse(answer.data);
      if (!parsed.success) {
        throw new GithubFault("unavailable", "GitHub: a new issue was not answered as one", { ambiguous: true });
      }
      const ours = parsed.data;
      // Another build qube may have made one in the same second. Whoever came second sees both, and gives way.
      // (Only the list of the newest is always up to date: the index may still know an issue that has been deleted.)
      const winner = (await search(title)).newest.find((issue) => issue.title === title);
      if (winner !== undefined && winner.number < ours.number) {
        await giveWay(ours.number, winner.number, title);
        memory.set(title, winner.number);
        const known = new Map(winner.labels.nodes.map(({ id, name }) => [name, id]));
        writer.learn({ repository, issue: winner.number }, { nodeId: winner.id, labels: known });
        return { issue: winner.number, labels: new Set(known.keys()) };
      }
      memory.set(title, ours.number);
      const known = new Map(ours.labels.map(({ node_id, name }) => [name, node_id]));
      writer.learn({ repository, issue: ours.number }, { nodeId: ours.node_id, labels: known });
      return { issue: ours.number, labels: new Set(known.keys()) };
    },

    forget: (title) => memory.forget(title),
  };
}

/** The report repository stands in the configuration: that it is not there is for an operator to mend. */
function missingRepository(error: unknown): never {
  if (error instanceof GithubFault && error.kind === "gone") throw new GithubFault("denied", error.message);
  throw error;
}

/** Whether the credentials' own account, or another environment's bot, has made it. */
export function isOurs({ viewerDidAuthor, author }: FoundIssue, reporters: readonly string[]): boolean {
  if (viewerDidAuthor) return true;
  if (author === null) return false;
  const login = author.__typename === "Bot" ? `${author.login.replace(/\[bot\]$/, "")}[bot]` : author.login;
  return reporters.includes(login);
}
