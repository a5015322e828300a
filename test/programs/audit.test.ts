import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Asked } from "../../src/formats/in-toto/index.ts";
import { main } from "../../src/programs/cli/audit.ts";
import type { Deed, Promotion } from "../../src/trail/index.ts";
import { AuditedChain, commit, type Published, templateVersion } from "../support/audited-chain.ts";
import { runCaptured } from "../support/captured-program.ts";
import type { GpgHome } from "../support/gpg-home.ts";
import { runTool } from "../support/tool.ts";

const line = `Upload-component r4.3 core-admin ${commit} current host-fc41,vm-bookworm,vm-archlinux`;
const template = "fedora-44-minimal";

let chain: AuditedChain;
let asked: Asked;
let statementPath = "";
let rpm: Published;
let promotion: Promotion;

beforeAll(async () => {
  chain = await AuditedChain.start();
  asked = chain.asked(line);
  const deeds: Deed[] = [];
  for (const dist of ["vm-bookworm", "vm-archlinux", "host-fc41"]) {
    rpm = await chain.build(dist);
    promotion = (await chain.change("promote", rpm, asked)) as Promotion;
    deeds.push(rpm.build, promotion);
  }
  const image = await chain.buildTemplate();
  const wish = `Upload-template r4.3 ${template} ${templateVersion} templates-itl`;
  deeds.push(image.build, await chain.change("promote", image, chain.asked(wish)));
  statementPath = await chain.state(...deeds);
});
afterAll(() => chain.stop());

/** Runs the audit of a name; answers its status and its last line. */
async function audited(name = "core-admin", logs = chain.logs.remote, ...more: string[]): Promise<[number, string]> {
  const words = ["r4.3", name, "--root", chain.root, "--logs", logs, "--keys", chain.keys, ...more];
  const run = await runCaptured(main, words);
  return [run.status, run.stdout.trim().split("\n").at(-1) ?? ""];
}

/** Changes one byte of a file for the time of a check. */
async function withChangedByte(file: string, at: number, check: () => Promise<void>): Promise<void> {
  const before = readFileSync(file);
  const after = Buffer.from(before);
  after[at] = (after[at] ?? 0) ^ 1;
  // Another file of the same name: packages are linked from one repository to the next.
  rmSync(file);
  writeFileSync(file, after);
  try {
    await check();
  } finally {
    rmSync(file);
    writeFileSync(file, before);
  }
}

/** A copy of the logs repository in which one byte of one object is another, under the object's old name. */
function damagedLogs(name: string, change: (body: Buffer) => void): string {
  const copy = join(chain.logs.directory, `damaged-${Math.random()}`);
  cpSync(chain.logs.remote, copy, { recursive: true });
  const id = chain.logs.git("rev-parse", name).trim();
  const file = join(copy, "objects", id.slice(0, 2), id.slice(2));
  const object = inflateSync(readFileSync(file));
  change(object);
  rmSync(file);
  writeFileSync(file, deflateSync(object));
  return copy;
}

const flip = (needle: string) => (body: Buffer) => {
  const at = body.indexOf(needle);
  if (at === -1) throw new Error(`${needle} is not there`);
  body[at] = (body[at] ?? 0) ^ 1;
};

/** A copy whose branch has one commit more, by a key of somebody's choice, that changes files (null: takes them away). */
function recommitted(files: Readonly<Record<string, string | null>>, home: GpgHome, key: string): string {
  const copy = join(chain.logs.directory, `recommitted-${Math.random()}`);
  runTool("git", ["clone", "--quiet", chain.logs.remote, copy]);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    if (text === null) rmSync(join(copy, path));
    else writeFileSync(join(copy, path), text);
  }
  const who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", `user.signingkey=${key}`];
  const environment = { GNUPGHOME: home.directory };
  runTool("git", ["-C", copy, "add", "--all"]);
  runTool("git", ["-C", copy, ...who, "commit", "--quiet", "-S", "-m", "x"], { environment });
  return copy;
}

/** The same by the logs key itself, which has been taken over. */
const byLogsKey = (files: Readonly<Record<string, string | null>>): string =>
  recommitted(files, chain.logs.logsHome, chain.logs.logsKey);

/** A copy with the statements of one log and of the first, but without those of the tests in between. */
function onlyStatements(path: string): string {
  const folder = dirname(path);
  const listed = chain.logs.git("ls-tree", "--name-only", "master", `${folder}/`).trim().split("\n");
  const kept = [path, statementPath].flatMap((one) => [one, `${one}.checkpoints`]);
  const others = listed.filter((name) => !kept.includes(name));
  return others.length === 0 ? chain.logs.remote : byLogsKey(Object.fromEntries(others.map((name) => [name, null])));
}

