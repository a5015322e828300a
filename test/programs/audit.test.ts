import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReceiptedLog } from "../../src/adapters/qrexec/log-service.ts";
import { announcingSigner } from "../../src/adapters/qrexec/split-gpg-signer.ts";
import type { JobLog } from "../../src/build/index.ts";
import {
  type CommitSha,
  type ComponentName,
  type DistributionName,
  parseFingerprint,
  parseQubeName,
  type QubeName,
  type Release,
} from "../../src/domain/index.ts";
import { main } from "../../src/programs/cli/audit.ts";
import { type BuildFacts, buildStatement, promotionStatement, recordProvenance } from "../../src/trail/index.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { LogChain } from "../support/log-chain.ts";
import { runTool } from "../support/tool.ts";

const commit = "c0ffee".padEnd(40, "0") as CommitSha;
const line = `Upload-component r4.3 core-admin ${commit} current host-fc41`;
const about = {
  release: "r4.3" as Release,
  component: "core-admin" as ComponentName,
  distribution: "host-fc41" as DistributionName,
  commit,
  environment: "build-fedora" as QubeName,
};
const rpmName = "qubes-core-admin-4.3.1-1.fc41.x86_64.rpm";

let chain: LogChain;
let maintainer: GpgHome;
let comment: string;
let root: string;
let keys: string;
let folder: string;
let statementPath: string;
let buildLog: string;
let packages: { name: string; sha256: string }[];
let log: BuildFacts["log"];

const fingerprint = () => {
  const parsed = parseFingerprint(chain.key);
  if (parsed === null) throw new Error("no key");
  return parsed;
};
const signer = (job: JobLog) =>
  announcingSigner({
    transport: chain.transport("build-fedora"),
    target: parseQubeName("keys-fedora") ?? "@default",
    log: job,
    timeoutMs: 30_000,
  });

async function closed(job: ReceiptedLog): Promise<BuildFacts["log"]> {
  const path = await job.close("done");
  if (path === null || job.receipt === null) throw new Error("no receipt");
  return { path, ...job.receipt };
}

const openLog = (label: string) => chain.openLog(label);
const record = (...statements: Parameters<typeof recordProvenance>[1]) =>
  recordProvenance({ logs: { open: openLog }, signer, key: fingerprint() }, statements);

const promoted = (more: object = {}) =>
  promotionStatement({
    ...about,
    packages,
    job: "2",
    log,
    repository: "current",
    at: new Date(),
    comment,
    line,
    plan: "0".repeat(64),
    ...more,
  });

beforeAll(async () => {
  chain = await LogChain.start();
  maintainer = new GpgHome();
  const who = maintainer.makeKey();
  comment = maintainer.clearSign(`${line}\n`, { key: who });
  root = join(chain.directory, "repository-publish");
  folder = join(root, "rpm/r4.3/current/host/fc41");
  mkdirSync(join(folder, "rpm"), { recursive: true });
  mkdirSync(join(folder, "repodata"));
  keys = join(chain.directory, "keys");
  for (const [role, home, key] of [
    ["maintainers", maintainer, who],
    ["packages", chain.keysHome, chain.key],
    ["logs", chain.logsHome, chain.logsKey],
  ] as const) {
    mkdirSync(join(keys, role), { recursive: true });
    writeFileSync(join(keys, role, `${key}.asc`), home.exportKey(key));
  }

  const built = await openLog("core-admin");
  await built.output(Buffer.from("rpmbuild -bb core-admin.spec\n".repeat(100)));
  const bytes = Buffer.from("a package, as far as an audit looks at it");
  writeFileSync(join(folder, "rpm", rpmName), bytes);
  packages = [{ name: rpmName, sha256: createHash("sha256").update(bytes).digest("hex") }];
  const builtLog = await closed(built);
  buildLog = builtLog.path;

  const job = await openLog("promote");
  const repomd = Buffer.from("<repomd/>\n");
  const asked = { kind: "detach", encoding: "armored", key: fingerprint(), name: "repomd.xml", bytes: repomd } as const;
  writeFileSync(join(folder, "repodata/repomd.xml"), repomd);
  writeFileSync(join(folder, "repodata/repomd.xml.asc"), await signer(job).sign(asked));
  log = await closed(job);
  const build = buildStatement({
    ...about,
    packages,
    job: "1",
    log: builtLog,
    url: "https://github.com/QubesOS/qubes-core-admin",
    tag: "v4.3.1",
    signers: [fingerprint()],
    startedAt: new Date(),
    finishedAt: new Date(),
  });
  statementPath = await record(build, promoted());
});
afterAll(async () => {
  await chain.stop();
  maintainer.remove();
});

