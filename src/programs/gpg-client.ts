/**
 * `release-bot gpg-client`: stands where a tool expects `gpg` (rpm's `%__gpg`, git's `gpg.program`, reprepro's hook),
 * announces what it is asked to sign in the job's log, and gets the signature from the keys qube.
 */
import { writeFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { announceAt } from "../adapters/qrexec/announce-socket.ts";
import { qrexecTransport } from "../adapters/qrexec/index.ts";
import { callSplitGpg, type SplitGpgAnswer } from "../adapters/qrexec/split-gpg-call.ts";
import type { QrexecTransport } from "../adapters/qrexec/transport.ts";
import { parseQubeName, type QubeName } from "../domain/index.ts";
import { announcedName } from "../formats/build-log/index.ts";
import { type ClientRequest, parseClientRequest, signArguments } from "../formats/split-gpg/index.ts";
import { spool } from "./gpg-client/spool.ts";

/** What `--help` says. */
export const help = `release-bot gpg-client [GPG OPTIONS] [FILE]

Signs at the keys qube (detached or clear), listing, verifying and exporting public keys beside it. Environment:
  RELEASE_BOT_QREXEC       qubes, or local:SOCKET
  RELEASE_BOT_KEYS_QUBE    the keys qube (else QUBES_GPG_DOMAIN, else @default)
  RELEASE_BOT_LOG_SOCKET   where the job's log takes announcements; without it nothing is announced
  RELEASE_BOT_SIGN_NAME    what the announcement calls the data; else the file's name

Example: release-bot gpg-client --detach-sign --armor -u 0123456789ABCDEF0123456789ABCDEF01234567 package.rpm
Exit status: gpg's own at the keys qube; 2 where nothing could be asked.
`;

/** As gpg has it for whatever went wrong. */
const failed = 2;
/** An ISO takes its time, and the gate waits a minute for the acknowledgement. */
const timeoutMs = 3_600_000;

interface KeysQube {
  readonly transport: QrexecTransport;
  readonly target: QubeName | "@default";
}

function keysQube(environment: NodeJS.ProcessEnv): KeysQube {
  const way = environment["RELEASE_BOT_QREXEC"] ?? "qubes";
  const local = /^local:(.+)$/.exec(way)?.[1];
  if (way !== "qubes" && local === undefined) throw new Error("RELEASE_BOT_QREXEC is neither qubes nor local:SOCKET");
  const transport = qrexecTransport(
    local === undefined ? { transport: "qubes" } : { transport: "local", socket: local },
  );
  const named = environment["RELEASE_BOT_KEYS_QUBE"] ?? environment["QUBES_GPG_DOMAIN"] ?? "@default";
  const target = named === "@default" ? named : parseQubeName(named);
  if (target === null) throw new Error("RELEASE_BOT_KEYS_QUBE is no qube's name");
  return { transport, target };
}

/** The status lines go where the tool asked for them (git wants them on descriptor 2), the rest to standard error. */
function relay(answer: SplitGpgAnswer, statusFd: number | null): void {
  for (const line of answer.stderr.split("\n").filter((text) => text !== "")) {
    const isStatus = line.startsWith("[GNUPG:] ");
    if (!isStatus) process.stderr.write(`${line.replace(/[^\x20-\x7e]/g, "?")}\n`);
    else if (statusFd !== null) writeSync(statusFd, `${line}\n`);
  }
}

async function sign(request: ClientRequest & { kind: "sign" }, keys: KeysQube): Promise<number> {
  const data = await spool(request.input);
  try {
    const { sha256, length } = data;
    const socket = process.env["RELEASE_BOT_LOG_SOCKET"] ?? "";
    if (socket !== "") {
      const name = announcedName(process.env["RELEASE_BOT_SIGN_NAME"] ?? basename(request.input ?? "data"));
      await announceAt(socket, { kind: request.signature, key: request.key, sha256, length, name });
    }
    const args = signArguments({ ...request, status: request.statusFd === null ? "unwanted" : "wanted" });
    const answer = await callSplitGpg({ ...keys, args, input: data.read(), timeoutMs });
    if (answer.status === 0 && answer.stdout.length > 0) {
      if (request.output === null) writeAll(answer.stdout);
      else writeFileSync(request.output, answer.stdout);
    }
    relay(answer, request.statusFd);
    return answer.status === 0 && answer.stdout.length === 0 ? failed : answer.status;
  } finally {
    data.remove();
  }
}

function writeAll(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // A pipe that is full for the moment.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

/** Takes gpg's arguments, answers gpg's exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--help" || argv[0] === "-h")) {
    process.stdout.write(help);
    return 0;
  }
  const request = parseClientRequest(argv);
  if (!request.ok) {
    process.stderr.write(`gpg-client: ${request.error}\n`);
    return failed;
  }
  try {
    const keys = keysQube(process.env);
    if (request.value.kind === "sign") return await sign(request.value, keys);
    const input = request.value.input === "stdin" ? (process.stdin as AsyncIterable<Buffer>) : [];
    const answer = await callSplitGpg({ ...keys, args: request.value.args, input, timeoutMs });
    writeAll(answer.stdout);
    process.stderr.write(answer.stderr);
    return answer.status;
  } catch (error) {
    process.stderr.write(`gpg-client: ${error instanceof Error ? error.message : error}\n`);
    return failed;
  }
}
