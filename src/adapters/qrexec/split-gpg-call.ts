import { once } from "node:events";
import { AdapterError, type QubeName } from "../../domain/index.ts";
import { FrameReader, renderData, renderEnd, renderHead } from "../../formats/split-gpg/index.ts";
import type { QrexecConnection, QrexecTransport } from "./transport.ts";

/** One call of `qubes.Gpg`. */
export interface SplitGpgCall {
  readonly transport: QrexecTransport;
  readonly target: QubeName | "@default";
  readonly args: readonly string[];
  /** What gpg gets as standard input, piece by piece. */
  readonly input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** For the whole call; a signature over an ISO takes minutes, and the gate waits up to 60 s for the acknowledgement. */
  readonly timeoutMs: number;
}

/** What came back. */
export interface SplitGpgAnswer {
  readonly status: number;
  readonly stdout: Buffer;
  /** At most 16 KiB of it. */
  readonly stderr: string;
}

/** A clear-signed text is as long as the text; nothing that is signed so is near this. */
const longestOutput = 64 * 1024 * 1024;
const longestComplaint = 16_384;

/**
 * Calls `qubes.Gpg` and waits for its exit status. Throws AdapterError: `DENIED` (the policy refused), `UNREACHABLE`,
 * `TIMEOUT`, `UNEXPECTED_ANSWER`.
 */
export async function callSplitGpg(call: SplitGpgCall): Promise<SplitGpgAnswer> {
  const connection = call.transport.open({ target: call.target, service: "qubes.Gpg", argument: "" });
  let late: ((error: AdapterError) => void) | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = reject;
  });
  const timer = setTimeout(
    () => late?.(new AdapterError("TIMEOUT", `qubes.Gpg did not answer within ${call.timeoutMs / 1000} s`)),
    call.timeoutMs,
  );
  try {
    const complaints = drain(connection);
    // A refused call breaks the pipe while it is written; what is said of it is said by the answer.
    const sent = send(connection, call).catch((error: unknown) => (isPipe(error) ? undefined : Promise.reject(error)));
    const heard = receive(connection);
    // Where the client has ended by itself nobody takes the rest of the input any more.
    const done = Promise.all([heard, heard.then(({ status }) => (status === null ? undefined : sent))]);
    sent.catch(() => undefined);
    const [{ status, stdout, stderr }] = await Promise.race([timeout, done]);
    if (status === null) throw await refusal(connection, complaints);
    return { status, stdout, stderr };
  } finally {
    clearTimeout(timer);
    connection.stdin.destroy();
    connection.kill();
  }
}

async function refusal(connection: QrexecConnection, complaints: () => string): Promise<AdapterError> {
  const exit = await connection.exit;
  if (exit === 126) return new AdapterError("DENIED", "the qrexec policy refuses qubes.Gpg to this qube");
  const said = complaints();
  return new AdapterError(
    "UNREACHABLE",
    `qubes.Gpg ended without an exit status (call: ${exit})${said === "" ? "" : `: ${said}`}`,
  );
}

async function send(connection: QrexecConnection, call: SplitGpgCall): Promise<void> {
  const { stdin } = connection;
  const broken = new Promise<never>((_, reject) => stdin.once("error", reject));
  broken.catch(() => undefined);
  const write = async (bytes: Buffer): Promise<void> => {
    if (!stdin.write(bytes)) await Promise.race([once(stdin, "drain"), broken]);
  };
  await write(renderHead(call.args));
  for await (const piece of call.input) {
    for (let from = 0; from < piece.length; from += 65_536)
      await write(renderData(0, piece.subarray(from, from + 65_536)));
  }
  // The pipe itself stays open: the genuine server takes its end for the client's death.
  await write(renderEnd(0));
}

async function receive(
  connection: QrexecConnection,
): Promise<{ status: number | null; stdout: Buffer; stderr: string }> {
  const reader = new FrameReader();
  const stdout: Buffer[] = [];
  let length = 0;
  let stderr = "";
  try {
    for await (const chunk of connection.stdout as AsyncIterable<Buffer>) {
      for (const frame of reader.push(chunk)) {
        if (frame.kind === "exit") return { status: frame.status, stdout: Buffer.concat(stdout), stderr };
        if (frame.kind !== "data") continue;
        if (frame.stream === 0) {
          stdout.push(Buffer.from(frame.data));
          length += frame.data.length;
          if (length > longestOutput) throw new RangeError("too much output");
        } else if (frame.stream === 1 && stderr.length < longestComplaint) stderr += frame.data.toString("utf8");
      }
    }
  } catch (error) {
    if (error instanceof RangeError) throw new AdapterError("UNEXPECTED_ANSWER", `qubes.Gpg: ${error.message}`, error);
    if (!isPipe(error)) throw error;
  }
  return { status: null, stdout: Buffer.concat(stdout), stderr };
}

function drain(connection: QrexecConnection): () => string {
  let said = "";
  connection.stderr.on("data", (chunk: Buffer) => {
    if (said.length < longestComplaint) said += chunk.toString("utf8");
  });
  connection.stderr.on("error", () => undefined);
  connection.stdin.on("error", () => undefined);
  return () => said.replace(/[^\x20-\x7e]+/g, " ").trim();
}

function isPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE"].includes(String(error.code))
  );
}
