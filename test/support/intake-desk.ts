import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type AgentStore, openAgentStore } from "../../src/adapters/store/index.ts";
import { loadTrustedKeys, openSqv } from "../../src/adapters/verifier/index.ts";
import type { Report } from "../../src/domain/index.ts";
import { parseStatement } from "../../src/formats/in-toto/index.ts";
import { buildersSource } from "../../src/programs/agent/builders.ts";
import { ClockWatch } from "../../src/programs/agent/clock-watch.ts";
import { type IntakeVerdict, takeCommand } from "../../src/programs/agent/command-intake.ts";
import { outboxEntries } from "../../src/programs/agent/outbox-entries.ts";
import { type AgentSettings, agentSettings } from "../../src/programs/agent/settings.ts";
import { statementsChannel } from "../../src/programs/agent/statement-entries.ts";
import type { VerificationParts } from "../../src/programs/agent/verification.ts";
import { parseConfiguration } from "../../src/programs/configuration.ts";
import { programLog } from "../../src/programs/logging.ts";
import { decodePosting } from "../../src/report/index.ts";
import { type Deed, deedOf } from "../../src/trail/index.ts";
import type { OutboxEntry, PlaceState } from "../../src/work/index.ts";
import type { GpgHome } from "./gpg-home.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What an {@link IntakeDesk} is made with. */
export interface DeskWish {
  readonly home: GpgHome;
  /** Fingerprints that may sign commands. */
  readonly trusted: readonly string[];
  /** `github.maintainers` of the builder, as YAML's tree. */
  readonly maintainers: Readonly<Record<string, unknown>>;
  /** The builder's distributions: host-fc41 and vm-bookworm unless set. */
  readonly distributions?: readonly string[];
  /** More of the section `agent:`. */
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly now: () => Date;
  readonly born?: Date;
}

/** An agent's intake with everything real but GitHub and the sockets: configuration, keys, sqv, SQLite. */
export interface IntakeDesk {
  readonly store: AgentStore;
  readonly settings: AgentSettings;
  readonly verification: VerificationParts;
  readonly clock: ClockWatch;
  take(block: string, place?: PlaceState): Promise<IntakeVerdict>;
  /** Replaces `github.maintainers`, as an operator edits the file. */
  grant(maintainers: Readonly<Record<string, unknown>>): void;
  /** What GitHub is to be told and has not been yet, in order. */
  reports(): Promise<readonly Report[]>;
  /** What is to be stated for everybody, with the key that it is to be signed by. */
  statements(): Promise<readonly (readonly [key: string, deed: Deed])[]>;
  /** The `place` channel's entries. */
  placesToProve(): Promise<number>;
}

/** Opens the desk in a directory of the running test's own. */
export async function openIntakeDesk(wish: DeskWish): Promise<IntakeDesk> {
  const directory = temporaryDirectory();
  const keys = join(directory, "trusted");
  const builder = join(directory, "builder");
  for (const made of [keys, builder]) mkdirSync(made);
  for (const fingerprint of wish.trusted) {
    writeFileSync(join(keys, `${fingerprint}.asc`), wish.home.gpg(["--armor", "--export", fingerprint]));
  }
  const grant = (maintainers: Readonly<Record<string, unknown>>): void =>
    writeFileSync(join(builder, "builder.yml"), JSON.stringify(builderYml(maintainers, wish.distributions)));
  grant(wish.maintainers);
  writeFileSync(join(directory, "token"), "not-a-real-token\n");
  writeFileSync(join(directory, "builders.list"), `r4.3=${builder}=builder.yml\n`);
  const section = {
    qube: "build-fedora",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "trusted",
    github: { "token-file": "token" },
    ...wish.agent,
  };
  const configuration = parseConfiguration(join(directory, "config.yml"), JSON.stringify({ agent: section }));
  const settings = agentSettings(configuration, {});
  const log = programLog("test");
  log.level = "silent";
  const store = openAgentStore(join(directory, "agent.db"), outboxEntries(settings));
  onTestFinished(() => store.database.close());
  const counted = { now: wish.now, counting: () => wish.now().getTime() };
  const clock = await ClockWatch.open(store.ledger, counted);
  const verification: VerificationParts = {
    settings,
    keys: await loadTrustedKeys({ directory: keys, keyring: null }),
    secondOpinion: await openSqv({ program: "sqv", directory: join(directory, "sqv"), limitMs: 120_000 }),
    ledger: store.ledger,
    ledgerBorn: wish.born ?? new Date(0),
    builders: buildersSource(settings, log),
  };
  const parts = { verification, ledger: store.ledger, clock, log, count: () => {}, onRefused: async () => {} };
  const waiting = async (channel: string): Promise<readonly OutboxEntry[]> => {
    const far = new Date("2999-01-01");
    const lanes = await store.outbox.dueLanes(channel, far);
    const entries = await Promise.all(lanes.map((lane) => store.outbox.pending(lane, 1000)));
    return entries.flat().sort((a, b) => a.sequence - b.sequence);
  };
  return {
    store,
    settings,
    verification,
    clock,
    grant,
    take: (block, place = { kind: "unknown" }) => takeCommand(parts, Buffer.from(block, "latin1"), place),
    reports: async () => (await waiting("github")).map(({ payload }) => decodePosting(payload) as Report),
    statements: async () =>
      (await waiting(statementsChannel)).map(({ lane, payload }) => {
        const statement = parseStatement(Buffer.from(payload));
        if (statement === null) throw new Error("what is to be stated is no statement");
        return [lane, deedOf(statement)];
      }),
    placesToProve: async () => (await waiting("place")).length,
  };
}

function builderYml(
  maintainers: Readonly<Record<string, unknown>>,
  distributions: readonly string[] = ["host-fc41", "vm-bookworm"],
): unknown {
  return {
    "qubes-release": "r4.3",
    distributions,
    git: { maintainers: ["0".repeat(40)] },
    components: [{ "core-admin": { url: "https://example.org/qubes-core-admin" } }],
    "repository-publish": { components: "current-testing" },
    "artifacts-dir": "artifacts",
    github: { maintainers },
    "sign-key": { rpm: "A".repeat(40), deb: "B".repeat(40) },
  };
}
