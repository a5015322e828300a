import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { main as list } from "../../src/programs/cli/list.ts";
import { main as status } from "../../src/programs/cli/status.ts";
import { parseStatusData, type StatusData } from "../../src/status/index.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let home: GpgHome;
let debian = "";
let fedora = "";
let stranger = "";
beforeAll(() => {
  home = new GpgHome();
  [debian, fedora, stranger] = [home.makeKey(), home.makeKey(), home.makeKey()];
});
afterAll(() => home.remove());

let directory = "";
let keys = "";
let out = "";
beforeEach(() => {
  directory = temporaryDirectory();
  keys = join(directory, "keys");
  out = join(directory, "all");
  mkdirSync(keys);
  writeFileSync(join(keys, "debian.asc"), home.exportKey(debian));
  writeFileSync(join(keys, "fedora.asc"), home.exportKey(fedora));
});

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

/** A part as a build qube publishes it; answers its path. */
function part(name: string, signer: string, parts: Partial<StatusData> = {}): string {
  const places = [placeWith({ distribution: `vm-${name}`, environment: name })];
  const whole = statusWith([updateWith({ places })], { environments: [name], generatedAt: hoursAgo(1), ...parts });
  const path = join(directory, `${name}.json`);
  const text = JSON.stringify(whole);
  writeFileSync(path, text);
  writeFileSync(`${path}.asc`, home.detachSign(text, { key: signer }));
  return path;
}

const combine = (...words: string[]) => runCaptured(status, ["combine", "--out", out, "--keys", keys, ...words]);
const distributions = (): string[] => {
  const parsed = parseStatusData(readFileSync(join(out, "status.json"), "utf8"));
  return parsed.ok ? parsed.value.updates.flatMap(({ places }) => places.map(({ distribution }) => distribution)) : [];
};

describe("release-bot status combine", () => {
  it("makes one signed site of several build qubes' data, which 'list' believes", async () => {
    const parts = [part("debian", debian), part("fedora", fedora)];
    const run = await combine("--sign", debian, "--gnupghome", home.directory, ...parts);
    expect(run).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining(" of 1 versions in ") });
    const listed = await runCaptured(list, ["r4.3", "--data", join(out, "status.json"), "--keys", keys]);
    expect(listed.stdout).toMatch(/vm-debian/);
    expect(listed.stdout).toMatch(/vm-fedora/);
  });

  const bad: readonly (readonly [what: string, make: () => string, why: RegExp])[] = [
    ["signed by a stranger", () => part("fedora", stranger), /fedora\.json|is not signed by a key of/],
    [
      "unsigned",
      () => {
        const path = part("fedora", fedora);
        writeFileSync(`${path}.asc`, "");
        return path;
      },
      /is not signed by a key of/,
    ],
    [
      "changed after it was signed",
      () => {
        const path = part("fedora", fedora);
        writeFileSync(path, readFileSync(path, "utf8").replace("current-testing", "current"));
        return path;
      },
      /is not signed by a key of/,
    ],
    ["stale", () => part("fedora", fedora, { generatedAt: hoursAgo(30) }), /fedora\.json is 30 hours old/],
    ["from the future", () => part("fedora", fedora, { generatedAt: hoursAgo(-2) }), /fedora\.json is from the future/],
    ["of another shape", () => part("fedora", fedora, { format: "x" as "release-bot-status-2" }), /no status data/],
    ["not there", () => join(directory, "nowhere.json"), /nowhere\.json cannot be read/],
  ];

  it.each(bad)("leaves the site as it was where a part is %s", async (_, make, why) => {
    expect(await combine(part("debian", debian))).toMatchObject({ status: 0 });
    const before = readFileSync(join(out, "index.html"));
    const run = await combine(join(directory, "debian.json"), make());
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toMatch(why);
    expect(run.stderr).toMatch(/the site stays as it was; --partial makes one of the other 1/);
    expect(readFileSync(join(out, "index.html"))).toEqual(before);
  });

  it.each(bad)("with --partial, leaves out a part that is %s, and says so on every page", async (_, make, why) => {
    const run = await combine("--partial", part("debian", debian), make());
    expect(run.status).toBe(3);
    expect(run.stderr).toMatch(why);
    expect(distributions()).toEqual(["vm-debian"]);
    for (const page of ["index.html", "r4.3-1.html", "update/r4.3_component_core-admin_v4.3.12.html"]) {
      expect(readFileSync(join(out, page), "utf8")).toMatch(/<p class="notice">Missing here: /);
    }
  });

  it("makes no site of no part, not even with --partial", async () => {
    const run = await combine("--partial", part("fedora", stranger));
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining("no part can be believed") });
  });

  it("says which parts contradict one another, and refuses those of another repository", async () => {
    const twice = part("debian", debian);
    const other = part("fedora", fedora, { updates: [updateWith({ commit: "b".repeat(40) })] });
    expect(await combine(twice, other)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/2 commits have this/),
    });
    const elsewhere = part("fedora", fedora, { reportRepository: "somebody/else" });
    expect(await combine(twice, elsewhere)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the parts report to different repositories: .*somebody\/else/),
    });
  });

  it.each([
    [["--max-age", "soon"], /--max-age takes a number of hours/],
    [["--url", "javascript:x"], /--url takes an http\(s\) address/],
    [["--sign", "me"], /--sign takes a fingerprint/],
    [["--nonsense"], /Unknown option/],
  ])("says what is wrong with %j", async (words, message) => {
    const run = await combine(...words, "part.json");
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(message);
  });
});
