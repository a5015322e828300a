import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret } from "./load.ts";

/** A program that has said that it is ready. */
export interface StartedProgram {
  readonly said: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program of ours with this Node and waits for a line with `ready`. */
export function startProgram(words: readonly string[]): Promise<StartedProgram> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [...words], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    };
    let said = "";
    let complained = "";
    child.stderr?.on("data", (chunk) => {
      complained = `${complained}${chunk}`.slice(-2000);
    });
    child.stdout?.on("data", (chunk) => {
      if (said.includes("ready")) return;
      said += String(chunk);
      if (said.includes("ready")) resolve({ said, pid: child.pid ?? 0, stop });
    });
    void ended.then(() => reject(new Error(`${words.join(" ")} ended before it was ready: ${complained}`)));
  });
}

/** A receiver with its broker; the qubes in `hung` never answer. */
export async function startReceiver(
  qubes: readonly string[],
  hung: readonly string[],
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "rb-bench-"));
  const socket = join(directory, "broker.sock");
  writeFileSync(join(directory, "secret"), secret);
  writeFileSync(join(directory, "vms"), `${qubes.join("\n")}\n`);
  const configuration = {
    qrexec: { transport: "local", socket },
    receiver: {
      listen: { host: "127.0.0.1", port: 0 },
      monitor: { host: "127.0.0.1", port: 0 },
      "webhook-secret-file": "secret",
      "state-dir": "state",
      "build-vms-list": "vms",
      owners: ["QubesOS"],
    },
  };
  writeFileSync(join(directory, "config.yml"), JSON.stringify(configuration));
  const here = import.meta.dirname;
  const broker = await startProgram([join(here, "broker.ts"), socket, ...hung]);
  const entry = join(here, "../../src/programs/release-bot.ts");
  const receiver = await startProgram([entry, "receiver", "--config", join(directory, "config.yml")]);
  const port = Number(/"listen":\{"host":"127.0.0.1","port":(\d+)\}/.exec(receiver.said)?.[1]);
  return {
    port,
    stop: async () => {
      await receiver.stop();
      await broker.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
