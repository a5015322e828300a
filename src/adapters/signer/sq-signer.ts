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
  const known = await run(["sign", "--help"]);
  const answer = await run(["sign", ...optionsOf(known.stdout.toString("utf8"), keyFile)], bytes);
  if (answer.status === 0) return answer.stdout;
  throw new AdapterError(
    "SIGNER_FAILED",
    `cannot sign: ${program} ended with status ${answer.status}: ${said(answer.stderr)}`,
  );
}

/** What went wrong and because of what, without the addresses of where in sq. */
function said(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !/^[0-9]+: \S+$|^at /.test(line))
    .slice(0, 4)
    .join("; ")
    .slice(0, 400);
}

/**
 * The options were renamed on the way to 1.0, not all at once, and so was the one that says the version: the program's own help
 * is what tells. Debian 12 has 0.27, Debian 13 and Fedora have 1.x.
 */
function optionsOf(help: string, keyFile: string): readonly string[] {
  const knows = (option: string): boolean => new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(help);
  const cleartext = ["--cleartext", "--cleartext-signature"].find(knows);
  const signer = ["--signer-file", "--signer-key"].find(knows);
  if (cleartext !== undefined && signer !== undefined) return [cleartext, `${signer}=${keyFile}`];
  const remedy = "see 'sq sign --help', and sign with gpg until this program knows that sq";
  throw new AdapterError("SIGNER_FAILED", `sq knows neither way of clear-signing with a key file: ${remedy}`);
}
