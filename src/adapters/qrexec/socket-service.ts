import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import { longestCallHeader, parseCallHeader } from "../../formats/qrexec/index.ts";
import { callStreams } from "./call-streams.ts";
import { removeStaleSocket } from "./stale-socket.ts";
import type { IncomingCall } from "./transport.ts";

/** A service that listens. */
export interface ListeningService {
  /** The socket, absolute. */
  readonly path: string;
  /** Takes no more calls and lets those under way end; after `graceMs` (default 5,000) it cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/** What {@link serveQrexecSocket} needs to be told. */
export interface SocketServiceOptions {
  /** Where the agent looks services up: `/usr/local/etc/qubes-rpc`. It must exist. */
  readonly directory: string;
  /** The socket's file name: a service, or `SERVICE+ARGUMENT` to serve that one argument. */
  readonly service: string;
  /** Takes a call. What it throws ends the call without an answer and goes to `onFault`. */
  readonly onCall: (call: IncomingCall) => void | Promise<void>;
  /** What went wrong with one call (a wrong header, a caller that went away, a throwing handler): for the log. */
  readonly onFault: (fault: unknown) => void;
  /** How long the header may take; the agent sends it at once. Default 10,000. */
  readonly headerTimeoutMs?: number;
  /** Calls at the same time; further ones are closed unanswered, which means: try again. Default 256. */
  readonly maxCalls?: number;
}

/**
 * Hosts a qrexec socket service: the agent connects, sends `SERVICE+ARGUMENT SOURCE\0`, then the caller's input. A socket
 * service has no exit status and no standard error. A socket left by a dead program is replaced; one that is answered is
 * not. Throws AdapterError.
 */
export async function serveQrexecSocket(options: SocketServiceOptions): Promise<ListeningService> {
  const { directory, service, onCall, onFault, headerTimeoutMs = 10_000, maxCalls = 256 } = options;
  const path = join(directory, service);
  await removeStaleSocket(path);
  const open = new Set<Socket>();

  const take = async (socket: Socket): Promise<void> => {
    const head = await readHeader(socket, headerTimeoutMs);
    const header = parseCallHeader(head);
    if (header === null) throw new Error(`${service}: a call without a proper header`);
    const { input, output } = callStreams(socket, onFault);
    const { argument: untrustedArgument, source } = header;
    await onCall({ service: header.service, untrustedArgument, source, input, output });
  };

  // Half-open, since the caller's end of input must not close the way back for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", onFault);
    if (open.size >= maxCalls) {
      onFault(new Error(`${service}: more than ${maxCalls} calls at the same time`));
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    take(socket).catch((fault: unknown) => {
      onFault(fault);
      socket.destroy();
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new AdapterError("UNREACHABLE", `cannot listen on ${path}`, cause)));
    server.listen(path, resolve);
  });
  server.on("error", onFault);
  chmodSync(path, 0o600);

  const close = (graceMs = 5_000): Promise<void> =>
    new Promise((resolve) => {
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, graceMs);
      server.close(() => {
        clearTimeout(cut);
        rmSync(path, { force: true });
        resolve();
      });
    });
  return { path, close };
}

/** Reads up to the NUL and puts back what came behind it: the first input may arrive together with the header. */
function readHeader(socket: Socket, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      act();
    };
    const onEnd = (): void => settle(() => reject(new Error("a caller that went away before its header")));
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      held = Buffer.concat([held, chunk]);
      const nul = held.indexOf(0);
      if (nul >= 0 && nul < longestCallHeader) {
        const rest = held.subarray(nul + 1);
        settle(() => {
          if (rest.length > 0) socket.unshift(rest);
          resolve(held.subarray(0, nul));
        });
      } else if (nul >= 0 || held.length >= longestCallHeader) {
        settle(() => reject(new Error("a header without an end")));
      }
    };
    const timer = setTimeout(() => settle(() => reject(new Error(`no header within ${timeoutMs} ms`))), timeoutMs);
    socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd);
  });
}