const logOf = (deed: Deed) => {
  if ("log" in deed) return deed.log;
  throw new Error("a deed without a log");
};
const rpmName = () => basename(rpm.files[0] ?? "");
const folders = {
  rpm: "rpm/r4.3/current/host/fc41",
  deb: "deb/r4.3/vm",
  arch: "archlinux/r4.3/current/vm/archlinux/pkgs",
  template: "rpm/r4.3/templates-itl",
};

/** The one file of the tree whose path matches. */
function fileOf(pattern: RegExp): string {
  const all = readdirSync(chain.root, { recursive: true, encoding: "utf8" }).filter((path) => pattern.test(path));
  if (all.length !== 1 || all[0] === undefined) throw new Error(`${pattern}: ${all.join(", ")}`);
  return join(chain.root, all[0]);
}

describe("release-bot audit", () => {
  it("shows on a terminal how many statements it has read, and how many of them it has followed", async () => {
    const { isTTY } = process.stderr;
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      now += 3000;
      return now;
    });
    const words = ["r4.3", "core-admin", "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
    try {
      expect((await runCaptured(main, words)).stderr).toBe("");
      process.stderr.isTTY = true;
      const { status, stderr } = await runCaptured(main, words);
      expect(status).toBe(0);
      expect(stderr).toContain("0/1 reads the statements");
      for (const done of [0, 1, 5]) expect(stderr).toContain(`${done}/6 follows what is stated`);
      expect(stderr.endsWith("\r\u001b[2K")).toBe(true);
    } finally {
      process.stderr.isTTY = isTTY;
      vi.restoreAllMocks();
    }
  });

  it("finds the whole chain of a component to hold, offline: rpm, deb and Arch", async () => {
    const words = ["r4.3", "core-admin", "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
    const run = await runCaptured(main, words);
    const lines = run.stdout.trim().split("\n");
    expect([run.status, lines.length, lines.at(-1)]).toEqual([0, 7, "everything holds"]);
    expect(run.stdout).toContain(`host-fc41 built: ${commit}, 1 package, log ${logOf(rpm.build).path}`);
    expect(run.stdout).toContain(`host-fc41 current: ${commit} by ${chain.who}, 1 package, log ${promotion.log.path}`);
    expect(run.stdout).toContain(`vm-archlinux current: ${commit} by ${chain.who}, 2 packages`);
    for (const which of [commit, "4.3.1", "v4.3.1"]) {
      expect((await runCaptured(main, [...words.slice(0, 2), which, ...words.slice(2)])).stdout).toBe(run.stdout);
    }
  });

  it("finds a template's chain to hold, and the list of what the keys qube was told", async () => {
    const list = join(chain.logs.directory, "keys-fedora/state/acknowledged");
    const words = [template, templateVersion, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
    const run = await runCaptured(main, ["r4.3", ...words, "--acknowledged", list]);
    expect([run.status, run.stdout.split("\n")]).toEqual([
      0,
      [
        expect.stringMatching(
          /^built: 4\.3\.0-202611230900, 1 package, log build-fedora\/template-fedora-44-minimal\//,
        ),
        expect.stringMatching(/^templates-itl: 4\.3\.0-202611230900 by [0-9A-F]{40}, 1 package, log /),
        expect.stringMatching(/^[0-9]+ acknowledged commits are on the logs branch$/),
        "everything holds",
        "",
      ],
    ]);
  });

  it.each([
    ["d".repeat(40), "core-admin"],
    ["4.2.9", "core-admin"],
    ["4.3.0-202601010000", template],
  ])("says of %s that nobody has stated anything", async (which, name) => {
    const words = ["r4.3", name, which, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
    const run = await runCaptured(main, words);
    expect([run.status, run.stdout]).toEqual([1, expect.stringMatching(/^broken statement: .*no statement is kept/)]);
  });

  it.each([
    [[]],
    [["r4.3"]],
    [["r4.3", "core-admin", "../x", "--root", "r", "--logs", "l", "--keys", "k"]],
    [["r4.3", "core-admin", "--logs", "l", "--keys", "k"]],
    [["--signer", "ABCD", "--logs", "l", "--keys", "k"]],
    [["r4.3", "core-admin", "--signer", "A".repeat(40), "--logs", "l", "--keys", "k"]],
    [["r4.3", "core-admin", "--root", "r", "--logs", "l", "--keys", "k", "--unknown"]],
  ])("says how it is used when it is called with %j", async (words) => {
    const run = await runCaptured(main, words);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toContain("release-bot audit RELEASE NAME");
  });
});

describe("one changed byte in the repositories", () => {
  it.each([
    ["an rpm's payload", `^${folders.rpm}/rpm/.*\\.rpm$`, "core-admin", -20, "package: .*\\.rpm: is not the file"],
    [
      "an rpm's own signature",
      `^${folders.rpm}/rpm/.*\\.rpm$`,
      "core-admin",
      400,
      "package: .*\\.rpm: is not the file",
    ],
    ["repomd.xml", `^${folders.rpm}/repodata/repomd\\.xml$`, "core-admin", 60, "signature: .*fc41"],
    ["repomd.xml.asc", `^${folders.rpm}/repodata/repomd\\.xml\\.asc$`, "core-admin", 120, "signature: .*fc41"],
    ["the list of packages", `^${folders.rpm}/repodata/.*primary\\.xml\\.gz$`, "core-admin", 30, "signature: .*fc41"],
    ["the list of files", `^${folders.rpm}/repodata/.*filelists\\.xml\\.gz$`, "core-admin", 30, "signature: .*fc41"],
    ["a deb", `^${folders.deb}/pool/.*\\.deb$`, "core-admin", 300, "package: .*\\.deb: is not the file"],
    ["InRelease", `^${folders.deb}/dists/bookworm/InRelease$`, "core-admin", 90, "signature: .*bookworm"],
    ["Release.gpg", `^${folders.deb}/dists/bookworm/Release\\.gpg$`, "core-admin", 120, "signature: .*bookworm"],
    ["Packages", `^${folders.deb}/dists/bookworm/main/binary-amd64/Packages\\.gz$`, "core-admin", 30, "signature: .*"],
    ["an Arch package", `^${folders.arch}/core-admin.*\\.zst$`, "core-admin", 40, "package: .*\\.zst: is not the file"],
    ["an Arch package's .sig", `^${folders.arch}/core-admin.*\\.sig$`, "core-admin", 40, "package: .*\\.sig: is not"],
    ["an Arch database", `^${folders.arch}/qubes-r4.3-current\\.db$`, "core-admin", 40, "signature: .*current"],
    ["its signature", `^${folders.arch}/qubes-r4.3-current\\.db\\.sig$`, "core-admin", -20, "signature: .*current"],
    ["a template", `^${folders.template}/rpm/.*\\.rpm$`, template, -20, "package: .*\\.rpm: is not the file"],
    [
      "templates' repomd.xml",
      `^${folders.template}/repodata/repomd\\.xml$`,
      template,
      60,
      "signature: .*templates-itl",
    ],
  ])("is named in %s", async (_, pattern, name, at, expected) => {
    const file = fileOf(new RegExp(pattern));
    await withChangedByte(file, at < 0 ? readFileSync(file).length + at : at, async () => {
      expect(await audited(name)).toEqual([1, expect.stringMatching(`^broken ${expected}`)]);
    });
  });

  it("is named only as long as it is changed", async () => {
    for (const name of ["core-admin", template]) expect(await audited(name)).toEqual([0, "everything holds"]);
  });

  it("names the package that is gone", async () => {
    const file = fileOf(new RegExp(`^${folders.rpm}/rpm/.*rpm$`));
    const bytes = readFileSync(file);
    rmSync(file);
    expect(await audited()).toEqual([1, expect.stringMatching(/^broken package: .* does not stand in current$/)]);
    writeFileSync(file, bytes);
  });
});

/** An object of the logs repository, and where its byte is changed. */
type Place = readonly [name: string, needle: string];

describe("one changed byte in the logs repository", () => {
  it.each([
    ["the build's log", (): Place => [`master:${logOf(rpm.build).path}`, "rpmbuild"], /^broken log: .*damaged/],
    ["the promotion's log", (): Place => [`master:${promotion.log.path}`, "sign detach"], /^broken log: .*damaged/],
    ["a checkpoint", (): Place => [`master:${promotion.log.path}.checkpoints`, "sha256"], /^broken log: .*damaged/],
    ["the statement", (): Place => [`master:${statementPath}`, "payload"], /^broken log: .*provenance.*damaged/],
    ["the head commit", (): Place => ["master", "SHA-256"], /^broken commit: [0-9a-f]{40}: is damaged/],
    ["an older commit", (): Place => ["master~2", "author"], /^broken commit: [0-9a-f]{40}: is damaged/],
    ["a folder", (): Place => ["master:build-fedora", "promote"], /^broken log: .*folder is damaged/],
  ] as const)("is named in %s", async (_, where, expected) => {
    const [name, needle] = where();
    expect(await audited("core-admin", damagedLogs(name, flip(needle)))).toEqual([1, expect.stringMatching(expected)]);
  });

  it("is named in the list of what the keys qube was told, wherever it is", async () => {
    const text =
      readFileSync(join(chain.logs.directory, "keys-fedora/state/acknowledged"), "latin1").split("\n")[0] ?? "";
    const file = join(chain.logs.directory, "acknowledged");
    for (const [index, what] of ["date", "qube", "commit", "length", "path"].entries()) {
      const before = text.split(" ")[index] ?? "";
      // The time is the gate's own word, of which only the form can be wrong.
      const changed = what === "date" ? before.replace("T", "U") : change(before);
      writeFileSync(file, `${text.replace(before, changed)}\n`);
      const told = await audited("core-admin", chain.logs.remote, "--acknowledged", file);
      expect(told, what).toEqual([1, expect.stringMatching(/^broken commit: /)]);
    }
  });
});

/** The text with its last letter or digit another. */
function change(text: string): string {
  const last = text.at(-1) ?? "";
  return `${text.slice(0, -1)}${last === "1" ? "2" : "1"}`;
}

describe("what the keys themselves have signed and is not so", () => {
  it("names the head that somebody else has signed", async () => {
    const logs = recommitted({ [promotion.log.path]: "x\n" }, chain.maintainer, chain.maintainer.makeKey());
    expect(await audited("core-admin", logs)).toEqual([
      1,
      expect.stringMatching(/^broken commit: .*the logs key has not signed it$/),
    ]);
  });

  it("names the log that the logs key has changed", async () => {
    const { path } = logOf(rpm.build);
    const text = chain.logs.published(path).replace("rpmbuild", "rpmbuilt");
    expect(await audited("core-admin", byLogsKey({ [path]: text }))).toEqual([
      1,
      expect.stringMatching(new RegExp(`^broken log: ${path}: `)),
    ]);
  });

  it.each([
    ["a digest", (text: string) => text.replace(/"sha256":"[0-9a-f]/, '"sha256":"g'), /is no list of checkpoints/],
    [
      "a digest",
      (text: string) => text.replace(/"sha256":"[0-9a-f]{2}/, '"sha256":"00'),
      /does not begin as its checkpoint/,
    ],
    ["a length", (text: string) => text.replace(/"length":/, '"length":1'), /does not begin as its checkpoint/],
    [
      "what it announces",
      (text: string) => text.replace(/"name":"./, '"name":"_'),
      /does not announce what its checkpoint/,
    ],
    ["its form", (text: string) => text.replace("{", "{ "), /is no list of checkpoints/],
  ])("names the checkpoint of which the logs key has changed %s", async (_, edit, expected) => {
    const path = `${promotion.log.path}.checkpoints`;
    const logs = byLogsKey({ [path]: edit(chain.logs.published(path)) });
    expect(await audited("core-admin", logs)).toEqual([1, expect.stringMatching(expected)]);
  });

  it("names the statement that the logs key has changed, which no package key has signed so", async () => {
    // One byte of the payload: base64 within the JSON.
    const text = chain.logs.published(statementPath);
    const at = text.indexOf('"payload":"') + 500;
    const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
    const logs = byLogsKey({ [statementPath]: changed });
    expect(await audited("core-admin", logs)).toEqual([
      1,
      expect.stringMatching(/^broken (statement|log): .*provenance/),
    ]);
  });

  it.each([
    ["an rpm that nobody signed", "", /^broken signature: .*\.rpm: rpm says: /],
    ["an rpm signed by another key", "other", /^broken signature: .*\.rpm: rpm says: /],
    [
      "an rpm signed past the key gate",
      "own",
      /^broken signature: .*\.rpm: was signed without a log that announces it/,
    ],
  ])("names %s", async (what, by, expected) => {
    const keys: Record<string, string> = { other: chain.logs.otherKey, own: chain.logs.key };
    const name = `core-${by === "" ? "none" : by}`;
    const made = await chain.build("host-fc41", { name, key: keys[by] ?? null });
    await chain.state(made.build);
    expect(await audited(name), what).toEqual([1, expect.stringMatching(expected)]);
  });

  it.each([
    ["a comment with one letter changed", () => ({ asked: letterChanged() }), "comment"],
    ["a comment by nobody who is trusted", () => ({ asked: byStranger() }), "comment"],
    ["a line that the comment does not have", () => ({ asked: { ...asked, line: `${line} ` } as Asked }), "comment"],
    ["a comment that asks for another repository", () => ({ repository: "security-testing" }), "comment"],
    [
      "a comment that asks for a withdrawal",
      () => ({ asked: chain.asked(`Withdraw-component r4.3 core-admin ${commit} current all`) }),
      "comment",
    ],
    ["a comment that does not name the distribution", () => ({ distribution: "vm-fc41" }), "comment"],
    [
      "a comment that asks for another commit",
      () => ({ about: { ...promotion.about, commit: "d".repeat(40) } }),
      "commit",
    ],
    ["a package that was not built", () => ({ files: [{ name: rpmName(), sha256: "f".repeat(64) }] }), "package"],
    ["a log that is none", () => ({ log: { ...promotion.log, sha256: "f".repeat(64) } }), "log"],
    ["a log's commit that is none", () => ({ log: { ...promotion.log, commit: "e".repeat(40) } }), "commit"],
    ["another environment", () => ({ environment: "build-debian" }), "statement"],
  ])("names %s in a statement that the keys qube did sign", async (_, more, link) => {
    const path = await chain.state({ ...promotion, at: new Date(), ...more() } as Deed);
    const [status, said] = await audited("core-admin", onlyStatements(path));
    expect([status, said.split(":")[0]]).toEqual([1, `broken ${link}`]);
  });
});

function letterChanged(): Asked {
  return asked.by === "comment" ? { ...asked, comment: asked.comment.replace("core-admin", "core-admim") } : asked;
}

function byStranger(): Asked {
  const comment = chain.maintainer.clearSign(`${line}\n`, { key: chain.maintainer.makeKey() });
  return { by: "comment", comment, line };
}

describe("what was taken back, held or done by hand", () => {
  const name = "core-withdrawn";
  let made: Published;
  const ask = (words: string): Asked => chain.asked(words.replace("NAME", `r4.3 ${name} ${commit}`));

  beforeAll(async () => {
    made = await chain.build("host-fc41", { name });
    const up = await chain.change("promote", made, ask("Upload-component NAME current all"));
    const withdrawn = await chain.change("withdraw", made, ask("Withdraw-component NAME current all"));
    const hold = (kind: "hold" | "unhold", asked: Asked): Deed => {
      if (made.about.kind !== "component" || asked.by !== "comment") throw new Error("a hold is of a component");
      const place = { about: made.about, distribution: "host-fc41", environment: "build-fedora" };
      return { kind, ...place, at: new Date(), asked };
    };
    const held = hold("hold", ask("Hold NAME all"));
    await chain.state(made.build, up, withdrawn, held, hold("unhold", ask("Unhold NAME host-fc41")));
  });

  const lines = async (): Promise<string[]> => {
    const words = ["r4.3", name, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys];
    return (await runCaptured(main, words)).stdout.trim().split("\n");
  };

  it("holds, and says what happened since", async () => {
    expect(await lines()).toEqual([
      expect.stringMatching(`^host-fc41 built: ${commit}, 1 package, log `),
      expect.stringMatching(`^host-fc41 current: ${commit} by ${chain.who}, 1 package, log .*; withdrawn since$`),
      expect.stringMatching(`^host-fc41 current: ${commit} withdrawn by ${chain.who}, 1 package, log [^;]*$`),
      `host-fc41 held: ${commit} by ${chain.who}`,
      `host-fc41 no longer held: ${commit} by ${chain.who}`,
      "everything holds",
    ]);
  });

  it("is named when it stands in the repository all the same", async () => {
    const again = await chain.change("promote", made, { by: "operator", who: "mallory", why: "" });
    expect(await audited(name)).toEqual([1, expect.stringMatching(/^broken package: .*from which it was withdrawn$/)]);
    const byHand: Deed = {
      ...(again as Promotion),
      asked: { by: "operator", who: "ann@build", why: "QSB-109\u001b[2J" },
    };
    await chain.state(byHand);
    expect((await lines()).slice(2)).toEqual([
      expect.stringMatching(/withdrawn by .*; promoted since$/),
      expect.stringMatching("^host-fc41 held"),
      expect.stringMatching("^host-fc41 no longer held"),
      expect.stringMatching(`^host-fc41 current: ${commit} by hand: ann@build: QSB-109\\?\\[2J, 1 package, log `),
      "everything holds",
    ]);
  });
});
