import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refusal, type TraceId } from "../../src/domain/index.ts";
import { holdProgram } from "../../src/programs/cli/hold.ts";
import { main } from "../../src/programs/cli/promote.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { MaintainerDesk } from "../support/maintainer-desk.ts";
import { placeWith, updateWith } from "../support/status-data.ts";

let home: GpgHome;
let key = "";
beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
});
afterAll(() => home.remove());

const sha = "a".repeat(40);
const line = `Upload-component r4.3 core-admin ${sha} current vm-bookworm,vm-fc42`;
const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const since = ago(10);
const places = ["vm-fc42", "vm-bookworm"].map((distribution) => placeWith({ distribution, since }));
const updates = [
  updateWith({ issue: 1, places }),
  updateWith({ issue: 2, name: "core-agent", buggy: true, places }),
  updateWith({ issue: 3, name: "young", places: [placeWith({ since: ago(0) })] }),
  updateWith({
    issue: 3,
    kind: "template",
    name: "debian-13",
    version: "4.3.0-202611010000",
    commit: null,
    places: [placeWith({ distribution: "all", repository: "templates-itl-testing", since })],
  }),
];

let desk: MaintainerDesk;
const promote = (...words: string[]) => runCaptured(main, ["r4.3", ...words, ...desk.words]);
beforeEach(async () => {
  desk = await MaintainerDesk.open(home, key, updates);
});
afterEach(() => desk.github.close());

const done = { kind: "done", summary: "in current" } as const;

