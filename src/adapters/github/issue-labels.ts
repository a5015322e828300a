import type { LabelChange } from "../../report/index.ts";
import type { GithubClient } from "./client.ts";
import { adapterErrorOf, GithubFault } from "./fault.ts";
import { issueWriter } from "./issue-writer.ts";

/** Changes labels of issues in the report repository by their number; nothing else of them. */
export interface IssueLabels {
  /** Throws AdapterError. */
  change(issue: number, labels: LabelChange): Promise<void>;
}

/** {@link IssueLabels} for the report repository. */
export function issueLabels(parts: { readonly client: GithubClient; readonly repository: string }): IssueLabels {
  const writer = issueWriter(parts.client);
  return {
    change: async (issue, labels) => {
      try {
        await writer.update({ repository: parts.repository, issue }, { labels, comments: [], foreseen: [] });
      } catch (error) {
        throw error instanceof GithubFault ? adapterErrorOf(error) : error;
      }
    },
  };
}
