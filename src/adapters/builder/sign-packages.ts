import { dirname } from "node:path";
import type { BuildTask, JobLog } from "../../build/ports.ts";
import { AdapterError } from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import { runProgram } from "../processes/index.ts";

/** The program that rpmsign calls as gpg: `release-bot gpg-client` as an executable, or gpg itself. */
export interface GpgProgram {
  /** Absolute, no arguments: it becomes rpm's macro `__gpg`. */
  readonly path: string;
  /** What only the trusted stages see: the log's socket, the keys qube's name, `GNUPGHOME`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Signs each rpm's header, one announcement a package. Throws AdapterError `SIGNER_FAILED`. */
export async function signRpms(
  task: BuildTask,
  files: readonly string[],
  log: JobLog,
  signal: AbortSignal,
  gpg: GpgProgram,
): Promise<void> {
  const key = signKeyFor(task.builder.configuration, task.distribution.name, task.distribution.type);
  if (key === null) {
    throw new AdapterError(
      "CONFIGURATION",
      `sign-key names no key for ${task.distribution.name} or ${task.distribution.type}`,
    );
  }
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
    signal,
    onOutput: (chunk) => log.output(chunk),
  });
  if (ended !== null) throw new AdapterError("TIMEOUT", "signing was ended before it was done");
  if (status !== 0) throw new AdapterError("SIGNER_FAILED", `rpmsign ended with status ${status}`);
}
