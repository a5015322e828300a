import { no, ok, type Refusal, type Result, refusal, type TraceId } from "../domain/index.ts";
import { parseArmorBody, renderArmorBody } from "./armor.ts";
import { type MessageHash, messageHashes, parseTextSignature, type TextSignature } from "./signature-packet.ts";
import { traceOf } from "./trace.ts";

/** A message may be so many bytes long, armor included. */
export const longestMessage = 8192;
const longestLine = 255;
const mostCommands = 50;

const beginMessage = "-----BEGIN PGP SIGNED MESSAGE-----";
const beginSignature = "-----BEGIN PGP SIGNATURE-----";
const endSignature = "-----END PGP SIGNATURE-----";

/** A clear-signed message, taken apart before any cryptography. Nothing in it is trusted yet but its form. */
export interface Frame {
  readonly hash: MessageHash;
  /** 1 to 50 lines, none empty. */
  readonly lines: readonly string[];
  /** What the signature covers: all lines, the empty ones after the last command too, joined by CRLF. */
  readonly canonicalText: Uint8Array;
  readonly signature: TextSignature;
  /** The whole message written anew from these parts, for a library that wants to read one. */
  readonly rebuilt: string;
  readonly trace: TraceId;
}

/**
 * Parses the bytes that a caller sent: exactly one message of section 2 of the command rules, byte for byte, with nothing
 * before or after. Every liberty that an OpenPGP library takes with a message's surroundings is closed off here. Refuses
 * with `FRAME_INVALID`.
 */
export function parseFrame(untrustedBytes: Uint8Array): Result<Frame, Refusal> {
  if (untrustedBytes.length > longestMessage) return invalid(`it is longer than ${longestMessage} bytes`);
  // Copied once: nobody changes under our hands what was checked.
  const bytes = Buffer.from(untrustedBytes);
  const odd = bytes.findIndex((byte) => byte !== 0x0a && (byte < 0x20 || byte > 0x7e));
  if (odd !== -1) return invalid(`byte ${odd + 1} is not a printable ASCII character`);
  const all = bytes.toString("latin1").split("\n");
  if (all.pop() !== "") return invalid("it does not end with a line end");
  const long = all.findIndex((line) => line.length > longestLine);
  if (long !== -1) return invalid(`line ${long + 1} is longer than ${longestLine} characters`);

  if (all[0] !== beginMessage) return invalid(`it does not begin with '${beginMessage}'`);
  const hash = parseHashHeader(all[1]);
  if (hash === null) return invalid("its second line is not 'Hash: SHA256', 'Hash: SHA384' or 'Hash: SHA512'");
  if (all[2] !== "") return invalid("its third line is not empty: there may be one Hash header, and no other");
  const middle = all.indexOf(beginSignature);
  if (middle === -1) return invalid(`it has no line '${beginSignature}'`);
  const text = parseText(all.slice(3, middle));
  if (!text.ok) return invalid(text.error);
  const armor = parseArmor(all.slice(middle + 1));
  if (!armor.ok) return invalid(armor.error);
  const signature = parseTextSignature(armor.value, hash);
  if (!signature.ok) return invalid(signature.error);

  return ok({
    hash,
    lines: text.value.commands,
    canonicalText: Buffer.from(text.value.all.join("\r\n"), "latin1"),
    signature: signature.value,
    rebuilt: render(hash, text.value.all, signature.value.rebuilt),
    trace: traceOf(bytes),
  });
}

function invalid(message: string): { readonly ok: false; readonly error: Refusal } {
  return no(
    refusal(
      "FRAME_INVALID",
      "the signed message",
      `this is not a signed message as the bot takes it: ${message}`,
      "sign the bare command line again with 'gpg --clearsign' and post its output unchanged",
    ),
  );
}

function parseHashHeader(line: string | undefined): MessageHash | null {
  const names = Object.keys(messageHashes) as MessageHash[];
  return names.find((name) => line === `Hash: ${name}`) ?? null;
}

/** The signed lines, and those of them that are commands. */
function parseText(
  lines: readonly string[],
): Result<{ readonly all: readonly string[]; readonly commands: readonly string[] }, string> {
  for (const line of lines) {
    if (line.startsWith("-")) return no("a line begins with a dash (dash escapes are not taken)");
    // Verification does not see blanks at a line's end, so anybody could have added them.
    if (line.endsWith(" ")) return no("a line ends with a space");
  }
  const commands = [...lines];
  while (commands.at(-1) === "") commands.pop();
  if (commands.length === 0) return no("it holds no command");
  if (commands.length > mostCommands) return no(`it holds more than ${mostCommands} lines`);
  if (commands.includes("")) return no("an empty line stands before a command");
  return ok({ all: lines, commands });
}

/** What follows the first line of the armor: headers that are dropped, an empty line, base64, checksum, end. */
function parseArmor(lines: readonly string[]): Result<Uint8Array, string> {
  const blank = lines.indexOf("");
  if (blank === -1) return no("no empty line stands before its base64");
  const foreign = lines.slice(0, blank).find((line) => !/^(?:Version|Comment):(?: |$)/.test(line));
  if (foreign !== undefined) return no("its signature has a header other than Version and Comment");
  const end = lines.indexOf(endSignature);
  if (end === -1) return no(`it has no line '${endSignature}'`);
  if (end !== lines.length - 1) return no(`something follows '${endSignature}'`);
  return parseArmorBody(lines.slice(blank + 1, end));
}

function render(hash: MessageHash, text: readonly string[], packet: Uint8Array): string {
  const head = [beginMessage, `Hash: ${hash}`, ""];
  return `${[...head, ...text, beginSignature, "", ...renderArmorBody(packet), endSignature].join("\n")}\n`;
}
