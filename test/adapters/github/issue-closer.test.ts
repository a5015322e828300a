import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubClient, issueCloser } from "../../../src/adapters/github/index.ts";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { askGithub, issueOn } from "../../support/github-issue.ts";
import { githubWith, reportRepository } from "../../support/github-reports.ts";

let github: GithubLab;
beforeEach(async () => {
  github = await githubWith();
});
afterEach(() => github.close());

const closer = (token: string) =>
  issueCloser({
    client: githubClient({
      credentials: { kind: "token", token },
      apiUrl: github.apiUrl,
      timeoutMs: 60_000,
      now: () => new Date(),
    }),
    repository: reportRepository,
    reporters: [],
  });
const make = (title: string, token: string, labels: readonly string[] = []) =>
  askGithub(github, `/repos/${reportRepository}/issues`, { method: "POST", body: { title, labels }, token });

describe("closing status issues", () => {
  it("sees only open issues of our own with their votes, over all pages", async () => {
    for (let count = 0; count < 103; count++)
      await make(`ours ${count}`, "token-bot", count === 0 ? ["r4.3-stable"] : []);
    await make("a stranger's", "token-alice");
    await askGithub(github, `/repos/${reportRepository}/issues/2`, {
      method: "PATCH",
      body: { state: "closed" },
      token: "token-bot",
    });
    for (const [content, token] of [
      ["+1", "token-alice"],
      ["+1", "token-other"],
      ["-1", "token-alice"],
      ["eyes", "token-alice"],
      ["+1", "token-alice"],
    ] as const) {
      await askGithub(github, `/repos/${reportRepository}/issues/1/reactions`, {
        method: "POST",
        body: { content },
        token,
      });
    }
    const open = await closer("token-bot").open();
    expect(open).toHaveLength(102);
    expect(open[0]).toEqual({ number: 1, title: "ours 0", labels: ["r4.3-stable"], votes: { up: 2, down: 1 } });
    expect(open[1]).toMatchObject({ number: 3, votes: { up: 0, down: 0 } });
  });

  it("comments which one takes its place, and closes as not planned", async () => {
    await make("old", "token-bot");
    await closer("token-bot").close({ issue: 1, title: "old", why: { kind: "superseded", by: 7 } });
    expect(await issueOn(github, reportRepository, 1)).toMatchObject({
      state: "closed",
      comments: [expect.stringMatching(/^Superseded by #7\n/)],
    });
    expect(await askGithub(github, `/repos/${reportRepository}/issues/1`)).toMatchObject({
      state_reason: "not_planned",
    });
  });

  it("says what could not be closed", async () => {
    await expect(closer("token-bot").close({ issue: 5, title: "x", why: { kind: "stable" } })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
