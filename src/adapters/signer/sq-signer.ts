import { AdapterError } from "../../domain/index.ts";
import { runTool } from "./run-tool.ts";

/** sq, and the file that holds the secret key: of all versions of sq that distributions ship, each takes that. */
export interface SqProgram {
  readonly program: string;
  readonly keyFile: string;
  readonly limitMs: number;
}

/** Clear-signs by Sequoia's sq. Throws AdapterError `SIGNER_FAILED`. */
export async function clearSignBySq({ program, keyFile, limitMs }: SqProgram, bytes: Uint8Array): Promise<Uint8Array> {
  const run = (args: readonly string[], input?: Uint8Array) =>
    runTool({ program, args, limitMs, ...(input === undefined ? {} : { input }) }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new AdapterError("SIGNER_FAILED", `cannot sign: ${message}`, error);
    });
  const version = await run(["--version"]);
  const answer = await run(["sign", ...optionsOf(`${version.stdout}${version.stderr}`, keyFile)], bytes);
  if (answer.status === 0) return answer.stdout;
  const said = answer.stderr.trim().split("\n").slice(-3).join("; ").slice(-400);
  throw new AdapterError("SIGNER_FAILED", `cannot sign: ${program} ended with status ${answer.status}: ${said}`);
}

/** The options were renamed on the way to 1.0: Debian 12 has 0.27, Debian 13 and Fedora have 1.x. */
function optionsOf(version: string, keyFile: string): readonly string[] {
  const major = /\bsq (\d+)\./.exec(version)?.[1];
  if (major === undefined)
    throw new AdapterError("SIGNER_FAILED", `sq did not say its version: ${version.slice(0, 80)}`);
  return Number(major) >= 1
    ? ["--cleartext", `--signer-file=${keyFile}`, "-"]
    : ["--cleartext-signature", `--signer-key=${keyFile}`];
}
