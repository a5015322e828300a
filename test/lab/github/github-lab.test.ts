import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { askGithub } from "../../support/github-issue.ts";
import { githubWith, reportRepository } from "../../support/github-reports.ts";

interface Hook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const hooks: Hook[] = [];
let receiver: Server;
let github: GithubLab;
const issues = `/repos/${reportRepository}/issues`;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    hooks.push({ headers: request.headers, body });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => receiver.close(resolve)));
beforeEach(async () => {
  hooks.length = 0;
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  github = await githubWith({ webhook: { url, secret: "s3cret" } });
  await askGithub(github, issues, { method: "POST", body: { title: "one" } });
});
afterEach(() => github.close());

describe("the lab's GitHub", () => {
  it("delivers a signed webhook for each comment, each with its own delivery id", async () => {
    for (const body of ["one", "two"])
      await askGithub(github, `${issues}/1/comments`, { method: "POST", body: { body } });
    await expect.poll(() => hooks.length).toBe(2);
    for (const { headers, body } of hooks) {
      expect(headers["x-github-event"]).toBe("issue_comment");
      expect(headers["x-hub-signature-256"]).toBe(
        `sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`,
      );
      expect(JSON.parse(body)).toMatchObject({
        action: "created",
        issue: { number: 1 },
        repository: { full_name: reportRepository },
        sender: { login: "alice" },
      });
    }
    expect(new Set(hooks.map(({ headers }) => headers["x-github-delivery"])).size).toBe(2);
  });

  it.each([undefined, "token nobody", "Bearer token-bo", "Basic dG9rZW4tYm90"])(
    "lets %s in nowhere",
    async (authorization) => {
      const headers = authorization === undefined ? {} : { authorization };
      expect((await fetch(`${github.apiUrl}${issues}/1`, { headers })).status).toBe(401);
      const graphql = await fetch(`${github.apiUrl}/graphql`, {
        method: "POST",
        headers,
        body: '{"query":"query { viewer { login } }"}',
      });
      expect(graphql.status).toBe(401);
    },
  );

  it("answers 304 to who has it already", async () => {
    const headers = { authorization: "token token-bot" };
    const first = await fetch(`${github.apiUrl}${issues}/1`, { headers });
    const etag = first.headers.get("etag") ?? "";
    const again = await fetch(`${github.apiUrl}${issues}/1`, { headers: { ...headers, "if-none-match": etag } });
    expect([first.status, again.status]).toEqual([200, 304]);
  });

  it("has no more of GraphQL than GitHub's schema", async () => {
    const query = "query { viewer { shoeSize } }";
    const answer = await askGithub(github, "/graphql", { method: "POST", body: { query } });
    expect(answer).toEqual({ errors: [{ message: "User has no shoeSize" }] });
  });

  it("shows a removed issue to nobody", async () => {
    github.removeIssue(reportRepository, 1);
    await expect(askGithub(github, `${issues}/1`)).rejects.toThrow("410");
    const query = 'query { repository(owner: "QubesOS", name: "updates-status") { issue(number: 1) { id } } }';
    const answer = await askGithub(github, "/graphql", { method: "POST", body: { query } });
    expect(answer).toMatchObject({ data: { repository: { issue: null } }, errors: [{ type: "NOT_FOUND" }] });
  });
});
