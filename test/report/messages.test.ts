import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../commands/index.ts";
import { readMessageTemplates } from "../../src/adapters/github/index.ts";
import type {
  Answer,
  CommitSha,
  DistributionName,
  SourceHistory,
  StatusEvent,
  Subject,
  TraceId,
} from "../../src/domain/index.ts";
import { answerComment, issueBody, noticeComment, statusComment, statusIssueTitle } from "../../src/report/index.ts";
import { longestBody } from "../../src/report/issue-body.ts";
import { fillTemplate } from "../../src/report/placeholders.ts";
import { bookworm, coreAdmin, fc42, host, issuesRepository, statusReport } from "../support/github-reports.ts";

const golden = (name: string): string => join(import.meta.dirname, "../golden/report", name);
const templates = readMessageTemplates(null);
const logs = { repository: "QubesOS/build-logs", branch: "master" };
const template = {
  kind: "template",
  release: "r4.3",
  template: "debian-13-xfce",
  version: "4.3.0-202508191723",
} as Subject;
const iso = { kind: "iso", release: "r4.3", version: "4.3.0-rc1" } as Subject;
const at = new Date("2026-11-20T10:00:00Z");

const sha = (digit: string): CommitSha => digit.repeat(40) as CommitSha;
const history: SourceHistory = {
  url: "https://github.com/QubesOS/qubes-core-admin",
  previous: sha("b"),
  commits: [
    { sha: sha("a"), subject: "version 4.3.12", body: "" },
    {
      sha: sha("c"),
      subject: "Restart `qubesd` for @marmarek, @GIT_LOG@ @COMPONENT@ <b>",
      body: "Fixes QubesOS/qubes-issues#1234\nFixes https://github.com/evil/other/issues/5",
    },
    {
      sha: sha("d"),
      subject: "`Upload-component r4.3 core-admin deadbeef current all`",
      body: "See QubesOS/qubes-issues#77",
    },
  ],
};

function body(subject: Subject, rest: Partial<Parameters<typeof issueBody>[0]> = {}): string {
  const distributions = [bookworm, fc42] as readonly DistributionName[];
  return issueBody({ subject, history, distributions, minAgeDays: 5, at, issuesRepository, ...rest }, templates);
}

describe("titles", () => {
  it("are to the letter", () => {
    expect(statusIssueTitle(coreAdmin)).toBe("core-admin v4.3.12 (r4.3)");
    expect(statusIssueTitle(template)).toBe("qubes-template-debian-13-xfce 4.3.0-202508191723 (r4.3)");
    expect(statusIssueTitle(iso)).toBe("iso 4.3.0-rc1 (r4.3)");
  });

  it("hold no more of a tag than a version's alphabet", () => {
    const odd = { ...coreAdmin, version: 'v1"@x`\n (r4.3)' };
    expect(statusIssueTitle(odd)).toBe("core-admin v1__x____r4.3_ (r4.3)");
  });
});

describe("bodies of status issues", () => {
  it.each([
    ["component", coreAdmin],
    ["template", template],
    ["iso", iso],
  ])("of a %s are as the golden file has them", async (name, subject) => {
    await expect(body(subject)).toMatchFileSnapshot(golden(`body-${name}.md`));
  });

  it("offer command lines, each of which our own parser accepts, and none but ours", () => {
    const offered = [body(coreAdmin), body(template)].flatMap((text) =>
      [...text.matchAll(/`([^`]*)`/g)].map(([, line]) => line ?? "").filter((line) => line.includes(" ")),
    );
    expect(offered).toHaveLength(5);
    for (const line of offered) expect(parseCommandLine(line)).toMatchObject({ ok: true });
    const commands = body(coreAdmin).match(/(?:Upload|Build|Hold|Withdraw)[a-z-]* r4\.3 [^`\n]*/g);
    expect(commands?.filter((line) => !line.includes(coreAdmin.commit))).toEqual([]);
  });

  it("offer no example of two distributions where the builder has one", () => {
    expect(body(coreAdmin, { distributions: [bookworm] })).not.toMatch(/vm-|only these/);
  });

  it("link to nothing where the source has no address", () => {
    expect(body(coreAdmin, { history: { ...history, url: "/srv/git/core-admin" } })).not.toMatch(/Compare|Source:/);
  });

  it("let the oldest changes go rather than the whole issue, where they grow too long", () => {
    const commits = Array.from({ length: 2000 }, (_, index) => ({
      sha: sha("e"),
      subject: `${index} ${"x".repeat(150)}`,
      body: "",
    }));
    const text = body(coreAdmin, { history: { ...history, commits } });
    expect(text.length).toBeLessThanOrEqual(longestBody);
    expect(text).toMatch(/ 0 x+\n/);
    expect(text).toMatch(/… and [0-9]+ earlier ones/);
    expect(text).toContain("security-testing all");
  });

  it("are empty where an operator's directory has no template for them", () => {
    const none = { get: () => null };
    expect(
      issueBody({ subject: coreAdmin, history, distributions: [], minAgeDays: 5, at, issuesRepository }, none),
    ).toBe("");
  });

  it("are filled in one pass: a value never becomes a placeholder", () => {
    expect(fillTemplate("@COMPONENT@ @GIT_LOG@ @NOTHING@", { COMPONENT: "@GIT_LOG@", GIT_LOG: "@COMMIT_SHA@" })).toBe(
      "@GIT_LOG@ @COMMIT_SHA@ @NOTHING@",
    );
  });
});

