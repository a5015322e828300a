import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { BuildTask, JobLog } from "../../build/ports.ts";
import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { Signer } from "../../promotion/ports.ts";
import { runProgram } from "../processes/index.ts";

/** The program that rpmsign calls as gpg: `release-bot gpg-client` as an executable, or gpg itself. */
interface GpgProgram {
  /** Absolute, no arguments: it becomes rpm's macro `__gpg`. */
  readonly path: string;
  /** What only the trusted stages see: the log's socket, the keys qube's name, `GNUPGHOME`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Who signs: a program for rpmsign, and a signer in the agent itself, which announces in the given log. */
export interface PackageSigners {
  readonly gpg: GpgProgram;
  readonly signer: (log: JobLog) => Signer;
}

/** The key that signs a distribution's packages and repository. Throws AdapterError `CONFIGURATION` where none is named. */
export function signKeyOf(task: BuildTask): Fingerprint {
  const { name, type } = task.distribution;
  const key = signKeyFor(task.builder.configuration, name, type);
  if (key !== null) return key;
  throw new AdapterError("CONFIGURATION", `sign-key names no key for ${name} or ${type}`);
}

/**
 * Signs a build's packages as their type does it: each rpm in its header, each Arch package by a file beside it, Debian
 * packages not at all (their repository is signed as a whole). Answers what is to be published.
 */
export async function signPackages(
  signers: PackageSigners,
  task: BuildTask,
  files: readonly string[],
  log: JobLog,
  signal: AbortSignal,
): Promise<readonly string[]> {
  switch (task.distribution.type) {
    case "rpm":
      await signRpms(task, files, log, signal, signers.gpg);
      return files;
    case "archlinux":
      return [...files, ...(await signBeside(signers.signer(log), signKeyOf(task), files, signal))];
    case "deb":
    case "gentoo":
    case "windows":
      return files;
  }
}

async function signBeside(
  signer: Signer,
  key: Fingerprint,
  files: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const signatures: string[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    const name = basename(file)
      .replace(/[^A-Za-z0-9._+~-]/g, "_")
      .slice(0, 128);
    const bytes = await signer.sign({ kind: "detach", encoding: "binary", key, name, bytes: readFileSync(file) });
    writeFileSync(`${file}.sig`, bytes);
    signatures.push(`${file}.sig`);
  }
  return signatures;
}

/** One announcement a package. Throws AdapterError `SIGNER_FAILED`. */
async function signRpms(
  task: BuildTask,
  files: readonly string[],
  log: JobLog,
  signal: AbortSignal,
  gpg: GpgProgram,
): Promise<void> {
  const key = signKeyOf(task);
  const [first] = files;
  if (first === undefined) return;
  const macros = [
    `__gpg ${gpg.path}`,
    `_gpg_name ${key}`,
    "_gpg_digest_algo sha256",
    "_gpg_sign_cmd_extra_args --batch",
  ];
  const { status, ended } = await runProgram({
    program: "rpmsign",
    args: [...macros.flatMap((macro) => ["--define", macro]), "--addsign", "--", ...files],
    directory: dirname(first),
    environment: { ...gpg.environment, RELEASE_BOT_LOG_SOCKET: log.socketPath },
    limitMs: 3_600_000,
    daemons: "stay",
    signal,
    onOutput: (chunk) => log.output(chunk),
  });
  if (ended !== null) throw new AdapterError("TIMEOUT", "signing was ended before it was done");
  if (status !== 0) throw new AdapterError("SIGNER_FAILED", `rpmsign ended with status ${status}`);
}
