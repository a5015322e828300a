import type { Readable, Writable } from "node:stream";
import type { QubeName } from "../../domain/index.ts";

/** A qrexec call to make. The argument is `[A-Za-z0-9_.+-]*`; service and argument together stay under 1,000 bytes. */
export interface QrexecCall {
  /** A qube's name, `dom0` or `@default`. A policy may send the call elsewhere: never take a reply as proof of who answered. */
  readonly target: QubeName | "dom0" | "@default";
  readonly service: string;
  readonly argument: string;
}

/** A call under way. The caller must end `stdin`, and read `stdout` and `stderr` to their end. */
export interface QrexecConnection {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The service's own exit status, or 126 refused, 127 no such service, 125 could not be run. Never rejects. */
  readonly exit: Promise<number>;
  /** Ends the caller's side. The service sees end of input, then a broken pipe; it is not killed. */
  kill(): void;
}

/** How calls leave this qube: `qubes` runs qrexec-client-vm, `local` speaks to the broker of the lab and the tests. */
export interface QrexecTransport {
  open(call: QrexecCall): QrexecConnection;
}

/** A call as a service in this qube receives it. */
export interface IncomingCall {
  readonly service: string;
  /** The caller's choice: it can hold `..`, begin with `-`, hold further `+`. */
  readonly untrustedArgument: string;
  /** Who calls; this, and only this, is trustworthy. */
  readonly source: QubeName;
  readonly input: Readable;
  /** What is written here is the caller's standard output; ending it ends the call. */
  readonly output: Writable;
}