describe("release-bot promote", () => {
  it("rehearses: shows the very lines, what they do, what is left out and why, and posts nothing", async () => {
    for (const option of ["--rehearse", "--list"]) {
      const run = await promote("--all-ready", option);
      expect(run.status).toBe(0);
      expect(run.stdout).toContain(`This line will be signed, as one message:\n\n  ${line}\n`);
      expect(run.stdout.match(/Upload-component/g)).toHaveLength(1);
      expect(run.stdout).toMatch(
        /core-admin v4\.3\.12 to current \(issue #1\)\n {4}vm-bookworm {2}4\.3\.12-1 in current-testing since \S+ \(build-debian\)\n/,
      );
      expect(run.stdout).toMatch(/Left out:[\s\S]*core-agent[\s\S]*labelled buggy/);
      expect(run.stdout).toMatch(/young[\s\S]*days? left/);
    }
    expect(await desk.messages()).toEqual([]);
  });

  it("signs the lines as one message that the bot's own parser takes, and follows what the bot says of each place", async () => {
    const [run, frame] = await Promise.all([
      promote("core-admin", "--yes"),
      desk.posted().then(async (posted) => {
        await desk.react("eyes");
        const { trace } = posted;
        const fc42 = { type: "uploaded", id: "u1", distribution: "vm-fc42", repository: "current", plan: "0" } as const;
        await desk.tell(1, { ...fc42, trace });
        await desk.tell(1, { type: "uploaded", id: "u2", distribution: "vm-bookworm", repository: "current-testing" });
        await desk.tell(1, {
          type: "upload-failed",
          id: "u3",
          distribution: "vm-bookworm",
          repository: "current",
          reason: "no *disk*",
          trace,
        });
        return posted;
      }),
    ]);
    expect(frame.lines).toEqual([line]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("done     core-admin v4.3.12 vm-fc42 to current\n");
    expect(run.stdout).toContain(
      "failed   core-admin v4.3.12 vm-bookworm to current: failed to upload to stable. no *disk*\n",
    );
  });

  it("takes what another command led to for no answer to this one", async () => {
    const [run] = await Promise.all([
      promote("core-admin", "--yes"),
      desk.posted().then(async ({ trace }) => {
        const done = { type: "uploaded", id: "u", repository: "current", distribution: "vm-fc42" } as const;
        await desk.tell(1, { ...done, trace: "f".repeat(12) as TraceId });
        await desk.tell(1, { ...done, type: "upload-failed", reason: "no disk", trace });
        await desk.tell(1, { ...done, distribution: "vm-bookworm", trace });
      }),
    ]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(
      "failed   core-admin v4.3.12 vm-fc42 to current: failed to upload to stable. no disk\n",
    );
    expect(run.stdout).toContain("done     core-admin v4.3.12 vm-bookworm to current\n");
  });

  it("takes the rocket of the one build qube concerned for all of it: a success has no answer of its own", async () => {
    const [run] = await Promise.all([
      promote("core-admin", "--yes", "--json"),
      desk.posted().then(() => desk.react("rocket")),
    ]);
    expect(run.status).toBe(0);
    const [plan, ...outcomes] = run.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(plan).toMatchObject({ lines: [{ line, name: "core-admin", issue: 1 }] });
    expect(outcomes).toMatchObject([
      { line, distribution: "vm-bookworm", environment: "build-debian", outcome: "done" },
      { line, distribution: "vm-fc42", environment: "build-debian", outcome: "done" },
    ]);
  });

  it("believes no stranger, whatever one answers, tells or reacts with", async () => {
    const [run] = await Promise.all([
      promote("core-admin", "--yes"),
      desk.posted().then(async (frame) => {
        await desk.react("rocket", "token-alice");
        await desk.answer(frame, "build-debian", [done], "token-alice");
        for (const distribution of ["vm-fc42", "vm-bookworm"])
          await desk.tell(1, { type: "uploaded", id: "u", distribution, repository: "current" }, "token-alice");
        const no = refusal("BUGGY", "core-admin", "the status issue is labelled buggy", "Remove the label.");
        await desk.answer(frame, "build-debian", [{ kind: "refused", refusal: no }]);
      }),
    ]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(
      "refused  core-admin v4.3.12 vm-fc42 to current: BUGGY (core-admin). The status issue is labelled buggy. Remove the label.\n",
    );
  });

  it("says at once that a signature is not taken, and what has not been answered in time", async () => {
    const [confused] = await Promise.all([
      promote("core-admin", "--yes"),
      desk.posted().then(() => desk.react("confused")),
    ]);
    expect(confused).toMatchObject({ status: 1, stdout: expect.stringMatching(/refused .*is this key trusted there/) });
    const late = await promote("core-admin", "--yes", "--wait", "0.1");
    expect(late).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/not over yet.*core-admin v4\.3\.12 vm-fc42/),
    });
    expect(await promote("core-admin", "--yes", "--wait", "0")).toMatchObject({ status: 3 });
  });

  it("takes distributions, days, templates and the other testing repository", async () => {
    const of = async (...more: string[]) => {
      const run = await promote(...more, "--rehearse", "--json");
      return (JSON.parse(run.stdout) as { lines: { line: string }[] }).lines.map((one) =>
        one.line.split(" ").slice(4).join(" "),
      );
    };
    expect(await of("core-admin", "--dist", "vm-fc42")).toEqual(["current vm-fc42"]);
    expect(await of("--components", "core-admin", "--dists", "vm-fc42")).toEqual(["current vm-fc42"]);
    expect(await of("young", "--to", "security-testing")).toEqual(["security-testing vm-bookworm"]);
    expect(await of("young")).toEqual([]);
    expect(await of("--all", "--days", "9")).toEqual(["current vm-bookworm,vm-fc42"]);
    expect(await of("--all", "--days", "11")).toEqual([]);
    expect(await of("--all", "--to", "templates-itl")).toEqual(["templates-itl"]);
  });

  it("splits what one message cannot hold, and posts each part on its own first issue", async () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      updateWith({ name: `component-${index}`, issue: index < 45 ? 1 : 2, places }),
    );
    desk.publish(home, key, many);
    const rehearsed = await promote("--all-ready", "--rehearse");
    expect(rehearsed.stdout).toContain(
      "These 60 lines will be signed, as 2 messages, since one holds 50 lines at most:",
    );
    const [run] = await Promise.all([
      promote("--all-ready", "--yes"),
      Promise.all([desk.posted(1), desk.posted(2)]).then(async () => {
        await desk.react("rocket", "token-bot", 1);
        await desk.react("rocket", "token-bot", 2);
      }),
    ]);
    expect(run.status).toBe(0);
    expect(run.stdout.match(/^done/gm)).toHaveLength(120);
    const sizes = [...(await desk.messages(1)), ...(await desk.messages(2))].map(({ lines }) => lines.length);
    expect(sizes.reduce((sum, count) => sum + count)).toBe(60);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
  });

  it("signs nothing that is not ready, unknown or not agreed to, and says wrong usage", async () => {
    expect(await promote("young", "--yes")).toMatchObject({
      status: 1,
      stderr: "release-bot promote: nothing of it is ready\n",
    });
    expect(await promote("nothing", "--yes")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no record of"),
    });
    for (const words of [
      [],
      ["core-admin", "--all"],
      ["core-admin", "--to", "unstable"],
      ["core-admin", "--days", "x"],
      ["--what"],
    ]) {
      expect(await promote(...words)).toMatchObject({ status: 2, stdout: "" });
    }
    expect(await desk.messages()).toEqual([]);
  });

  it("says what is missing to sign and post", async () => {
    const without = async (...gone: string[]) => {
      const words = desk.words.filter((word, at) => !gone.includes(word) && !gone.includes(desk.words[at - 1] ?? ""));
      return (await runCaptured(main, ["r4.3", "core-admin", "--yes", ...words])).stderr;
    };
    expect(await without("--key")).toMatch(/--key FINGERPRINT .* is needed to sign and post, or maintainer\.key/);
    expect(await without("--token-file")).toMatch(/--token-file FILE is needed/);
    const sq = await promote("core-admin", "--yes", "--sign-with", "sq");
    expect(sq).toMatchObject({ status: 1, stderr: expect.stringContaining("--sq-key FILE is needed") });
  });
});

