import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { AdapterError } from "../../domain/index.ts";

/** How git is run in one repository. */
export interface GitSettings {
  /** The repository's directory (bare). */
  readonly directory: string;
  /** The whole environment: nothing is inherited, so that no git of the user's set-up changes what is committed. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What git said. */
export interface GitRun {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A part of a file, handed on without being held in memory. */
export interface FilePart {
  readonly file: string;
  readonly from: number;
  readonly length: number;
}

/** One run. */
export interface GitOptions {
  readonly input?: Uint8Array | string | FilePart;
  /** 60 s unless it goes over a network. */
  readonly timeoutMs?: number;
}

const longestComplaint = 8192;

/**
 * Runs git as an argument list. Not by `adapters/processes`, which ends every descendant of a run: the gpg-agent that a
 * signature starts is to stay.
 */
export class Git {
  readonly #settings: GitSettings;

  constructor(settings: GitSettings) {
    this.#settings = settings;
  }

  /** Answers what git said, whatever its status. Throws AdapterError `TIMEOUT`, `TOOL_MISSING`. */
  try(args: readonly string[], options: GitOptions = {}): Promise<GitRun> {
    const { directory, environment } = this.#settings;
    const timeoutMs = options.timeoutMs ?? 60_000;
    return new Promise((resolve, reject) => {
      // A group of its own: at the limit ssh has to go with git, or it would hold the pipes open.
      const child = spawn("git", ["--git-dir", directory, ...args], {
        env: environment,
        detached: true,
        stdio: "pipe",
      });
      const timer = setTimeout(() => {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        reject(new AdapterError("TIMEOUT", `git ${args[0]}: no end within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      const stdout: Buffer[] = [];
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => {
        if (stderr.length < longestComplaint) stderr += chunk.toString("utf8");
      });
      child.once("error", (cause) => {
        clearTimeout(timer);
        reject(new AdapterError("TOOL_MISSING", "git cannot be run: install it", cause));
      });
      child.once("close", (code) => {
        clearTimeout(timer);
        resolve({ status: code ?? 128, stdout: Buffer.concat(stdout), stderr });
      });
      child.stdin.on("error", () => undefined);
      const { input } = options;
      if (typeof input === "object" && "file" in input) {
        // A file that cannot be read to its end must not become a shorter blob.
        feed(input, child.stdin).catch(() => child.kill("SIGKILL"));
      } else child.stdin.end(input ?? "");
    });
  }

  /** The same, and git has to succeed: answers its standard output without the last line feed. Throws AdapterError. */
  async run(args: readonly string[], options: GitOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.try(args, options);
    if (status === 0) return stdout.toString("utf8").replace(/\n$/, "");
    throw new AdapterError("EXIT_STATUS", `git ${args.find((arg) => !arg.startsWith("-"))}: ${lastLines(stderr)}`);
  }
}

/** The end of what a program said, on one line. */
export function lastLines(said: string): string {
  return said
    .trim()
    .split("\n")
    .slice(-4)
    .join("; ")
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(-400);
}

/** Hands a part of a file on through one buffer: what goes through is large, and is to leave nothing to clear away. */
async function feed({ file, from, length }: FilePart, to: Writable): Promise<void> {
  const buffer = Buffer.allocUnsafe(262_144);
  const handle = await open(file, "r");
  try {
    for (let at = 0; at < length; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, length - at), from + at);
      if (bytesRead === 0) throw new Error(`${file}: shorter than what was written`);
      await new Promise<void>((resolve, reject) => {
        to.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
      });
      at += bytesRead;
    }
    to.end();
  } finally {
    await handle.close();
  }
}
