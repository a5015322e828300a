import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubClient, githubComments, issueMemory } from "../../../src/adapters/github/index.ts";
import { AdapterError } from "../../../src/domain/index.ts";
import type { GithubLab, GithubLabFault } from "../../../src/lab/github/index.ts";
import type { CommentSource } from "../../../src/work/index.ts";
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
let fault: GithubLabFault | null = null;
let source: CommentSource;
const issues = `/repos/${reportRepository}/issues`;

beforeEach(async () => {
  fault = null;
  github = await githubWith({ fault: () => fault });
  const client = githubClient({
    credentials: { kind: "token", token: "token-bot" },
    apiUrl: github.apiUrl,
    timeoutMs: 60_000,
    now: () => new Date(),
  });
  source = githubComments({
    client,
    repository: reportRepository,
    reporters: [],
    duplicates: "closed",
    memory: issueMemory(":memory:"),
  });
  await askGithub(github, issues, { method: "POST", body: { title: "one" } });
});
afterEach(() => github.close());

async function say(body: string): Promise<number> {
  const posted = await askGithub(github, `${issues}/1/comments`, { method: "POST", body: { body } });
  return (posted as { id: number }).id;
}

/** It is a time of whole seconds, from when it was asked for to now. */
function expectBetween(before: number, time: Date): void {
  expect(time.getTime()).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
  expect(time.getTime()).toBeLessThanOrEqual(Date.now());
}

describe("the comments of the report repository", () => {
  it("are read from a base line on, each once, oldest change first", async () => {
    await say("before");
    const before = Date.now();
    const start = await source.mark();
    expect(start.mark.ids).toHaveLength(1);
    expectBetween(before, start.serverTime);
    const ids = [await say("one"), await say("two")];
    const first = await source.after(start.mark);
    expect(first.comments.map(({ id }) => id)).toEqual(ids);
    expect(first.comments[0]).toMatchObject({ issue: 1, author: "alice", untrustedBody: "one", edited: false });
    const later = await say("three");
    const second = await source.after(first.mark);
    expect(second.comments.map(({ id }) => id)).toEqual([later]);
    expect((await source.after(second.mark)).comments).toEqual([]);
  });

  it("are read from the very first on where there was none", async () => {
    const start = await source.mark();
    expect(start.mark).toEqual({ updatedAt: new Date(0), ids: [] });
    const id = await say("one");
    expect((await source.after(start.mark)).comments.map((comment) => comment.id)).toEqual([id]);
  });

  it("are read over several pages, also where hundreds are of one second", async () => {
    const start = await source.mark();
    const ids = [];
    for (let count = 0; count < 260; count++) ids.push(await say(`comment ${count}`));
    const { comments } = await source.after(start.mark);
    expect(comments.map(({ id }) => id)).toEqual(ids);
  });

  it("that were edited come as edited", async () => {
    const start = await source.mark();
    const id = await say("harmless");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await askGithub(github, `${issues}/comments/${id}`, {
      method: "PATCH",
      body: { body: "changed" },
      token: "token-bot",
    });
    const { comments } = await source.after(start.mark);
    expect(comments).toMatchObject([{ id, edited: true, untrustedBody: "changed" }]);
    expect((await source.comment(id)).comment).toMatchObject({ edited: true });
  });

  it("that do not exist are null, with GitHub's time", async () => {
    const before = Date.now();
    const { comment, serverTime } = await source.comment(4711);
    expect(comment).toBeNull();
    expectBetween(before, serverTime);
  });

  it.each([
    [{ kind: "status", status: 502 }, "UNREACHABLE"],
    [{ kind: "status", status: 401 }, "DENIED"],
    [{ kind: "lost-request" }, "UNREACHABLE"],
    [{ kind: "garbage" }, "UNEXPECTED_ANSWER"],
  ] as const)("cannot be read through %o, and that is an error, never an empty list", async (wanted, code) => {
    fault = wanted;
    await expect(source.after({ updatedAt: new Date(0), ids: [] })).rejects.toMatchObject({
      name: "AdapterError",
      code,
    });
    await expect(source.labels(coreAdmin)).rejects.toBeInstanceOf(AdapterError);
  });
});

describe("the labels of a status issue", () => {
  it("are those of our own issue, hand-set ones too; null where there is none", async () => {
    expect(await source.labels(coreAdmin)).toBeNull();
    await askGithub(github, issues, {
      method: "POST",
      body: { title: "core-admin v4.3.12 (r4.3)", labels: ["stranger"] },
    });
    expect(await source.labels(coreAdmin)).toBeNull();
    await delivererAt(github.apiUrl).deliver(entriesOf(statusReport({ type: "building", id: "e1" })));
    await askGithub(github, `${issues}/3/labels`, { method: "POST", body: { labels: ["buggy"] } });
    expect(await source.labels(coreAdmin)).toEqual(["r4.3-vm-bookworm-building", "buggy"]);
    github.removeIssue(reportRepository, 3);
    expect(await source.labels(coreAdmin)).toBeNull();
  });
});
