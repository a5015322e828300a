import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { parseFingerprint, parseQubeName, parseSha256, parseTraceId } from "../../src/domain/index.ts";
import { main } from "../../src/programs/cli/audit.ts";
import type { Build, Deed, Hold, Promotion } from "../../src/trail/index.ts";
import { AuditedChain, commit, release } from "../support/audited-chain.ts";
import { runCaptured } from "../support/captured-program.ts";

const upload = `Upload-component r4.3 core-admin ${commit} current host-fc41,vm-fc41`;
const hold = `Hold r4.3 core-admin ${commit} all`;
const refused = `Upload-component r4.3 core-qrexec ${commit} current all`;

let chain: AuditedChain;
let ledger = "";
let comment = "";
let other = "";

beforeAll(async () => {
  chain = await AuditedChain.start();
  other = chain.maintainer.makeKey({ userId: "Another maintainer" });
  writeFileSync(join(chain.keys, "maintainers", `${other}.asc`), chain.maintainer.exportKey(other));
  comment = chain.comment(upload, hold);
  const sha256 = "a".repeat(64);
  const log = { path: "build-fedora/x/log_2026-11-23_15-02-34", length: 1, sha256, commit: "b".repeat(40) };
  const about = { kind: "component", release, component: "core-admin", commit } as const;
  const base = { about, environment: "build-fedora", at: new Date() };
  const work = { ...base, files: [{ name: "core-admin.rpm", sha256 }], job: "1", log };
  const asked = { by: "comment", comment, line: upload } as const;
  const promoted = (distribution: string): Promotion => {
    const kind = { kind: "promote", repository: "current", plan: sha256, appliedBy: "release-bot" } as const;
    return { ...work, ...kind, distribution, asked };
  };
  const held: Hold = { kind: "hold", ...base, distribution: "host-fc41", asked: { ...asked, line: hold } };
  const theirs = `Withdraw-component r4.3 core-admin ${commit} current all`;
  const byOther = {
    by: "comment",
    comment: chain.maintainer.clearSign(`${theirs}\n`, { key: other }),
    line: theirs,
  } as const;
  const withdrawn: Deed = {
    ...{ ...work, kind: "withdraw", repository: "current", plan: sha256, distribution: "host-fc41" },
    ...{ restored: [], asked: byOther },
  };
  const pushed: Build = {
    ...{ ...work, kind: "build", repository: "current-testing", distribution: "host-fc41", asked: { by: "push" } },
    ...{ startedAt: base.at, source: null },
  };
  await chain.state(pushed, promoted("host-fc41"), promoted("vm-fc41"), held, withdrawn);
  ledger = join(chain.logs.directory, "agent.db");
  await fillLedger();
});
afterAll(() => chain.stop());

function known<T>(value: T | null): T {
  if (value === null) throw new Error("a name of the test does not parse");
  return value;
}

/** The ledger knows the stated message, and one of which nothing was carried out. */
async function fillLedger(): Promise<void> {
  const store = openAgentStore(ledger, () => []);
  const lines = (outcomes: readonly (readonly [string, object])[]) =>
    outcomes.map(([line, stand]) => ({ line, stand, tell: "always", jobs: [], holds: [], ran: [] }) as never);
  const done = (summary: string) => ({ kind: "settled", outcome: { kind: "done", summary }, tell: "always" });
  const no = {
    kind: "settled",
    outcome: { kind: "refused", refusal: { code: "NOT_GRANTED", subject: "x", message: "not granted", remedy: "" } },
    tell: "always",
  };
  const base = {
    trace: known(parseTraceId("0123456789ab")),
    signedAt: new Date("2026-11-23T15:00:00Z"),
    receivedAt: new Date(),
    environment: known(parseQubeName("build-fedora")),
    blockSha256: known(parseSha256("0".repeat(64))),
    place: { kind: "unknown" } as const,
    subject: null,
    statements: [],
  };
  const signer = known(parseFingerprint(chain.who));
  await store.ledger.record({
    ...{ ...base, key: "1", signer, block: comment },
    lines: lines([
      [upload, done("uploaded to current: host-fc41, vm-fc41")],
      [hold, { kind: "silent" }],
    ]),
  });
  await store.ledger.record({
    ...base,
    key: "2",
    signer,
    block: chain.comment(refused),
    lines: lines([[refused, no]]),
  });
  const block = chain.maintainer.clearSign(`${refused}\n`, { key: other });
  const foreign = { ...base, key: "3", signer: known(parseFingerprint(other)), block };
  await store.ledger.record({ ...foreign, lines: lines([[refused, no]]) });
  await store.database.close();
}

