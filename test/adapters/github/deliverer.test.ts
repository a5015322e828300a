import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer, Report } from "../../../src/domain/index.ts";
import type { GithubLab, GithubLabFault, SeenRequest } from "../../../src/lab/github/index.ts";
import { askGithub, issueOn, issuesOn } from "../../support/github-issue.ts";
import {
  bookworm,
  coreAdmin,
  delivererAt,
  entriesOf,
  fc42,
  githubWith,
  issuesRepository,
  noticeEntriesOf,
  reportRepository,
  statusReport,
} from "../../support/github-reports.ts";

let github: GithubLab;
/** How the next requests go wrong, one after the other; a function decides by the request. */
let faults: ((request: SeenRequest) => GithubLabFault | null)[] = [];

beforeEach(async () => {
  faults = [];
  github = await githubWith({
    fault: (request) => {
      const fault = faults[0]?.(request) ?? null;
      if (fault !== null) faults.shift();
      return fault;
    },
  });
});
afterEach(() => github.close());

const always = (fault: GithubLabFault) => (): GithubLabFault => fault;
const isMutation = ({ body }: SeenRequest): boolean =>
  String((body as { query?: string })?.query).startsWith("mutation");
const title = "core-admin v4.3.12 (r4.3)";

/** Where there was a GitHub, and is none any more. */
async function nobody(): Promise<string> {
  const other = await githubWith();
  await other.close();
  return other.apiUrl;
}

