import { type Closing, type OpenIssue, withMarker } from "../../report/index.ts";
import { type GithubClient, ownerAndRepo } from "./client.ts";
import {
  closeIssueDocument,
  issueStateAnswer,
  issueStateDocument,
  openIssuesAnswer,
  openIssuesDocument,
  parseAnswer,
  type VotedIssue,
} from "./documents.ts";
import { adapterErrorOf, GithubFault } from "./fault.ts";
import { isOurs } from "./status-issue.ts";

/** An open status issue, with how many people gave it a thumb up or down: testers' votes, which decide nothing. */
export interface ListedIssue extends OpenIssue {
  readonly votes: { readonly up: number; readonly down: number };
}

/** Lists our own status issues, and closes them for the clean-up. Throws AdapterError. */
export interface IssueCloser {
  open(): Promise<readonly ListedIssue[]>;
  /** Comments which one takes its place, and closes. */
  close(closing: Closing): Promise<void>;
}

/** An {@link IssueCloser} for the report repository. */
export function issueCloser(parts: {
  readonly client: GithubClient;
  readonly repository: string;
  readonly reporters: readonly string[];
}): IssueCloser {
  const { client, repository, reporters } = parts;

  async function open(): Promise<readonly ListedIssue[]> {
    const found: VotedIssue[] = [];
    for (let after: string | null = null; ; ) {
      const variables = { ...ownerAndRepo(repository), after };
      const answer = await client.graphql(openIssuesDocument, repository, variables);
      const { nodes, pageInfo } = parseAnswer(openIssuesAnswer, answer).repository.issues;
      found.push(...nodes);
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage || after === null) break;
    }
    return found
      .filter((issue) => isOurs(issue, reporters))
      .map(({ number, title, labels, up, down }) => ({
        number,
        title,
        labels: labels.nodes.map(({ name }) => name),
        votes: { up: up.totalCount, down: down.totalCount },
      }));
  }

  async function close({ issue, why }: Closing): Promise<void> {
    const variables = { ...ownerAndRepo(repository), number: issue, before: null };
    const state = parseAnswer(issueStateAnswer, await client.graphql(issueStateDocument(0), repository, variables));
    const nodeId = state.repository.issue?.id;
    if (nodeId === undefined) throw new GithubFault("gone", `GitHub: #${issue} is not there (any more)`);
    const text = why.kind === "stable" ? "This version is in the stable repositories." : `Superseded by #${why.by}`;
    const reason = why.kind === "stable" ? "COMPLETED" : "NOT_PLANNED";
    const comment = withMarker(text, `cleanup-${issue}`);
    const { errors } = await client.graphql(closeIssueDocument, repository, { issue: nodeId, comment, reason });
    const [error] = errors;
    if (error !== undefined) throw new GithubFault("unavailable", `GitHub: #${issue}: ${error.message}`);
  }

  const asAdapter = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw error instanceof GithubFault ? adapterErrorOf(error) : error;
    });
  return { open: () => asAdapter(open()), close: (closing) => asAdapter(close(closing)) };
}
