/** What a maintainer's own machine signs with: whatever it is, nothing is posted that the bot would not take. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { main as build } from "../../src/programs/cli/build.ts";
import { main as promote } from "../../src/programs/cli/promote.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { MaintainerDesk } from "../support/maintainer-desk.ts";
import { placeWith, updateWith } from "../support/status-data.ts";
import { runTool } from "../support/tool.ts";
import { Verification } from "../support/verification.ts";

let home: GpgHome;
let key = "";
beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
});
afterAll(() => home.remove());

const sha = "a".repeat(40);
const since = new Date(Date.now() - 10 * 86_400_000).toISOString();
const line = `Upload-component r4.3 core-admin ${sha} current vm-bookworm`;
const updates = [
  updateWith({ issue: 1, places: [placeWith({ since })] }),
  updateWith({
    issue: 2,
    kind: "template",
    name: "debian-13",
    version: "4.3.0-202611010000",
    commit: null,
    places: [placeWith({ distribution: "all", repository: "templates-itl-testing", since })],
  }),
];

let desk: MaintainerDesk;
beforeEach(async () => {
  desk = await MaintainerDesk.open(home, key, updates);
});
afterEach(() => desk.github.close());

const posting = (...words: string[]) =>
  runCaptured(promote, ["r4.3", "core-admin", "--yes", "--wait", "0", ...desk.words, ...words]);

/** A program in the desk's directory. */
function program(name: string, text: string): string {
  const path = join(desk.directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("a maintainer signs", () => {
  it("by sq, and both of the bot's verifiers take it", async () => {
    const file = join(desk.directory, "me.pgp");
    runTool("sq", ["key", "generate", "--userid", "me@example.org", "--export", file]);
    const run = await posting("--sign-with", "sq", "--sq-key", file);
    expect(run).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("posted on QubesOS/updates-status#1, id "),
    });
    const [frame] = await desk.messages();
    expect(frame?.lines).toEqual([line]);
    const certificate = runTool("sq", ["key", "extract-cert", file]).toString();
    const verification = await Verification.open();
    try {
      const keys = await verification.trust(certificate);
      const { comments } = await commentsOf(1);
      expect(await verification.judge(`${comments[0]?.trimEnd()}\n`, keys, new Date())).toHaveProperty("verified");
    } finally {
      verification.remove();
    }
  });

  it("by sq 1.x, whose options have other names, and which refuses those that it does not know", async () => {
    const file = join(desk.directory, "me.pgp");
    runTool("sq", ["key", "generate", "--userid", "me@example.org", "--export", file]);
    // A stand-in as strict as sq 1.3: no --version, these options and no others, a real signature.
    program(
      "sq",
      `real=$(PATH="$OLD_PATH" command -v sq)
      refuse() { echo "error: unexpected argument '$1' found" >&2; exit 2; }
      [ "$1" = sign ] || refuse "$1"
      shift
      if [ "$*" = --help ]; then
        echo "Usage: sq sign [OPTIONS] <--signature-file <SIG>|--message|--cleartext> [FILE]"
        printf '      %s\\n' '--output <FILE>' --binary --message --cleartext '--mode <MODE>' '--signer <FINGERPRINT|KEYID>' \\
          '--signer-userid <USERID>' '--signer-email <EMAIL>' '--signer-file <PATH>' --signer-self
        exit 0
      fi
      how= key=
      for word in "$@"; do
        case $word in
          --cleartext) how=1 ;;
          --signer-file=*) key=\${word#*=} ;;
          *) refuse "$word" ;;
        esac
      done
      [ -n "$how" ] && [ -n "$key" ] || refuse nothing
      exec "$real" sign --cleartext-signature --signer-key="$key"`,
    );
    const { PATH = "" } = process.env;
    vi.stubEnv("OLD_PATH", PATH);
    vi.stubEnv("PATH", `${desk.directory}:${PATH}`);
    try {
      const run = await posting("--sign-with", "sq", "--sq-key", file);
      expect(run).toMatchObject({ status: 3, stderr: expect.stringContaining("posted on") });
      expect((await desk.messages())[0]?.lines).toEqual([line]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each([
    ["cannot read the key", "/nowhere/me.pgp", null, /cannot sign: sq ended with status 1: .*No such file/],
    [
      "is of a kind that nobody knows",
      "me.pgp",
      "echo --sign-as",
      /sq knows neither way of clear-signing.*sq sign --help/,
    ],
  ])("and nothing is posted where sq %s", async (_what, file, text, message) => {
    if (text !== null) program("sq", text);
    vi.stubEnv("PATH", `${desk.directory}:${process.env["PATH"]}`);
    try {
      const run = await posting("--sign-with", "sq", "--sq-key", file);
      expect(run).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
      expect((await commentsOf(1)).comments).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("by a program that takes gpg's arguments, as qubes-gpg-client-wrapper, named by a flag or in the configuration", async () => {
    const wrapper = program("qubes-gpg-client-wrapper", `echo "$@" >>"$0.log"; exec gpg "$@"`);
    expect((await posting("--sign-with", wrapper)).status).toBe(3);
    const config = join(desk.directory, "config.yml");
    const maintainer = { key, gnupghome: home.directory, "token-file": "token", "sign-with": wrapper };
    const section = { ...maintainer, "api-url": desk.github.apiUrl };
    writeFileSync(config, JSON.stringify({ status: { data: "status.json", keys: "keys" }, maintainer: section }));
    const words = ["r4.3", "core-admin", "--yes", "--wait", "0", "--config", config];
    expect(await runCaptured(promote, words)).toMatchObject({ status: 3 });
    expect(readFileSync(`${wrapper}.log`, "utf8").match(/--clearsign -u [0-9A-F]{40}/g)).toHaveLength(2);
    expect(await desk.messages()).toHaveLength(2);
  });

  it.each([
    [
      "signs something else",
      `cat >/dev/null; echo "Hold r4.3 core-admin ${sha} all" | gpg "$@"`,
      /something else was signed/,
    ],
    ["adds a line", `{ cat; echo "Hold r4.3 x ${sha} all"; } | gpg "$@"`, /something else was signed/],
    ["signs with a weak hash", `exec gpg --digest-algo RIPEMD160 "$@"`, /the bot would not take what was signed/],
    ["says more than the message", `gpg "$@"; echo more`, /the bot would not take what was signed/],
    ["fails", "cat >/dev/null; echo no card >&2; exit 2", /ended with status 2: no card/],
    ["says nothing", "cat >/dev/null", /answered no signature/],
  ])("and nothing is posted where the program %s", async (_what, text, message) => {
    const run = await posting("--sign-with", program("odd-gpg", text));
    expect(run).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    expect((await commentsOf(1)).comments).toEqual([]);
  });

  it("posts none of several messages where one cannot be signed", async () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      updateWith({ name: `component-${index}`, issue: 1, places: [placeWith({ since })] }),
    );
    desk.publish(home, key, many);
    const once = program("once", `[ -e "$0.done" ] && exit 2; touch "$0.done"; exec gpg "$@"`);
    const words = ["r4.3", "--all", "--yes", "--wait", "0", ...desk.words, "--sign-with", once];
    expect(await runCaptured(promote, words)).toMatchObject({ status: 1 });
    expect((await commentsOf(1)).comments).toEqual([]);
  });
});

const commentsOf = async (issue: number): Promise<{ readonly comments: readonly string[] }> => {
  const { issueOn } = await import("../support/github-issue.ts");
  const { reportRepository } = await import("../support/github-reports.ts");
  return issueOn(desk.github, reportRepository, issue);
};

describe("a maintainer asks for a build", () => {
  const at = "202611231200";
  const asking = (...words: string[]) => runCaptured(build, [...words, ...desk.words]);

  it.each([
    ["component r4.3 core-admin", `Build-component r4.3 core-admin ${sha} all ${at}`],
    [
      "component r4.3 core-admin vm-bookworm vm-fc42",
      `Build-component r4.3 core-admin ${sha} vm-bookworm,vm-fc42 ${at}`,
    ],
    [`component r4.3 new --commit ${"b".repeat(40)} --issue 3`, `Build-component r4.3 new ${"b".repeat(40)} all ${at}`],
    ["template r4.3 debian-13", `Build-template r4.3 debian-13 ${at}`],
    ["iso r4.3 4.3.0-rc1 --issue 3", `Build-iso r4.3 4.3.0-rc1 ${at}`],
    ["iso r4.3 --issue 3", `Build-iso r4.3 4.3.${at} ${at}`],
  ])("%s, by a line that the bot parses", async (words, wanted) => {
    const run = await asking(...words.split(" "), "--timestamp", at, "--rehearse");
    expect(run.status).toBe(0);
    expect(run.stdout).toContain(`This line will be signed, as one message:\n\n  ${wanted}\n`);
  });

  it("on the status issue of the template before it, and learns what became of it", async () => {
    const [run, frame] = await Promise.all([
      asking("template", "r4.3", "debian-13", "--yes"),
      desk.posted(2).then(async (posted) => {
        await desk.react("rocket", "token-bot", 2);
        return posted;
      }),
    ]);
    expect(frame.lines[0]).toMatch(/^Build-template r4\.3 debian-13 \d{12}$/);
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^done {5}debian-13 \d{12} is built$/m) });
  });

  it("learns of each distribution by the status comments", async () => {
    const [run] = await Promise.all([
      asking("component", "r4.3", "core-admin", "--yes"),
      desk
        .posted(1)
        .then(() =>
          desk.tell(1, { type: "failed", id: "f", distribution: "vm-bookworm", stage: "build", reason: "no *disk*" }),
        ),
    ]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(
      "failed   core-admin v4.3.12 vm-bookworm is built again: failed to build. no *disk*\n",
    );
  });

  it.each([
    [["component", "r4.3"], 2],
    [["component", "r9.x", "core-admin"], 2],
    [["component", "r4.3", "core-admin", "--issue", "x"], 2],
    [["component", "r4.3", "core-admin", "--final"], 2],
    [["component", "r4.3", "unknown"], 2],
    [["component", "r4.3", "core-admin", "vm fc42"], 1],
    [["iso", "r4.3", "--yes"], 1],
    [["iso", "r4.3", "new"], 2],
    [["everything", "r4.3"], 2],
    [["component", "r4.3", "core-admin", "--sign", "--local"], 2],
  ] as const)("refuses %j with status %i", async (words, status) => {
    expect(await asking(...words)).toMatchObject({ status });
    for (const issue of [1, 2, 3]) expect((await commentsOf(issue)).comments).toEqual([]);
  });
});
