import { clearSignBySq, GpgProgramSigner } from "../../../adapters/signer/index.ts";
import { AdapterError, type TraceId } from "../../../domain/index.ts";
import { parseFrame } from "../../../signed/index.ts";
import type { CommandLine } from "../../../status/index.ts";
import type { SigningWay } from "./settings.ts";

/** A signed message as it is posted. */
export interface SignedText {
  readonly text: string;
  /** What follows it through every log, and names it in the answers. */
  readonly trace: TraceId;
}

/** A signed message holds no more lines, and the frame no more bytes; what is left is for the signature of a large RSA key. */
const mostLines = 50;
const mostBytes = 8192 - 1800;
const signLimitMs = 300_000;

/** Splits lines into as few messages as the frame allows, in order. */
export function messagesOf(lines: readonly CommandLine[]): readonly (readonly CommandLine[])[] {
  const messages: CommandLine[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const last = messages.at(-1);
    if (last === undefined || last.length === mostLines || bytes + line.line.length + 1 > mostBytes) {
      messages.push([line]);
      bytes = line.line.length + 1;
    } else {
      last.push(line);
      bytes += line.line.length + 1;
    }
  }
  return messages;
}

/**
 * Clear-signs the lines. What comes back is read by the bot's own parser, and must say these lines and nothing else, before
 * anybody sees it. Throws AdapterError `SIGNER_FAILED`.
 */
export async function signLines(lines: readonly CommandLine[], way: SigningWay): Promise<SignedText> {
  const bytes = Buffer.from(`${lines.map(({ line }) => line).join("\n")}\n`);
  const signed = await clearSign(bytes, way);
  const frame = parseFrame(signed);
  if (!frame.ok) {
    const hint =
      way.kind === "gpg" ? ": set 'digest-algo SHA512' in gpg.conf, and no option that adds to the text" : "";
    throw new AdapterError("SIGNER_FAILED", `the bot would not take what was signed: ${frame.error.message}${hint}`);
  }
  if (frame.value.lines.join("\n") !== lines.map(({ line }) => line).join("\n"))
    throw new AdapterError("SIGNER_FAILED", "something else was signed than was shown; nothing is posted");
  return { text: Buffer.from(signed).toString("latin1"), trace: frame.value.trace };
}

function clearSign(bytes: Uint8Array, way: SigningWay): Promise<Uint8Array> {
  if (way.kind === "sq") return clearSignBySq({ program: "sq", keyFile: way.keyFile, limitMs: signLimitMs }, bytes);
  const { program, key, home } = way;
  const environment = home === null ? {} : { GNUPGHOME: home };
  const signer = new GpgProgramSigner({ program, environment, limitMs: signLimitMs });
  return signer.sign({ kind: "clear", encoding: "armored", key, name: "commands", bytes });
}
