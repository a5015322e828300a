import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCleartextMessage, generateKey, readPrivateKey, sign } from "openpgp";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { agentEnvironment } from "../../src/infra/index.ts";
import { startProgram } from "../receiver/programs.ts";

/** An agent as it runs in a build qube, but without a GitHub; its queue is paused, so that only the intake is measured. */
export interface MeasuredAgent {
  /** Makes one call of ProcessGithubCommand; resolves with the milliseconds until `taken`. */
  call(input: string): Promise<number>;
  /** A signed Upload-component of a commit that no other message names. */
  validMessage(): Promise<string>;
  /** Resident memory in MB: the most that it ever had, and what it has now. */
  memory(): { readonly peak: number; readonly now: number };
  stop(): Promise<void>;
}

/** The heap's limits as the agent's unit sets them. */
const heapFlags = (agentEnvironment.NODE_OPTIONS ?? "").split(" ");

/** Starts one. */
export async function startAgent(): Promise<MeasuredAgent> {
  const directory = mkdtempSync(join(tmpdir(), "rb-"));
  for (const name of ["keys", "rpc", "state", "builder"]) mkdirSync(join(directory, name));
  const { privateKey, publicKey } = await generateKey({
    type: "ecc",
    curve: "ed25519Legacy",
    userIDs: [{ name: "Bench" }],
    date: new Date(Date.now() - 3_600_000),
    format: "armored",
  });
  const key = await readPrivateKey({ armoredKey: privateKey });
  const fingerprint = key.getFingerprint().toUpperCase();
  writeFileSync(join(directory, "keys", `${fingerprint}.asc`), publicKey);
  writeFileSync(join(directory, "builders.list"), `r4.3=${join(directory, "builder")}=builder.yml\n`);
  writeFileSync(join(directory, "builder/builder.yml"), JSON.stringify(builder(fingerprint)));
  writeFileSync(join(directory, "token"), "none\n");
  const agent = {
    qube: "build-bench",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    // Nobody listens there: polls and reports wait.
    github: { "api-url": "http://127.0.0.1:9", "token-file": "token" },
  };
  const qrexec = { transport: "local", socket: join(directory, "none.sock"), "services-dir": "rpc" };
  writeFileSync(join(directory, "config.yml"), JSON.stringify({ qrexec, agent }));
  const store = openAgentStore(join(directory, "state/agent.db"), () => []);
  await store.desk.pause(["*"], "measured", new Date());
  await store.database.close();
  const entry = join(import.meta.dirname, "../../src/programs/release-bot.ts");
  const started = await startProgram([...heapFlags, entry, "agent", "--config", join(directory, "config.yml")]);
  const socket = join(directory, "rpc/qubesbuilder.ProcessGithubCommand");
  let made = 0;
  return {
    call: (input) => callService(socket, input),
    validMessage: async () => {
      const commit = (made++).toString(16).padStart(40, "0");
      const text = `Upload-component r4.3 core-admin ${commit} current all`;
      const message = await createCleartextMessage({ text });
      return sign({ message, signingKeys: key });
    },
    memory: () => {
      const status = readFileSync(`/proc/${started.pid}/status`, "utf8");
      const megabytes = (name: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
      return { peak: megabytes("VmHWM"), now: megabytes("VmRSS") };
    },
    stop: async () => {
      await started.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function builder(fingerprint: string): unknown {
  return {
    "qubes-release": "r4.3",
    distributions: ["host-fc41", "vm-bookworm"],
    git: { maintainers: [fingerprint] },
    components: [{ "core-admin": { url: "https://example.org/qubes-core-admin" } }],
    "artifacts-dir": "artifacts",
    github: { maintainers: { [fingerprint]: { components: "_all_", distributions: "_all_" } } },
  };
}

function callService(socket: string, input: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let answer = "";
    const connection = connect({ path: socket, allowHalfOpen: true });
    connection.end(`qubesbuilder.ProcessGithubCommand+ sys-net\0${input}`, "latin1");
    connection.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (answer === "taken\n") resolve(performance.now() - begun);
    });
    connection.on("error", reject);
    connection.on("close", () => {
      if (answer !== "taken\n") reject(new Error(`the agent answered '${answer}'`));
    });
  });
}
