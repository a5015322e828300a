import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GithubLab } from "../../src/lab/github/index.ts";
import { holdProgram } from "../../src/programs/cli/hold.ts";
import { main } from "../../src/programs/cli/promote.ts";
import { parseFrame } from "../../src/signed/index.ts";
import { runCaptured } from "../support/captured-program.ts";
import { askGithub, issueOn } from "../support/github-issue.ts";
import { githubWith, reportRepository } from "../support/github-reports.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let home: GpgHome;
let key = "";
beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
});
afterAll(() => home.remove());

let github: GithubLab;
let words: string[] = [];
const line = `Upload-component r4.3 core-admin ${"a".repeat(40)} current vm-bookworm,vm-fc42`;

beforeEach(async () => {
  github = await githubWith();
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "keys"));
  writeFileSync(join(directory, "keys/build.asc"), home.exportKey(key));
  writeFileSync(join(directory, "token"), "token-alice\n");
  const since = new Date(Date.now() - 10 * 86_400_000).toISOString();
  const places = ["vm-fc42", "vm-bookworm"].map((distribution) => placeWith({ distribution, since }));
  const updates = [
    updateWith({ issue: 1, places }),
    updateWith({ issue: 2, name: "core-agent", buggy: true, places }),
    updateWith({ issue: 3, name: "young", places: [placeWith({ since: new Date().toISOString() })] }),
  ];
  const data = join(directory, "status.json");
  const text = JSON.stringify({ ...statusWith(updates), generatedAt: new Date().toISOString() });
  writeFileSync(data, text);
  writeFileSync(`${data}.asc`, home.detachSign(text, { key }));
  words = ["--data", data, "--keys", join(directory, "keys"), "--key", key, "--gnupghome", home.directory];
  words.push("--token-file", join(directory, "token"), "--api-url", github.apiUrl);
  await askGithub(github, `/repos/${reportRepository}/issues`, {
    method: "POST",
    body: { title: "x" },
    token: "token-bot",
  });
});
afterEach(() => github.close());

/** Answers the first command on the issue as the bot does; before that, a stranger says the same. */
async function answerOnce(mark: "🚀" | "👎"): Promise<string> {
  for (;;) {
    const [comment] = (await issueOn(github, reportRepository, 1)).comments;
    if (comment !== undefined) {
      const frame = parseFrame(Buffer.from(comment, "latin1"));
      if (!frame.ok) throw new Error(frame.error.message);
      for (const [token, outcome] of [
        ["token-alice", "🚀"],
        ["token-bot", mark],
      ] as const) {
        const body = `Answer of \`build-debian\` (id \`${frame.value.trace}\`):\n\n- ${outcome} \`${line}\`: in current\n\n<!-- release-bot:a1 -->`;
        await askGithub(github, `/repos/${reportRepository}/issues/1/comments`, {
          method: "POST",
          body: { body },
          token,
        });
      }
      return comment;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("release-bot promote", () => {
  it("rehearses: shows the very lines, what is left out and why, and posts nothing", async () => {
    const run = await runCaptured(main, ["r4.3", "--all-ready", "--rehearse", ...words]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain(`\n  ${line}\n`);
    expect(run.stdout.match(/Upload-component/g)).toHaveLength(1);
    expect(run.stdout).toMatch(/labelled buggy/);
    expect(run.stdout).toMatch(/too young/);
    expect((await issueOn(github, reportRepository, 1)).comments).toEqual([]);
  });

  it("signs the lines as one message that the bot's own parser takes, posts it and follows the bot's answer", async () => {
    const [run, comment] = await Promise.all([
      runCaptured(main, ["r4.3", "core-admin", "--yes", ...words]),
      answerOnce("🚀"),
    ]);
    expect(parseFrame(Buffer.from(comment, "latin1"))).toMatchObject({ ok: true, value: { lines: [line] } });
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining("build-debian:\n- 🚀") });
  });

  it("ends with 1 where the bot refuses, whatever a stranger answers", async () => {
    const [run] = await Promise.all([runCaptured(main, ["r4.3", "core-admin", "--yes", ...words]), answerOnce("👎")]);
    expect(run).toMatchObject({ status: 1, stdout: expect.stringContaining("build-debian:\n- 👎") });
  });

  it("takes distributions and the other testing repository", async () => {
    const of = async (...more: string[]) => {
      const run = await runCaptured(main, ["r4.3", ...more, "--rehearse", "--json", ...words]);
      return (JSON.parse(run.stdout) as { lines: { line: string }[] }).lines.map((one) =>
        one.line.split(" ").slice(4).join(" "),
      );
    };
    expect(await of("core-admin", "--dist", "vm-fc42")).toEqual(["current vm-fc42"]);
    expect(await of("young", "--to", "security-testing")).toEqual(["security-testing vm-bookworm"]);
    expect(await of("young")).toEqual([]);
  });

  it("signs nothing that is not ready, and says wrong usage", async () => {
    expect(await runCaptured(main, ["r4.3", "young", "--yes", ...words])).toMatchObject({ status: 1 });
    expect(await runCaptured(main, ["r4.3", ...words])).toMatchObject({ status: 2 });
    expect(await runCaptured(main, ["r4.3", "core-admin", "--to", "unstable", ...words])).toMatchObject({ status: 2 });
    expect((await issueOn(github, reportRepository, 1)).comments).toEqual([]);
  });
});

describe("release-bot hold, unhold, withdraw", () => {
  const sha = "a".repeat(40);

  it.each([
    ["hold", ["r4.3", "core-admin"], `Hold r4.3 core-admin ${sha} all`],
    ["unhold", ["r4.3", "core-admin", "v4.3.12", "--dist", "vm-fc42"], `Unhold r4.3 core-admin ${sha} vm-fc42`],
    ["withdraw", ["r4.3", "core-admin", "--from", "current"], `Withdraw-component r4.3 core-admin ${sha} current all`],
  ] as const)("%s signs the line that the records make, and no other", async (verb, given, wanted) => {
    const { main: run } = holdProgram(verb);
    const rehearsed = await runCaptured(run, [...given, "--rehearse", ...words]);
    expect(rehearsed).toMatchObject({
      status: 0,
      stdout: `These lines will be signed, as one message:\n\n  ${wanted}\n`,
    });
    const [done, comment] = await Promise.all([runCaptured(run, [...given, "--yes", ...words]), answerOnce("🚀")]);
    expect(parseFrame(Buffer.from(comment, "latin1"))).toMatchObject({ ok: true, value: { lines: [wanted] } });
    expect(done.status).toBe(0);
  });

  it("refuse what makes no valid command", async () => {
    const { main: run } = holdProgram("withdraw");
    for (const more of [
      ["--from", "nowhere"],
      ["--from", "current", "--dist", "x;y"],
    ]) {
      expect(await runCaptured(run, ["r4.3", "core-admin", ...more, "--yes", ...words])).toMatchObject({
        status: 1,
        stdout: "",
      });
    }
    expect(await runCaptured(run, ["r4.3", "core-admin", ...words])).toMatchObject({ status: 2 });
    expect((await issueOn(github, reportRepository, 1)).comments).toEqual([]);
  });
});
