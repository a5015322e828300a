import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubFault } from "../../../src/adapters/github/fault.ts";
import { githubClient } from "../../../src/adapters/github/index.ts";
import type { GithubLab } from "../../../src/lab/github/index.ts";
import { issueOn, issuesOn } from "../../support/github-issue.ts";
import {
  delivererAt,
  entriesOf,
  fc42,
  githubWith,
  reportRepository,
  statusReport,
} from "../../support/github-reports.ts";

let github: GithubLab;
beforeEach(async () => {
  github = await githubWith({ app: { id: 12, slug: "qubes-release-bot", installation: 77 } });
});
afterEach(() => github.close());

const app = (privateKey: string, installationId: number | null) =>
  ({ kind: "app", appId: 12, privateKey, installationId }) as const;

describe("a GitHub App", () => {
  it.each([77, null])(
    "writes with its installation's token (installation %s), and knows its own issues again",
    async (installation) => {
      const credentials = app(github.appKey ?? "", installation);
      await delivererAt(github.apiUrl, { credentials }).deliver(entriesOf(statusReport({ type: "built", id: "e1" })));
      const restarted = delivererAt(github.apiUrl, { credentials });
      await restarted.deliver(entriesOf(statusReport({ type: "built", id: "e2", distribution: fc42 })));
      expect(await issuesOn(github, reportRepository)).toHaveLength(1);
      expect((await issueOn(github, reportRepository, 1)).comments).toHaveLength(2);
    },
  );

  it("whose key is wrong waits for the operator", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const credentials = app(String(privateKey.export({ type: "pkcs1", format: "pem" })), 77);
    const outcome = await delivererAt(github.apiUrl, { credentials }).deliver(
      entriesOf(statusReport({ type: "built", id: "e1" })),
    );
    expect(outcome).toMatchObject({ kind: "retry", afterMs: 600_000 });
  });
});

describe("credentials", () => {
  it("stand in no error, however the request fails", async () => {
    const secret = "ghp_0123456789secret";
    const key = github.appKey ?? "";
    for (const credentials of [{ kind: "token", token: secret } as const, app(key.replace("A", "B"), 77)]) {
      for (const apiUrl of [github.apiUrl, "http://127.0.0.1:65001"]) {
        const client = githubClient({ credentials, apiUrl, timeoutMs: 60_000, now: () => new Date() });
        const fault = await client
          .rest("GET /repos/{owner}/{repo}/issues/{issue_number}", reportRepository, { issue_number: 1 })
          .then(
            () => null,
            (error: GithubFault) => error,
          );
        const told = `${String(fault)} ${JSON.stringify(fault)} ${fault?.stack} ${String(fault?.cause)}`;
        expect(fault).not.toBeNull();
        expect(told).not.toContain(secret);
        expect(told).not.toMatch(/PRIVATE KEY|authorization|eyJ/i);
      }
    }
  });
});