/** How many requests the deliverer makes for what `work` does. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = github.requests.length;
  await work();
  return github.requests.length - before;
}

describe("a status issue", () => {
  it("is made with the first event, and gets its labels and comments in order", async () => {
    const deliverer = delivererAt(github.apiUrl);
    const announced = statusReport({ type: "announced", id: "e1", distributions: [bookworm, fc42] });
    const outcome = await deliverer.deliver(entriesOf(announced, statusReport({ type: "building", id: "e2" })));
    expect(outcome).toEqual({ kind: "delivered", count: 2 });
    expect(await issueOn(github, reportRepository, 1)).toMatchObject({
      title,
      labels: ["r4.3-vm-bookworm-building"],
      comments: [],
    });
    await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e3" })));
    await deliverer.deliver(entriesOf(statusReport({ type: "uploaded", id: "e4" })));
    const issue = await issueOn(github, reportRepository, 1);
    expect(issue.labels).toEqual(["r4.3-vm-bookworm-cur-test"]);
    expect(issue.comments).toEqual([
      "Package for vm-bookworm was built\n\n<!-- release-bot:e3 -->",
      "Package for vm-bookworm was uploaded to current-testing repository\n\n<!-- release-bot:e4 -->",
    ]);
  });

  it("costs at most five requests where it is new and two where it is known, labels being made or not", async () => {
    const deliverer = delivererAt(github.apiUrl);
    const report = (type: "building" | "built" | "failed" | "uploaded", id: string, distribution = bookworm) =>
      deliverer.deliver(entriesOf(statusReport({ type, id, distribution })));
    expect(await requestsOf(() => report("failed", "e1"))).toBeLessThanOrEqual(5);
    for (const [id, type, distribution] of [
      ["e2", "building", bookworm],
      ["e3", "built", bookworm],
      ["e4", "uploaded", bookworm],
      ["e5", "building", fc42],
      ["e6", "failed", fc42],
      ["e7", "building", fc42],
      ["e8", "uploaded", fc42],
    ] as const) {
      expect(await requestsOf(() => report(type, id, distribution)), `${type} ${distribution}`).toBeLessThanOrEqual(2);
    }
  });

  it("gets events that wait together in one request, each with its comment", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "announced", id: "e0" })));
    const waiting = entriesOf(
      statusReport({ type: "building", id: "e1" }),
      statusReport({ type: "built", id: "e2" }),
      statusReport({ type: "uploaded", id: "e3" }),
    );
    expect(await requestsOf(() => deliverer.deliver(waiting))).toBeLessThanOrEqual(2);
    const issue = await issueOn(github, reportRepository, 1);
    expect(issue.comments).toHaveLength(2);
    expect(issue.labels).toEqual(["r4.3-vm-bookworm-cur-test"]);
  });

  it("is one for a title, also when two build qubes report in the same second", async () => {
    const [one, other] = [delivererAt(github.apiUrl), delivererAt(github.apiUrl, { token: "token-bot" })];
    await Promise.all([
      one.deliver(entriesOf(statusReport({ type: "built", id: "one" }))),
      other.deliver(entriesOf(statusReport({ type: "built", id: "other", distribution: fc42 }))),
    ]);
    await one.deliver(entriesOf(statusReport({ type: "uploaded", id: "one-2" })));
    await other.deliver(entriesOf(statusReport({ type: "uploaded", id: "other-2", distribution: fc42 })));
    const issues = (await issuesOn(github, reportRepository)).filter((issue) => issue.title === title);
    expect(issues).toHaveLength(1);
    const issue = await issueOn(github, reportRepository, issues[0]?.number ?? 0);
    expect(issue).toMatchObject({ state: "open", labels: ["r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-cur-test"] });
    expect(issue.comments).toHaveLength(4);
  });

  it("is shared with another environment's bot that is named as a reporter", async () => {
    await delivererAt(github.apiUrl).deliver(entriesOf(statusReport({ type: "built", id: "one" })));
    const other = delivererAt(github.apiUrl, { token: "token-other", reporters: ["qubes-bot"] });
    await other.deliver(entriesOf(statusReport({ type: "built", id: "other", distribution: fc42 })));
    expect(await issuesOn(github, reportRepository)).toHaveLength(1);
  });

  it("is never a stranger's of the same title", async () => {
    await askGithub(github, `/repos/${reportRepository}/issues`, { method: "POST", body: { title } });
    await delivererAt(github.apiUrl).deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    expect((await issueOn(github, reportRepository, 1)).comments).toEqual([]);
    expect(await issueOn(github, reportRepository, 2)).toMatchObject({
      title,
      comments: [expect.stringContaining("was built")],
    });
  });

  it("is found again after a restart, also where its memory is lost, and costs few requests", async () => {
    await delivererAt(github.apiUrl).deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    const restarted = delivererAt(github.apiUrl);
    expect(
      await requestsOf(() => restarted.deliver(entriesOf(statusReport({ type: "built", id: "e2" })))),
    ).toBeLessThanOrEqual(5);
    expect(await issuesOn(github, reportRepository)).toHaveLength(1);
    expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(2);
  });

  it("that has been deleted or moved away is made anew, and what happens from now on is told there", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    github.removeIssue(reportRepository, 1);
    let outcome = await deliverer.deliver(entriesOf(statusReport({ type: "uploaded", id: "e2" })));
    if (outcome.kind === "retry")
      outcome = await deliverer.deliver(entriesOf(statusReport({ type: "uploaded", id: "e2" })));
    expect(outcome.kind).toBe("delivered");
    expect(await issueOn(github, reportRepository, 2)).toMatchObject({
      title,
      labels: ["r4.3-vm-bookworm-cur-test"],
      comments: [expect.stringContaining("was uploaded")],
    });
  });

  it("that is closed still gets its comments", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    const path = `/repos/${reportRepository}/issues/1`;
    await askGithub(github, path, { method: "PATCH", body: { state: "closed" }, token: "token-bot" });
    expect(await deliverer.deliver(entriesOf(statusReport({ type: "uploaded", id: "e2" })))).toEqual({
      kind: "delivered",
      count: 1,
    });
    expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(2);
  });

  it("that is locked gets its labels; a comment that cannot be posted is set aside, the others go on", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "building", id: "e1" })));
    await askGithub(github, `/repos/${reportRepository}/issues/1/lock`, {
      method: "PUT",
      body: {},
      token: "token-bot",
    });
    const outcome = await deliverer.deliver(
      entriesOf(
        statusReport({ type: "built", id: "e2" }),
        statusReport({ type: "building", id: "e3", distribution: fc42 }),
      ),
    );
    expect(outcome).toMatchObject({ kind: "undeliverable", reason: expect.stringContaining("locked") });
    const rest = await deliverer.deliver(entriesOf(statusReport({ type: "building", id: "e3", distribution: fc42 })));
    expect(rest).toEqual({ kind: "delivered", count: 1 });
    expect((await issueOn(github, reportRepository, 1)).labels).toContain("r4.3-vm-fc42-building");
  });

  it("gets a label again that a person has deleted from the repository", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "building", id: "e1" })));
    await askGithub(github, `/repos/${reportRepository}/labels/r4.3-vm-bookworm-building`, {
      method: "DELETE",
      token: "token-bot",
    });
    const again = entriesOf(statusReport({ type: "building", id: "e2" }));
    const first = await deliverer.deliver(again);
    expect(first).toMatchObject({ kind: "retry", afterMs: 0 });
    expect(await deliverer.deliver(again)).toEqual({ kind: "delivered", count: 1 });
    expect((await issueOn(github, reportRepository, 1)).labels).toEqual(["r4.3-vm-bookworm-building"]);
  });

  it("with more than a hundred comments is read back to the one in question", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    for (let index = 0; index < 105; index++) {
      await askGithub(github, `/repos/${reportRepository}/issues/1/comments`, {
        method: "POST",
        body: { body: `noise ${index}` },
      });
    }
    const restarted = delivererAt(github.apiUrl);
    await restarted.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    expect(
      (await issueOn(github, reportRepository, 1)).comments.filter((text) => text.includes("was built")),
    ).toHaveLength(1);
  });
});

describe("a request that goes wrong", () => {
  const before: GithubLabFault = { kind: "lost-request" };
  const after: GithubLabFault = { kind: "lost-answer" };

  it.each([
    ["is lost before it arrives", before],
    ["is lost after it was carried out", after],
    ["is answered with garbage", { kind: "garbage" }],
    ["is answered with 502", { kind: "status", status: 502 }],
    ["is answered too late", { kind: "slow", ms: 3000 }],
    ["is never answered", { kind: "hang" }],
  ] as const)("and %s is tried again without saying anything twice", async (_, fault) => {
    const deliverer = delivererAt(github.apiUrl);
    const hasty = delivererAt(github.apiUrl, { timeoutMs: 1500 });
    await deliverer.deliver(entriesOf(statusReport({ type: "announced", id: "e0" })));
    faults = [always(fault)];
    const [entry] = entriesOf(statusReport({ type: "built", id: "e1" }));
    const outcome = await hasty.deliver([entry]);
    expect(outcome).toMatchObject({ kind: "retry", ambiguous: true });
    expect(await deliverer.deliver([{ ...entry, tries: 1, ambiguous: true }])).toEqual({ kind: "delivered", count: 1 });
    expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(1);
  });

  it("while an issue is made leaves one issue", async () => {
    const deliverer = delivererAt(github.apiUrl);
    const isCreation = ({ method, path }: SeenRequest): boolean => method === "POST" && path.endsWith("/issues");
    faults = [(request) => (isCreation(request) ? after : null)];
    const entries = entriesOf(statusReport({ type: "built", id: "e1" }));
    expect(await deliverer.deliver(entries)).toMatchObject({ kind: "retry" });
    expect(await deliverer.deliver(entries)).toEqual({ kind: "delivered", count: 1 });
    expect(await issuesOn(github, reportRepository)).toHaveLength(1);
    expect(await issueOn(github, reportRepository, 1)).toMatchObject({
      labels: [],
      comments: [expect.stringContaining("built")],
    });
  });

  it("because nobody is there was not carried out", async () => {
    const deliverer = delivererAt(await nobody());
    expect(await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })))).toMatchObject({
      kind: "retry",
      ambiguous: false,
    });
  });

  it("waits longer from try to try, five minutes at most", async () => {
    const deliverer = delivererAt(await nobody());
    const [entry] = entriesOf(statusReport({ type: "built", id: "e1" }));
    const waits: number[] = [];
    for (const tries of [0, 1, 5, 30]) {
      const outcome = await deliverer.deliver([{ ...entry, tries }]);
      if (outcome.kind === "retry") waits.push(outcome.afterMs);
    }
    expect(waits).toEqual([1000, 2000, 32_000, 300_000]);
  });

  it.each([
    [
      "a primary limit",
      403,
      () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 90) }),
      60_000,
      95_000,
    ],
    ["a secondary limit with a time", 403, () => ({ "retry-after": "42" }), 42_000, 42_000],
    ["a secondary limit without a time", 403, () => ({}), 60_000, 60_000],
    ["too many requests", 429, () => ({ "retry-after": "7" }), 7000, 7000],
  ] as const)(
    "because of %s waits as GitHub says, for all issues, and asks nothing meanwhile",
    async (_, status, headers, least, most) => {
      const deliverer = delivererAt(github.apiUrl);
      faults = [
        always({ kind: "status", status, headers: headers(), message: "You have exceeded a secondary rate limit" }),
      ];
      const outcome = await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
      expect(outcome.kind).toBe("retry");
      const afterMs = outcome.kind === "retry" ? outcome.afterMs : 0;
      expect(afterMs).toBeGreaterThanOrEqual(least);
      expect(afterMs).toBeLessThanOrEqual(most);
      const other = { ...coreAdmin, version: "v4.3.13" };
      expect(
        await requestsOf(() => deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e2", subject: other })))),
      ).toBe(0);
    },
  );

  it("for want of a permission waits for the operator, and loses nothing", async () => {
    const deliverer = delivererAt(github.apiUrl);
    faults = [always({ kind: "status", status: 403, message: "Resource not accessible by integration" })];
    expect(await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })))).toMatchObject({
      kind: "retry",
      afterMs: 600_000,
      reason: expect.stringContaining("not accessible"),
    });
    const stranger = delivererAt(github.apiUrl, { token: "revoked" });
    expect(await stranger.deliver(entriesOf(statusReport({ type: "built", id: "e1" })))).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("Bad credentials"),
    });
  });

  it("in one of several events sets that one aside, not those that wait with it", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "building", id: "e0" })));
    const entries = entriesOf(statusReport({ type: "built", id: "e1" }), statusReport({ type: "uploaded", id: "e2" }));
    faults = [
      (request) => (isMutation(request) ? { kind: "status", status: 422, message: "Validation Failed" } : null),
    ];
    expect(await deliverer.deliver(entries)).toEqual({ kind: "delivered", count: 1 });
    expect(await deliverer.deliver(entries.slice(1) as typeof entries)).toEqual({ kind: "delivered", count: 1 });
    expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(2);
  });
});

describe("notices in the issues repository", () => {
  const history = (...issues: number[]) => ({
    url: "https://github.com/QubesOS/qubes-core-admin",
    previous: null,
    commits: issues.map((issue) => ({
      sha: coreAdmin.commit,
      subject: "x",
      body: `Fixes ${issuesRepository}#${issue}`,
    })),
  });
  const open = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        askGithub(github, `/repos/${issuesRepository}/issues`, { method: "POST", body: { title: `bug ${index}` } }),
      ),
    );

  it("tell each issue that an update fixes, from its first upload on, and label it", async () => {
    await open(2);
    const deliverer = delivererAt(github.apiUrl);
    for (const repository of ["current-testing", "current"]) {
      for (const entries of noticeEntriesOf(
        statusReport({ type: "uploaded", id: repository, repository, history: history(1, 2) }),
      )) {
        expect(await deliverer.deliver(entries)).toEqual({ kind: "delivered", count: 1 });
      }
    }
    for (const number of [1, 2]) {
      const issue = await issueOn(github, issuesRepository, number);
      expect(issue.labels).toEqual(["r4.3-stable", "r4.3-vm-bookworm-stable"]);
      expect(issue.comments.map((text) => /\*\*(\w+)\*\*/.exec(text)?.[1])).toEqual(["testing", "stable"]);
    }
  });

  it("do not stop each other where one of the issues is deleted", async () => {
    await open(3);
    github.removeIssue(issuesRepository, 2);
    const deliverer = delivererAt(github.apiUrl);
    const lanes = noticeEntriesOf(statusReport({ type: "uploaded", id: "e1", history: history(1, 2, 3) }));
    expect(lanes).toHaveLength(3);
    const outcomes = await Promise.all(lanes.map((entries) => deliverer.deliver(entries)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["delivered", "undeliverable", "delivered"]);
    for (const entries of lanes.filter((_, index) => index !== 1)) await delivererAt(github.apiUrl).deliver(entries);
    expect((await issueOn(github, issuesRepository, 1)).comments).toHaveLength(1);
    expect((await issueOn(github, issuesRepository, 3)).comments).toHaveLength(1);
  });
});