/** Runs the audit; answers its status and its last line. */
async function audited(logs = chain.remote, ...more: string[]): Promise<[number, string]> {
  const words = ["r4.3", "core-admin", "--root", root, "--logs", logs, "--keys", keys, ...more];
  const run = await runCaptured(main, words);
  return [run.status, run.stdout.trim().split("\n").at(-1) ?? ""];
}

/** Changes one byte of a file for the time of a check. */
async function withChangedByte(file: string, at: number, check: () => Promise<void>): Promise<void> {
  const before = readFileSync(file);
  const after = Buffer.from(before);
  after[at] = (after[at] ?? 0) ^ 1;
  writeFileSync(file, after);
  try {
    await check();
  } finally {
    writeFileSync(file, before);
  }
}

/** A copy of the logs repository in which one byte of one object is another, under the object's old name. */
function damagedLogs(name: string, change: (body: Buffer) => void): string {
  const copy = join(chain.directory, `damaged-${Math.random()}`);
  cpSync(chain.remote, copy, { recursive: true });
  const id = chain.git("rev-parse", name).trim();
  const file = join(copy, "objects", id.slice(0, 2), id.slice(2));
  const object = inflateSync(readFileSync(file));
  change(object);
  rmSync(file);
  writeFileSync(file, deflateSync(object));
  return copy;
}

/** A copy whose branch has one commit more, by a key of somebody's choice, that changes a file. */
function recommitted(path: string, text: string, home: GpgHome, key: string): string {
  const copy = join(chain.directory, `recommitted-${Math.random()}`);
  runTool("git", ["clone", "--quiet", chain.remote, copy]);
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
  const who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", `user.signingkey=${key}`];
  const environment = { GNUPGHOME: home.directory };
  runTool("git", ["-C", copy, ...who, "commit", "--quiet", "-a", "-S", "-m", "x"], { environment });
  return copy;
}

const flip = (needle: string) => (body: Buffer) => {
  const at = body.indexOf(needle);
  if (at === -1) throw new Error(`${needle} is not there`);
  body[at] = (body[at] ?? 0) ^ 1;
};

