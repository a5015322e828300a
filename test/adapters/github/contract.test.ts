import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  closeIssueDocument,
  findIssueDocument,
  issueStateDocument,
  openIssuesDocument,
  updateIssueDocument,
} from "../../../src/adapters/github/documents.ts";
import { githubClient, githubComments, issueMemory } from "../../../src/adapters/github/index.ts";
import { schemaMistakes } from "../../../src/lab/github/graphql-check.ts";
import { parseOperation } from "../../../src/lab/github/graphql-syntax.ts";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { contractProblems } from "../../support/github-contract.ts";
import { askGithub } from "../../support/github-issue.ts";
import {
  coreAdmin,
  delivererAt,
  entriesOf,
  githubWith,
  reportRepository,
  statusReport,
} from "../../support/github-reports.ts";

let github: GithubLab;
beforeAll(async () => {
  github = await githubWith({ app: { id: 12, slug: "qubes-release-bot", installation: 77 } });
});
afterAll(() => github.close());

describe("what is sent to GitHub", () => {
  it("is of the shape that GitHub's OpenAPI description gives it, and so is what the lab answers", async () => {
    const app = { kind: "app", appId: 12, privateKey: github.appKey ?? "", installationId: null } as const;
    const now = (): Date => new Date();
    const client = githubClient({ credentials: app, apiUrl: github.apiUrl, timeoutMs: 60_000, now });
    const [one, other] = [delivererAt(github.apiUrl), delivererAt(github.apiUrl)];
    await Promise.all(
      [one, other].map((deliverer, at) => deliverer.deliver(entriesOf(statusReport({ type: "failed", id: `e${at}` })))),
    );
    await one.deliver(entriesOf(statusReport({ type: "uploaded", id: "e2", repository: "current" })));
    const posted = (await askGithub(github, `/repos/${reportRepository}/issues/1/comments`, {
      method: "POST",
      body: { body: "x" },
    })) as { id: number };
    await one.deliver(
      entriesOf({ kind: "reaction", reaction: { id: "r", place: { issue: 1, comment: posted.id }, content: "eyes" } }),
    );
    const comments = githubComments({
      client,
      repository: reportRepository,
      reporters: ["qubes-bot"],
      duplicates: "closed",
      memory: issueMemory(":memory:"),
    });
    const { mark } = await comments.mark();
    await comments.after(mark);
    await comments.comment(posted.id);
    await comments.comment(4711);
    await comments.labels(coreAdmin);
    const operations = new Set(
      github.exchanges.map(
        ({ request }) => `${request.method} ${request.path.replace(/[0-9]+/g, "N").replace(/\?.*/, "")}`,
      ),
    );
    expect(operations.size).toBeGreaterThanOrEqual(9);
    expect(github.exchanges.flatMap(contractProblems)).toEqual([]);
    expect(github.exchanges.filter(({ answer }) => "errors" in (answer.body as object))).toEqual([]);
  });

  const comment = { method: "POST", path: "/repos/o/r/issues/1/comments", body: { body: "x" }, token: null };
  const list = { method: "GET", path: "/repos/o/r/issues/comments?per_page=100", body: undefined, token: null };
  const nothing = { status: 200, body: [] };
  it.each([
    ["a path that there is not", { ...list, path: "/repos/o/r/issue" }, nothing],
    ["a method that the path does not have", { ...list, method: "DELETE" }, nothing],
    ["a query that there is not", { ...list, path: `${list.path}&order=asc` }, nothing],
    ["a query of another type", { ...list, path: "/repos/o/r/issues/comments?page=last" }, nothing],
    ["a time that is none", { ...list, path: "/repos/o/r/issues/comments?since=yesterday" }, nothing],
    ["a page that is too large", { ...list, path: "/repos/o/r/issues/comments?per_page=1000" }, nothing],
    ["a number that is none", { ...list, path: "/repos/o/r/issues/comments/newest" }, { status: 404, body: {} }],
    ["a body where none is described", { ...list, body: {} }, nothing],
    ["no body", { ...comment, body: undefined }, { status: 404, body: {} }],
    ["a body without what is required", { ...comment, body: {} }, { status: 404, body: {} }],
    ["a body with more than is described", { ...comment, body: { body: "x", to: 1 } }, { status: 404, body: {} }],
    ["a status that is not described", list, { status: 418, body: {} }],
    ["an answer that lacks fields", comment, { status: 201, body: { id: 1 } }],
    ["an answer of another type", list, { status: 200, body: {} }],
  ])("would be found with %s: the check of requests is no rubber stamp", (_, request, answer) => {
    expect(contractProblems({ request, answer })).toHaveLength(1);
  });

  it("would not be found with a request and an answer as they are described", () => {
    expect(contractProblems({ request: list, answer: nothing })).toEqual([]);
    expect(contractProblems({ request: comment, answer: { status: 404, body: {} } })).toEqual([]);
  });

  it("is GraphQL of GitHub's schema", () => {
    const strings = { owner: "o", repo: "r", search: "s" };
    const update = updateIssueDocument({ remove: ["a"], add: ["b"], comments: ["c", "d"], lookups: ["l"] });
    for (const [document, variables] of [
      [findIssueDocument, strings],
      [openIssuesDocument, { owner: "o", repo: "r", after: null }],
      [closeIssueDocument, { issue: "i", comment: "c", reason: "COMPLETED" }],
      [issueStateDocument(2), { owner: "o", repo: "r", number: 1, before: null, l0: "a", l1: "b" }],
      [update.document, { issue: "i", ...update.variables }],
    ] as const) {
      expect(schemaMistakes(parseOperation(document), variables)).toEqual([]);
    }
  });

  it.each([
    ["a field that there is not", "query { viewer { name } }", {}],
    ["an argument that there is not", 'query { repository(owner: "o", name: "r", x: 1) { id } }', {}],
    ["a missing argument", 'query { repository(owner: "o") { id } }', {}],
    ["a connection without a size", 'query { repository(owner: "o", name: "r") { issues { totalCount } } }', {}],
    [
      "a variable of another type",
      "query($n: String!) { repository(owner: $n, name: $n) { issue(number: $n) { id } } }",
      { n: "x" },
    ],
    ["a variable that is missing", "query($n: String!) { repository(owner: $n, name: $n) { id } }", {}],
    ["an enum value that there is not", 'query { search(query: "x", type: BUG, first: 1) { issueCount } }', {}],
    ["an object without its fields", "query { viewer }", {}],
  ])("would be refused with %s: the check is no rubber stamp", (_, document, variables) => {
    expect(schemaMistakes(parseOperation(document), variables)).not.toEqual([]);
  });
});
