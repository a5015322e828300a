/**
 * The unix socket on which `release-bot gpg-client`, started by a tool of the agent's (rpmsign, git), announces into the
 * job's log. It lies in a directory of the agent's own, which no build can reach: whoever can write here can announce.
 */
import { chmodSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { AdapterError } from "../../domain/index.ts";
import { type Announcement, parseAnnouncement, renderAnnouncement } from "../../formats/build-log/index.ts";

/** Linux's limit for the path of a unix socket. */
const longestPath = 107;
const longestRequest = 2048;
const answerTimeoutMs = 60_000;

/** A socket that listens until it is closed. */
export interface AnnounceSocket {
  readonly path: string;
  close(): void;
}

/** Listens at `path`; each connection carries one announcement line and is answered `announced` or `refused REASON`. */
export async function listenForAnnouncements(
  path: string,
  announce: (announcement: Announcement) => Promise<void>,
): Promise<AnnounceSocket> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new AdapterError("CONFIGURATION", `${path}: too long for a unix socket (${longestPath} bytes at most)`);
  }
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    void answer(socket, announce);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new AdapterError("CONFIGURATION", `${path}: cannot listen here`, cause)));
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    path,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      rmSync(path, { force: true });
    },
  };
}

async function answer(socket: Socket, announce: (announcement: Announcement) => Promise<void>): Promise<void> {
  let text = "";
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      text += chunk.toString("latin1");
      if (text.includes("\n") || text.length > longestRequest) break;
    }
    const announcement = text.endsWith("\n") ? parseAnnouncement(text.slice(0, -1)) : null;
    if (announcement === null) socket.end("refused no announcement\n");
    else {
      await announce(announcement);
      socket.end("announced\n");
    }
  } catch (error) {
    if (!socket.destroyed) socket.end(`refused ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Announces at another process' socket. Throws AdapterError where the log does not take it. */
export async function announceAt(path: string, announcement: Announcement): Promise<void> {
  const socket = createConnection({ path, allowHalfOpen: true });
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error("no answer")));
  let said = "";
  try {
    socket.write(`${renderAnnouncement(announcement)}\n`);
    for await (const chunk of socket as AsyncIterable<Buffer>) said += chunk.toString("latin1");
  } catch (cause) {
    throw new AdapterError("UNREACHABLE", `${path}: the job's log cannot be reached`, cause);
  } finally {
    socket.destroy();
  }
  if (said !== "announced\n") {
    throw new AdapterError("DENIED", `the job's log does not take the announcement: ${said.trim() || "no answer"}`);
  }
}
