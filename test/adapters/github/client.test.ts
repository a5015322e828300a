import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubClient } from "../../../src/adapters/github/index.ts";
import { delivererAt, entriesOf, reportRepository, statusReport } from "../../support/github-reports.ts";

const api = "https://github.example";
const now = new Date("2026-11-23T12:00:00Z");
const clientAt = (apiUrl: string) =>
  githubClient({ credentials: { kind: "token", token: "t" }, apiUrl, timeoutMs: 60_000, now: () => now });
const ask = () => clientAt(api).graphql("query { viewer { login } }", reportRepository, {});

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  nock.enableNetConnect();
});

describe("a request to GitHub", () => {
  it("goes to GitHub Enterprise's two places", async () => {
    nock("https://ghe.example", { reqheaders: { authorization: "token t" } })
      .post("/api/graphql")
      .reply(200, { data: { viewer: { login: "x" } } })
      .get(`/api/v3/repos/${reportRepository}/issues/1`)
      .reply(200, {});
    const client = clientAt("https://ghe.example/api/v3/");
    expect(await client.graphql("query { viewer { login } }", reportRepository, {})).toMatchObject({ errors: [] });
    await client.rest("GET /repos/{owner}/{repo}/issues/{issue_number}", reportRepository, { issue_number: 1 });
  });

  it.each([
    [
      "a limit inside a good answer",
      200,
      { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] },
      "limited",
    ],
    [
      "a failure inside a good answer",
      200,
      { errors: [{ message: "Something went wrong while executing your query" }] },
      "unavailable",
    ],
    ["a document that is refused", 200, { errors: [{ type: "undefinedField", message: "no such field" }] }, "refused"],
    ["an answer of nothing", 200, "", "unavailable"],
    ["a page of a proxy", 200, "<html>sign in</html>", "unavailable"],
    ["a redirection", 301, { message: "Moved Permanently", url: "https://elsewhere.example" }, "gone"],
    ["a repository that is not there", 404, { message: "Not Found" }, "gone"],
    ["a locked issue", 403, { message: "Unable to create comment because issue is locked." }, "refused"],
    ["a missing permission", 403, { message: "Resource not accessible by integration" }, "denied"],
    [
      "an SSO that is not authorized",
      403,
      { message: "Resource protected by organization SAML enforcement." },
      "denied",
    ],
    ["a body that is too long", 422, { message: "Validation Failed" }, "refused"],
    ["maintenance", 503, "We'll be right back", "unavailable"],
  ])("that meets %s says so", async (_, status, body, kind) => {
    nock(api)
      .post("/graphql")
      .reply(status, body as nock.Body, { "content-type": "application/json" });
    await expect(ask()).rejects.toMatchObject({ name: "GithubFault", kind });
  });

  it.each([
    [{ "retry-after": "30" }, 30_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now.getTime() / 1000 + 120) }, 120_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" }, 1000],
    [{}, 60_000],
  ])("that is limited comes back when %o says, never sooner", async (headers, afterMs) => {
    nock(api)
      .post("/graphql")
      .reply(403, { message: "You have exceeded a secondary rate limit" }, headers as Record<string, string>);
    await expect(ask()).rejects.toMatchObject({ kind: "limited", afterMs });
  });

  it("that is carried out in part keeps both halves", async () => {
    const errors = [{ type: "NOT_FOUND", path: ["add", "labelable"], message: "Could not resolve to a node" }];
    nock(api)
      .post("/graphql")
      .reply(200, { data: { add: null, c0: {} }, errors });
    expect(await ask()).toEqual({
      data: { add: null, c0: {} },
      errors: [{ type: "NOT_FOUND", field: "add", message: "Could not resolve to a node" }],
    });
  });
});

describe("a report repository that nobody may see", () => {
  it("is for the operator to mend: the report waits", async () => {
    const errors = [{ type: "NOT_FOUND", path: ["repository"], message: "Could not resolve to a Repository" }];
    nock(api)
      .post("/graphql")
      .reply(200, { data: { repository: null, search: { nodes: [] } }, errors });
    const outcome = await delivererAt(api).deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    expect(outcome).toMatchObject({ kind: "retry", afterMs: 600_000, reason: expect.stringContaining("Repository") });
  });

  it("and one that takes no issues, too", async () => {
    const found = { repository: { issues: { nodes: [] } }, search: { nodes: [] } };
    nock(api).post("/graphql").reply(200, { data: found });
    nock(api).post(`/repos/${reportRepository}/issues`).reply(410, { message: "Issues are disabled for this repo" });
    const outcome = await delivererAt(api).deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    expect(outcome).toMatchObject({ kind: "retry", afterMs: 600_000 });
  });
});
