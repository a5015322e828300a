import { describe, expect, it } from "vitest";
import type { GithubClient } from "../../../src/adapters/github/client.ts";
import {
  closeIssueDocument,
  findIssueDocument,
  issueStateDocument,
  openIssuesDocument,
  updateIssueDocument,
} from "../../../src/adapters/github/documents.ts";
import { readingClient } from "../../../src/adapters/github/index.ts";

const sent: string[] = [];
const inner: GithubClient = {
  rest: async (route) => {
    sent.push(route);
    return { status: 200, headers: {}, data: null };
  },
  graphql: async (document) => {
    sent.push(document);
    return { data: {}, errors: [] };
  },
};
const client = readingClient(inner);
const refused = "GitHub: in shadow mode nothing is written";

describe("GitHub, to be read only", () => {
  it("answers what changes nothing", async () => {
    sent.length = 0;
    await client.rest("GET /repos/{owner}/{repo}/issues", "a/b");
    for (const document of [findIssueDocument, openIssuesDocument, issueStateDocument(3)]) {
      await client.graphql(document, "a/b", {});
    }
    expect(sent).toHaveLength(4);
  });

  it("sends nothing that could change anything", async () => {
    sent.length = 0;
    for (const method of ["POST", "PATCH", "PUT", "DELETE", "get"]) {
      await expect(client.rest(`${method} /repos/{owner}/{repo}/issues`, "a/b")).rejects.toThrow(refused);
    }
    const { document } = updateIssueDocument({ add: ["l"], remove: [], comments: ["c"], lookups: [] });
    const two = `${findIssueDocument}\nmutation Other { closeIssue(input: {}) { issue { id } } }`;
    for (const mutation of [document, closeIssueDocument, "{ viewer { login } }", " mutation X { x }", two]) {
      await expect(client.graphql(mutation, "a/b", {})).rejects.toThrow(refused);
    }
    expect(sent).toEqual([]);
  });
});