describe("answers and reactions", () => {
  const answer = (place: Answer["place"], id = "a1"): Report => ({
    kind: "answer",
    answer: {
      id,
      trace: "0123456789ab" as Answer["trace"],
      environment: "build-fedora" as Answer["environment"],
      place,
      subject: coreAdmin,
      lines: [{ line: "Hold r4.3 core-admin x", outcome: { kind: "done", summary: "held" } }],
    },
  });

  it("go to the comment's own issue, once", async () => {
    await askGithub(github, `/repos/${reportRepository}/issues`, { method: "POST", body: { title: "a question" } });
    const posted = await askGithub(github, `/repos/${reportRepository}/issues/1/comments`, {
      method: "POST",
      body: { body: "x" },
    });
    const place = { issue: 1, comment: (posted as { id: number }).id };
    const deliverer = delivererAt(github.apiUrl);
    for (const content of ["eyes", "rocket", "rocket"] as const) {
      const reaction = entriesOf({ kind: "reaction", reaction: { id: `r-${content}`, place, content } });
      expect(await deliverer.deliver(reaction)).toEqual({ kind: "delivered", count: 1 });
    }
    faults = [(request) => (isMutation(request) ? { kind: "lost-answer" } : null)];
    expect((await deliverer.deliver(entriesOf(answer(place)))).kind).toBe("retry");
    expect((await deliverer.deliver(entriesOf(answer(place)))).kind).toBe("delivered");
    expect(
      (await issueOn(github, reportRepository, 1)).comments.filter((text) => text.includes("build-fedora")),
    ).toHaveLength(1);
    const reactions = await askGithub(github, `/repos/${reportRepository}/issues/comments/${place.comment}/reactions`);
    expect((reactions as { content: string }[]).map(({ content }) => content)).toEqual(["eyes", "rocket"]);
  });

  it("go to the component's newest status issue where the comment's place is not proven", async () => {
    const deliverer = delivererAt(github.apiUrl);
    await deliverer.deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
    await deliverer.deliver(
      entriesOf(statusReport({ type: "built", id: "e2", subject: { ...coreAdmin, version: "v4.3.13" } })),
    );
    for (const [id, asker] of [
      ["a1", deliverer],
      ["a2", delivererAt(github.apiUrl)],
    ] as const) {
      expect((await asker.deliver(entriesOf(answer(null, id)))).kind).toBe("delivered");
    }
    expect((await issueOn(github, reportRepository, 2)).comments).toHaveLength(3);
    expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(1);
  });

  it("without a place are said to be undeliverable, and so is a reaction to a deleted comment", async () => {
    const deliverer = delivererAt(github.apiUrl);
    expect((await deliverer.deliver(entriesOf(answer(null)))).kind).toBe("undeliverable");
    const place = { issue: 1, comment: 99 };
    const lost = await deliverer.deliver(
      entriesOf({ kind: "reaction", reaction: { id: "r", place, content: "eyes" } }),
    );
    expect(lost.kind).toBe("undeliverable");
  });
});
