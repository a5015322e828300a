import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { issueOn } from "../../support/github-issue.ts";
import {
  bookworm,
  delivererAt,
  entriesOf,
  fc42,
  githubWith,
  reportRepository,
  statusReport,
} from "../../support/github-reports.ts";

let github: GithubLab;
beforeEach(async () => {
  github = await githubWith();
});
afterEach(() => github.close());

describe("a status issue", () => {
  it("is made with the first event, and has its labels and comments", async () => {
    const deliverer = delivererAt(github.apiUrl);
    const outcome = await deliverer.deliver(
      entriesOf(
        statusReport({ type: "announced", id: "e1", distributions: [bookworm, fc42] }),
        statusReport({ type: "building", id: "e2" }),
      ),
    );
    expect(outcome).toEqual({ kind: "delivered", count: 2 });
    expect(await issueOn(github, reportRepository, 1)).toMatchObject({
      title: "core-admin v4.3.12 (r4.3)",
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
});