const words = (signer: string, ...more: string[]): string[] => {
  return ["--signer", signer, "--logs", chain.logs.remote, "--keys", chain.keys, ...more];
};

describe("release-bot audit --signer", () => {
  it("lists what a key ever did, from the public logs alone", async () => {
    const run = await runCaptured(main, words(chain.who));
    expect(run.status).toBe(0);
    const deed = (what: string): RegExp => new RegExp(`^    build-fedora: ${what}, 20[0-9-]{8} [0-9:]{8} UTC`);
    expect(run.stdout.split("\n")).toEqual([
      expect.stringMatching(/^20[0-9]{2}-[0-9-]{5} [0-9:]{8} UTC \([0-9a-f]{12}\)$/),
      `  ${upload}`,
      expect.stringMatching(deed(`promoted r4.3 core-admin ${commit} host-fc41 to current`)),
      expect.stringMatching(/^ {6}a{64} core-admin\.rpm$/),
      expect.stringMatching(deed(`promoted r4.3 core-admin ${commit} vm-fc41 to current`)),
      expect.stringMatching(/^ {6}a{64} core-admin\.rpm$/),
      `  ${hold}`,
      expect.stringMatching(deed(`held r4.3 core-admin ${commit} host-fc41`)),
      `${chain.who}: 1 signed message, 2 commands, 2 of them stated as carried out`,
      "",
    ]);
  });

  it("adds from a build qube's ledger what was refused, and each outcome", async () => {
    const run = await runCaptured(main, words(chain.who, "--ledger", ledger));
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("    the ledger of build-fedora: done: uploaded to current: host-fc41, vm-fc41\n");
    expect(run.stdout).toContain(`  ${refused}\n    the ledger of build-fedora: refused: NOT_GRANTED: not granted\n`);
    expect(run.stdout).toContain("2 signed messages, 3 commands, 2 of them stated as carried out");
  });

  it("says the same as JSON, the comments to the letter", async () => {
    const run = await runCaptured(main, words(chain.who, "--ledger", ledger, "--json"));
    const told = JSON.parse(run.stdout) as {
      ok: boolean;
      messages: { comment: string; lines: { line: string; carriedOut: boolean; deeds: { kind: string }[] }[] }[];
    };
    expect(told.ok).toBe(true);
    const first = told.messages.find((message) => message.comment === comment);
    expect(
      first?.lines.map(({ line, carriedOut, deeds }) => [line, carriedOut, deeds.map(({ kind }) => kind)]),
    ).toEqual([
      [upload, true, ["promote", "promote"]],
      [hold, true, ["hold"]],
    ]);
    expect(told.messages.flatMap(({ lines }) => lines).find(({ line }) => line === refused)?.carriedOut).toBe(false);
  });

  it("lists another key's deeds apart", async () => {
    const run = await runCaptured(main, words(other, "--ledger", ledger));
    expect(run.stdout).toContain(`withdrew r4.3 core-admin ${commit} host-fc41 from current`);
    expect(run.stdout).not.toContain("Hold");
  });

  it("asks for the key's public half, where it has been taken away", async () => {
    const run = await runCaptured(main, words("F".repeat(40)));
    expect([run.status, run.stderr]).toEqual([2, expect.stringContaining("put its public key there again")]);
  });

  it("does not make a ledger that is not there, and says what a ledger is", async () => {
    const run = await runCaptured(main, words(chain.who, "--ledger", "/nowhere/agent.db"));
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining("agent's agent.db")]);
    writeFileSync(join(chain.logs.directory, "no.db"), "hello");
    const wrong = await runCaptured(main, words(chain.who, "--ledger", join(chain.logs.directory, "no.db")));
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("is no agent's ledger")]);
  });

  it("does not pass over a comment of which it cannot be said who signed it", async () => {
    const changed = comment.replace("core-admin", "core-admim");
    const about = { kind: "component", release, component: "core-admin", commit } as const;
    const asked = { by: "comment", comment: changed, line: upload } as const;
    const held: Hold = {
      kind: "hold",
      about,
      distribution: "vm-fc41",
      environment: "build-fedora",
      at: new Date(),
      asked,
    };
    await chain.state(held);
    const run = await runCaptured(main, words(chain.who));
    expect([run.status, run.stdout]).toEqual([
      1,
      expect.stringMatching(/^in doubt: build-fedora\/provenance\/.*signature/m),
    ]);
  });
});