describe("release-bot hold, unhold, withdraw", () => {
  it.each([
    ["hold", ["core-admin"], `Hold r4.3 core-admin ${sha} all`],
    ["unhold", ["core-admin", "v4.3.12", "--dist", "vm-fc42"], `Unhold r4.3 core-admin ${sha} vm-fc42`],
    [
      "withdraw",
      ["core-admin", "--from", "current-testing"],
      `Withdraw-component r4.3 core-admin ${sha} current-testing all`,
    ],
  ] as const)("%s signs the line that the records make, and no other", async (verb, given, wanted) => {
    const { main: run } = holdProgram(verb);
    const rehearsed = await runCaptured(run, ["r4.3", ...given, "--rehearse", ...desk.words]);
    expect(rehearsed.status).toBe(0);
    expect(rehearsed.stdout).toContain(`This line will be signed, as one message:\n\n  ${wanted}\n`);
    const [ended] = await Promise.all([
      runCaptured(run, ["r4.3", ...given, "--yes", ...desk.words]),
      desk.posted().then(async (frame) => {
        expect(frame.lines).toEqual([wanted]);
        await desk.answer(frame, "build-debian", [done]);
      }),
    ]);
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/done {5}core-admin v4\.3\.12 vm-fc42/) });
  });

  it("withdraw knows by the status comments, too", async () => {
    const { main: run } = holdProgram("withdraw");
    const words = ["r4.3", "core-admin", "--from", "current-testing", "--dist", "vm-fc42", "--yes", ...desk.words];
    const [ended] = await Promise.all([
      runCaptured(run, words),
      desk.posted().then(() =>
        desk.tell(1, {
          type: "withdrawn",
          id: "w",
          distribution: "vm-fc42",
          repository: "current-testing",
          plan: "0",
        }),
      ),
    ]);
    expect(ended.status).toBe(0);
  });

  it("refuse what makes no valid command", async () => {
    const { main: run } = holdProgram("withdraw");
    for (const more of [
      ["--from", "nowhere"],
      ["--from", "current", "--dist", "x;y"],
    ]) {
      expect(await runCaptured(run, ["r4.3", "core-admin", ...more, "--yes", ...desk.words])).toMatchObject({
        status: 1,
        stdout: "",
      });
    }
    expect(await runCaptured(run, ["r4.3", "core-admin", ...desk.words])).toMatchObject({ status: 2 });
    expect(await desk.messages()).toEqual([]);
  });
});
