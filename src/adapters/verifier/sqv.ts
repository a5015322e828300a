import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdapterError, parseFingerprint } from "../../domain/index.ts";
import type { Opinion, OpinionQuestion, SecondOpinion } from "../../signed/index.ts";

/** How sqv is run. */
export interface SqvSettings {
  /** Found in PATH, or a path. */
  readonly program: string;
  /** Absolute, and nobody else's: emptied at the start, and holds the files that sqv reads. Nothing in it needs to last. */
  readonly directory: string;
  /** 10 s is plenty: it takes about 5 ms. */
  readonly limitMs: number;
}

/**
 * Sequoia's sqv as the second verifier: another library, in another language, in a process of its own. Throws
 * AdapterError `TOOL_MISSING` where it is not installed, since a command must never be taken on one opinion alone.
 */
export async function openSqv(settings: SqvSettings): Promise<SecondOpinion> {
  const version = await run(settings, ["--version"]);
  if (version.status !== 0)
    throw new AdapterError("TOOL_MISSING", `${settings.program} --version fails: reinstall sqv`);
  mkdirSync(settings.directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(settings.directory)) rmSync(join(settings.directory, name), { recursive: true });
  return new Sqv(settings);
}

class Sqv implements SecondOpinion {
  readonly #settings: SqvSettings;
  #asked = 0;
  #keyring: { readonly bytes: Uint8Array; readonly path: string } | null = null;

  constructor(settings: SqvSettings) {
    this.#settings = settings;
  }

  async judge(question: OpinionQuestion): Promise<Opinion> {
    this.#asked += 1;
    const base = join(this.#settings.directory, String(this.#asked));
    const [signature, text] = [`${base}.sig`, `${base}.txt`];
    const keyring = this.#keyringFile(question.keyring);
    try {
      this.#write(signature, question.signature);
      this.#write(text, question.text);
      const notAfter = question.notAfter.toISOString().replace(/\.[0-9]+Z$/, "Z");
      const said = await run(this.#settings, ["--keyring", keyring, "--not-after", notAfter, signature, text]);
      return opinionOf(said);
    } finally {
      rmSync(signature, { force: true });
      rmSync(text, { force: true });
    }
  }

  /** Written when the keys change, which is at each start, and never merged with what was there before. */
  #keyringFile(bytes: Uint8Array): string {
    if (this.#keyring?.bytes === bytes) return this.#keyring.path;
    const digest = createHash("sha256").update(bytes).digest("hex");
    const path = join(this.#settings.directory, `${digest}.keyring`);
    this.#write(path, bytes);
    this.#keyring = { bytes, path };
    return path;
  }

  #write(path: string, bytes: Uint8Array): void {
    try {
      writeFileSync(path, bytes, { mode: 0o600 });
    } catch (cause) {
      const full = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
      throw new AdapterError(full ? "DISK_FULL" : "DENIED", `${path}: cannot be written`, cause);
    }
  }
}

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Good is exit status 0 *and* exactly one fingerprint; everything that is not understood is bad. */
function opinionOf({ status, stdout, stderr }: Said): Opinion {
  const signer = parseFingerprint(stdout.trimEnd());
  if (status === 0 && signer !== null) return { verdict: "good", signer };
  if (status === null) throw new AdapterError("EXIT_STATUS", "sqv was killed before it answered");
  const reason = stderr.replace(/[^\x20-\x7e]+/g, " ").trim();
  return { verdict: "bad", reason: reason === "" ? `exit status ${status}` : reason.slice(0, 200) };
}

function run({ program, limitMs }: SqvSettings, args: readonly string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
    });
    const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new AdapterError("TIMEOUT", `${program} did not answer within ${limitMs} ms`));
    }, limitMs);
    child.on("error", (cause) => {
      clearTimeout(limit);
      const message = `${program} cannot be run: install sqv (Debian: sqv, Fedora: sequoia-sqv)`;
      reject(new AdapterError("TOOL_MISSING", message, cause));
    });
    child.on("close", (status) => {
      clearTimeout(limit);
      resolve({ status, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Drains the pipe to its end, and keeps the first 64 KiB. */
function gather(stream: NodeJS.ReadableStream): () => string {
  const kept: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < 65_536) kept.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(kept).toString("utf8");
}
