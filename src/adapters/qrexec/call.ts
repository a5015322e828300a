import { AdapterError } from "../../domain/index.ts";
import type { QrexecCall, QrexecTransport } from "./transport.ts";

/** How a call ended. */
export interface QrexecAnswer {
  /** The service's own status, or qrexec's: 126 refused, 127 no such service, 125 could not be run, 1 no agent. */
  readonly exit: number;
  readonly stdout: Buffer;
  /** The first 4 KiB of the standard error, as text for a log; whose words they are is not proven. */
  readonly untrustedStderr: string;
}

/** How long a call may take, and how much it may answer. Both security hangs on: there are no defaults. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
}

const longestStderr = 4096;

/**
 * Makes a call with its whole input and waits for its whole answer. Throws AdapterError `TIMEOUT`, or
 * `UNEXPECTED_ANSWER` where it says too much; any exit status is an answer.
 */
export async function callQrexec(
  transport: QrexecTransport,
  call: QrexecCall,
  input: Uint8Array | string,
  limits: CallLimits,
): Promise<QrexecAnswer> {
  const { timeoutMs, maxOutputBytes } = limits;
  const what = `${call.service} at ${call.target}`;
  const connection = transport.open(call);
  const said: Buffer[] = [];
  const complained: Buffer[] = [];
  let length = 0;
  let complaint = 0;
  let fault: AdapterError | null = null;

  const give = (reason: AdapterError): void => {
    fault ??= reason;
    connection.kill();
  };
  connection.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxOutputBytes) {
      give(new AdapterError("UNEXPECTED_ANSWER", `${what}: answered more than ${maxOutputBytes} bytes`));
    } else said.push(chunk);
  });
  connection.stderr.on("data", (chunk: Buffer) => {
    if (complaint < longestStderr) complained.push(chunk.subarray(0, longestStderr - complaint));
    complaint += chunk.length;
  });
  let expire = (): void => {};
  const expired = new Promise<void>((resolve) => {
    expire = resolve;
  });
  const timer = setTimeout(() => {
    give(new AdapterError("TIMEOUT", `${what}: no end within ${timeoutMs} ms`));
    // The client may live on (a child that holds its output): we do not wait for it.
    expire();
  }, timeoutMs);
  connection.stdin.end(input);
  const ended = [connection.stdout, connection.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.once("close", resolve)),
  );
  const exit = await Promise.race([Promise.all(ended).then(() => connection.exit), expired]);
  clearTimeout(timer);
  if (fault !== null || exit === undefined) throw fault ?? new AdapterError("TIMEOUT", `${what}: no end`);
  return { exit, stdout: Buffer.concat(said), untrustedStderr: Buffer.concat(complained).toString("utf8") };
}