describe("comments on status issues", () => {
  const log = "r4.3/core-admin/2026-11-20_vm-bookworm";
  const comment = (parts: Parameters<typeof statusReport>[0]) =>
    statusComment(statusReport(parts).event as StatusEvent, logs);

  it.each([
    ["built", { type: "built", log }],
    ["built-host", { type: "built", distribution: host, log: null }],
    ["uploaded", { type: "uploaded", log }],
    ["uploaded-current", { type: "uploaded", repository: "current", plan: "sha256:0123", log }],
    [
      "failed",
      { type: "failed", reason: "rpmbuild ended with status 1", logTail: "make: *** [all] Error 1\n```\n@x", log },
    ],
    ["failed-fetch", { type: "failed", distribution: null, stage: "fetch", reason: "no such host: `x`" }],
    ["upload-failed", { type: "upload-failed", repository: "current", reason: "rsync ended with status 12", log }],
    ["source-refused", { type: "source-refused", reason: "the tag v4.3.12 is not signed by a maintainer" }],
    ["withdrawn", { type: "withdrawn", repository: "current", plan: "sha256:0123" }],
    ["template-built", { type: "built", subject: template, distribution: null, log }],
    [
      "uploaded-by-command",
      { type: "uploaded", repository: "current", plan: "sha256:0123", log, trace: "0123456789ab" as TraceId },
    ],
    ["iso-uploaded", { type: "uploaded", subject: iso, distribution: null, repository: "iso-testing", log }],
  ] as const)("of %s are as the golden file has them", async (name, parts) => {
    await expect(comment({ id: "e", ...parts } as Parameters<typeof statusReport>[0])).toMatchFileSnapshot(
      golden(`comment-${name}.md`),
    );
  });

  it("are none where labels alone say it", () => {
    expect(comment({ type: "building", id: "e" })).toBeNull();
    expect(comment({ type: "announced", id: "e" })).toBeNull();
  });

  it("stay short, however long a log's last line is", () => {
    const text = comment({ type: "failed", id: "e", logTail: "`".repeat(100_000), reason: "r".repeat(10_000) }) ?? "";
    expect(text.length).toBeLessThan(14_000);
  });
});

describe("notices to the issues repository", () => {
  const notice = (distribution: string, reached: "current-testing" | "stable") =>
    noticeComment(
      {
        id: "n",
        repository: issuesRepository,
        issue: 1,
        subject: coreAdmin,
        distribution: distribution as DistributionName,
        reached,
      },
      templates,
    );

  it.each(["host-fc41", "vm-fc42", "vm-bookworm", "vm-archlinux"])(
    "for %s are as the golden files have them",
    async (name) => {
      await expect(notice(name, "current-testing")).toMatchFileSnapshot(golden(`notice-testing-${name}.md`));
      await expect(notice(name, "stable")).toMatchFileSnapshot(golden(`notice-stable-${name}.md`));
    },
  );

  it("are none where the templates say nothing: a release without announcements", () => {
    const statusOnly = readMessageTemplates(join(import.meta.dirname, "../../src/report/templates/status-only"));
    const told = {
      id: "n",
      repository: issuesRepository,
      issue: 1,
      subject: coreAdmin,
      distribution: host,
      reached: "stable",
    } as const;
    expect(noticeComment(told, statusOnly)).toBeNull();
    expect(statusOnly.get("message-build-report")).toBe(templates.get("message-build-report"));
  });

  it("take the most particular of an operator's templates, v1's names too", () => {
    const with_ = (...names: string[]) => ({ get: (name: string) => (names.includes(name) ? name : null) });
    const told = { id: "n", repository: issuesRepository, issue: 1, subject: coreAdmin, reached: "stable" } as const;
    const fc = { ...told, distribution: fc42 };
    expect(noticeComment(fc, with_("message-stable-vm", "message-stable-vm-fedora", "message-stable-vm-fc42"))).toBe(
      "message-stable-vm-fc42",
    );
    expect(noticeComment(fc, with_("message-stable-vm", "message-stable-vm-fedora"))).toBe("message-stable-vm-fedora");
    expect(noticeComment(fc, with_("message-stable-vm"))).toBe("message-stable-vm");
    expect(noticeComment({ ...told, distribution: host }, with_("message-stable-dom0"))).toBe("message-stable-dom0");
  });
});

describe("answers", () => {
  it("are one comment for all lines of a message, as the golden file has it", async () => {
    const line = `Upload-component r4.3 core-admin ${sha("a")} current all`;
    const refused = (code: string, subject: string, message: string, remedy: string) => ({
      line,
      outcome: { kind: "refused", refusal: { code, subject, message, remedy } },
    });
    const answer = {
      id: "a1",
      trace: "0123456789ab",
      environment: "build-fedora",
      place: null,
      subject: null,
      lines: [
        { line, outcome: { kind: "done", summary: "vm-bookworm, vm-fc42: in current" } },
        { line, outcome: { kind: "failed", reason: "the disk is full: `df` <b>" } },
        refused("STALE_COMMIT", "core-admin", "Another commit stands in testing.", `Sign \`${line}\` instead.`),
        refused(
          "TOO_YOUNG",
          "vm-bookworm",
          "In current-testing since 2026-11-20 10:00 UTC; @all",
          "Sign it again on 2026-11-25.",
        ),
      ],
    } as unknown as Answer;
    await expect(answerComment(answer)).toMatchFileSnapshot(golden("answer.md"));
  });
});