describe("release-bot audit", () => {
  it("finds the whole chain to hold, offline", async () => {
    expect(await audited()).toEqual([0, "everything holds"]);
    expect(
      await audited(chain.remote, "--acknowledged", join(chain.directory, "keys-fedora/state/acknowledged")),
    ).toEqual([0, "everything holds"]);
    const run = await runCaptured(main, [
      "r4.3",
      "core-admin",
      commit,
      "--root",
      root,
      "--logs",
      chain.remote,
      "--keys",
      keys,
    ]);
    expect(run.stdout).toContain(`host-fc41 current: ${commit} by `);
    expect(run.stdout).toContain(`host-fc41 built: ${commit}, 1 packages, log ${buildLog}`);
  });

  it("says of what nobody has stated that there is no statement", async () => {
    const words = ["r4.3", "core-admin", "d".repeat(40), "--root", root, "--logs", chain.remote, "--keys", keys];
    const run = await runCaptured(main, words);
    expect([run.status, run.stdout]).toEqual([1, expect.stringMatching(/^broken statement: .*no statement is kept/)]);
  });

  it.each([
    ["the package", `rpm/${rpmName}`, /^broken package: .*x86_64\.rpm: is not the file that was built$/],
    ["the metadata", "repodata/repomd.xml", /^broken signature: .*repomd\.xml: has no good signature/],
    ["the metadata's signature", "repodata/repomd.xml.asc", /^broken signature: .*repomd\.xml: has no good signature/],
  ])("names %s when one byte of it is changed", async (_, path, expected) => {
    await withChangedByte(join(folder, path), path.endsWith(".asc") ? 60 : 5, async () => {
      expect(await audited()).toEqual([1, expect.stringMatching(expected)]);
    });
  });

  it("names the package that is gone", async () => {
    const file = join(folder, "rpm", rpmName);
    const bytes = readFileSync(file);
    rmSync(file);
    expect(await audited()).toEqual([1, expect.stringMatching(/^broken package: .* does not stand in current$/)]);
    writeFileSync(file, bytes);
  });

  it.each([
    [
      "the build's log",
      () => damagedLogs(`master:${buildLog}`, flip("rpmbuild")),
      /^broken log: .*core-admin.*damaged/,
    ],
    [
      "the promotion's log",
      () => damagedLogs(`master:${log.path}`, flip("sign detach")),
      /^broken log: .*promote.*damaged/,
    ],
    [
      "the statement",
      () => damagedLogs(`master:${statementPath}`, flip("payload")),
      /^broken log: .*provenance.*damaged/,
    ],
    ["the head commit", () => damagedLogs("master", flip("SHA-256")), /^broken commit: [0-9a-f]{40}: is damaged/],
    ["an older commit", () => damagedLogs("master~2", flip("author")), /^broken commit: [0-9a-f]{40}: is damaged/],
    ["a folder", () => damagedLogs("master:build-fedora", flip("promote")), /^broken log: .*folder is damaged/],
  ])("names %s in the logs repository when one byte of it is changed", async (_, damaged, expected) => {
    expect(await audited(damaged())).toEqual([1, expect.stringMatching(expected)]);
  });

  it("names the head that somebody else has signed", async () => {
    const logs = recommitted(buildLog, "another log\n", maintainer, maintainer.makeKey());
    expect(await audited(logs)).toEqual([
      1,
      expect.stringMatching(/^broken commit: .*the logs key has not signed it$/),
    ]);
  });

  it("names the log that the logs key itself has changed", async () => {
    const text = chain.published(buildLog).replace("rpmbuild", "rpmbuilt");
    const logs = recommitted(buildLog, text, chain.logsHome, chain.logsKey);
    expect(await audited(logs)).toEqual([1, expect.stringMatching(/^broken log: .*has been changed since/)]);
  });

  it("names the statement that the logs key has changed, which no package key has signed so", async () => {
    // One byte of the payload: base64 of `"subject"` within.
    const text = chain.published(statementPath);
    const at = text.indexOf('"payload":"') + 500;
    const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
    const logs = recommitted(statementPath, changed, chain.logsHome, chain.logsKey);
    expect(await audited(logs)).toEqual([1, expect.stringMatching(/^broken statement: .*provenance/)]);
  });

  it("names the commit that the keys qube was told of and that is gone from the branch", async () => {
    const file = join(chain.directory, "acknowledged");
    writeFileSync(file, `2026-11-23T15:02:34Z build-fedora ${"e".repeat(40)} 1 x\n`);
    expect(await audited(chain.remote, "--acknowledged", file)).toEqual([
      1,
      expect.stringMatching(/^broken commit: e{40}: was ack/),
    ]);
  });

  it.each([
    ["a comment with one letter changed", () => ({ comment: comment.replace("core-admin", "core-admim") }), "comment"],
    [
      "a comment by nobody who is trusted",
      () => ({ comment: maintainer.clearSign(`${line}\n`, { key: maintainer.makeKey() }) }),
      "comment",
    ],
    ["a line that the comment does not have", () => ({ line: line.replace("current", "security-testing") }), "comment"],
    ["a comment that asks for another component", () => ({ component: "core-qubesdb" }), "comment"],
    ["a comment that asks for another commit", () => ({ commit: "d".repeat(40) }), "commit"],
    ["a package that was not built", () => ({ packages: [{ name: rpmName, sha256: "f".repeat(64) }] }), "package"],
    ["a log that is none", () => ({ log: { ...log, sha256: "f".repeat(64) } }), "log"],
    ["a log's commit that is none", () => ({ log: { ...log, commit: "e".repeat(40) as CommitSha } }), "commit"],
  ])("names %s in a statement that the keys qube did sign", async (_, more, link) => {
    const path = await record(promoted(more()));
    const copy = withoutOtherStatements(path);
    const about = "component" in more() ? "core-qubesdb" : "core-admin";
    const run = await runCaptured(main, ["r4.3", about, "--root", root, "--logs", copy, "--keys", keys]);
    expect([run.status, run.stdout.split(":")[0]]).toEqual([1, `broken ${link}`]);
  });
});

/** A copy with the first statements and these, but without those of the tests in between. */
function withoutOtherStatements(path: string): string {
  const copy = join(chain.directory, `stated-${Math.random()}`);
  runTool("git", ["clone", "--quiet", chain.remote, copy]);
  const all = readdirSync(join(copy, dirname(path)));
  const kept = [path, statementPath].flatMap((one) => [basename(one), `${basename(one)}.checkpoints`]);
  const others = all.filter((name) => !kept.includes(name)).map((name) => join(dirname(path), name));
  if (others.length === 0) return copy;
  runTool("git", ["-C", copy, "rm", "--quiet", ...others]);
  const who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", `user.signingkey=${chain.logsKey}`];
  const environment = { GNUPGHOME: chain.logsHome.directory };
  runTool("git", ["-C", copy, ...who, "commit", "--quiet", "-S", "-m", "x"], { environment });
  return copy;
}
