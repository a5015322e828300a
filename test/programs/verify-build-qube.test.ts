/** Where the agent's own state lies beside its configuration, verify looks at it: what has run, and what stands in testing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NodeDisk } from "../../src/adapters/files/index.ts";
import { openRepositories } from "../../src/adapters/repository/index.ts";
import { GpgProgramSigner } from "../../src/adapters/signer/index.ts";
import { type AgentStore, openAgentStore } from "../../src/adapters/store/index.ts";
import type { CommitSha, ComponentName, Distribution, Fingerprint, Release, Sha256 } from "../../src/domain/index.ts";
import { parseDistribution, parseQubeName } from "../../src/domain/index.ts";
import type { RecordedLine } from "../../src/work/index.ts";
import { PackageMaker } from "../support/package-maker.ts";
import { Verification } from "../support/verification.ts";
import { VerifyDesk } from "./verify-desk.ts";

const [one, other] = ["1".repeat(40), "2".repeat(40)];
const upload = (component: string, commit = one): string =>
  `Upload-component r4.3 ${component} ${commit} current host-fc41`;
const now = new Date();
const day = 86_400_000;

let desk: VerifyDesk;
let packages: PackageMaker;
let verification: Verification;
let config: readonly string[];
let store: AgentStore;

beforeAll(async () => {
  desk = new VerifyDesk();
  packages = new PackageMaker(desk.home);
  verification = await Verification.open();
  const { place, key, home } = desk;
  const signKey = home.makeKey({ algorithm: "rsa2048", created: new Date(now.getTime() - 30 * day) });
  writeFileSync(join(place, "token"), "x");
  writeFileSync(join(place, "builders.list"), `r4.3=${place}=builder.yml\n`);
  const builder = {
    "qubes-release": "r4.3",
    git: { maintainers: ["0".repeat(40)] },
    distributions: ["host-fc41"],
    components: ["core-admin", "gui-daemon", "core-agent"],
    "artifacts-dir": "artifacts",
    "sign-key": { rpm: signKey },
    github: { maintainers: { [key]: { components: "_all_", distributions: "_all_", hold: true } } },
  };
  writeFileSync(join(place, "builder.yml"), JSON.stringify(builder));
  const agent = {
    qube: "build-fedora",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    "state-dir": "state",
    sign: { via: "gpg", homedir: home.directory },
    github: { "token-file": "token" },
  };
  writeFileSync(join(place, "config.yml"), JSON.stringify({ agent }));
  config = ["--config", join(place, "config.yml")];
  await publish("core-admin", new Date(now.getTime() - 10 * day), signKey);
  await publish("gui-daemon", now, signKey);
});
afterAll(async () => {
  await store.database.close();
  packages.remove();
  verification.remove();
  desk.remove();
});

async function publish(name: string, at: Date, signKey: string): Promise<void> {
  const artifacts = join(desk.place, "artifacts");
  const signer = new GpgProgramSigner({
    program: "gpg",
    environment: { GNUPGHOME: desk.home.directory },
    limitMs: 60_000,
  });
  const published = await openRepositories({
    root: join(artifacts, "repository-publish"),
    artifacts,
    disk: new NodeDisk(),
    clock: () => at,
    keys: signer,
    debEngine: "auto",
  }).publish(
    {
      release: "r4.3" as Release,
      distribution: parseDistribution("host-fc41") as Distribution,
      repository: "current-testing",
      subject: { kind: "component", component: name as ComponentName, commit: one as CommitSha, version: null },
      files: [packages.rpm({ name, version: "1.0-1" }, signKey)],
      signKey: signKey as Fingerprint,
    },
    signer,
  );
  if (!published.ok) throw new Error(published.error.message);
}

const sign = (line: string, at = now): string => desk.home.clearSign(`${line}\n`, { key: desk.key, at });

/** The codes of the messages, or `accepted`. */
async function codes(message: string): Promise<unknown> {
  const { stdout, stderr } = await desk.verify(message, ...config, "--json");
  expect(stderr).toContain("not judged: whether the status issue is labelled 'buggy'");
  return (JSON.parse(stdout) as { messages: { code?: string }[] }).messages.map(({ code }) => code ?? "accepted");
}

describe("the check in the build qube", () => {
  it("says what it cannot know before there is a state", async () => {
    const { status, stdout } = await desk.verify(sign(upload("core-agent")), ...config);
    expect([status, stdout.includes("only the build qube knows")]).toEqual([0, true]);
    mkdirSync(join(desk.place, "state"));
    store = openAgentStore(join(desk.place, "state", "agent.db"), () => []);
  });

  it("plans the promotion as its job would, and changes nothing", async () => {
    expect(await codes(sign(upload("core-admin")))).toEqual(["accepted"]);
    expect(await codes(sign(upload("core-admin")))).toEqual(["accepted"]);
    expect(await codes(sign(upload("core-admin", other)))).toEqual(["STALE_COMMIT"]);
    expect(await codes(sign(upload("core-agent")))).toEqual(["NOT_IN_TESTING"]);
    expect(await codes(sign(upload("gui-daemon")))).toEqual(["TOO_YOUNG"]);
  });

  it("knows what has run, and what was signed before it", async () => {
    const hold = `Hold r4.3 core-admin ${one} host-fc41`;
    const message = sign(hold);
    const keys = await verification.trust(desk.home.exportKey(desk.key));
    const verdict = await verification.judge(message, keys, now);
    if (!("verified" in verdict)) throw new Error(verdict.message);
    const environment = parseQubeName("build-fedora");
    if (environment === null) throw new Error("no qube's name");
    const { ledgerKey, trace, signer, signedAt } = verdict.verified;
    const scope = { release: "r4.3" as Release, component: "core-admin" as ComponentName, commit: one as CommitSha };
    const distribution = (parseDistribution("host-fc41") as Distribution).name;
    const line: RecordedLine = {
      line: hold,
      stand: { kind: "settled", outcome: { kind: "done", summary: "held" }, tell: "always" },
      tell: "always",
      jobs: [],
      ran: [{ release: scope.release, subject: "component core-admin", distribution }],
      holds: [{ action: "hold", ...scope, distribution }],
    };
    await store.ledger.record({
      ...{ key: ledgerKey, trace, signer, signedAt, receivedAt: now, environment, block: message },
      blockSha256: "0".repeat(64) as Sha256,
      place: { kind: "unknown" },
      subject: null,
      lines: [line],
      statements: [],
    });
    expect(await codes(message)).toEqual(["REPLAYED"]);
    expect(await codes(sign(upload("core-admin"), new Date(now.getTime() - 60_000)))).toEqual(["OUT_OF_ORDER"]);
    expect(await codes(sign(upload("core-admin")))).toEqual(["HELD"]);
  });
});
