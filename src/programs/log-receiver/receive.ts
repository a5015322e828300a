/** One log from its first byte to its answer, and one that an earlier run left behind. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LogLimits, type OpenLogs, RunningLog } from "../../adapters/logs/index.ts";
import type { IncomingCall } from "../../adapters/qrexec/index.ts";
import type { LogPath, QubeName } from "../../domain/index.ts";
import { parseQubeName } from "../../domain/index.ts";
import { reduceLabel } from "../../formats/build-log/index.ts";
import type { CommittedCheckpoint, CommittedLog, Committer } from "./committer.ts";
import type { Pusher } from "./pusher.ts";

/** What receiving needs. */
export interface Reception {
  /** Where the logs lie by their paths. */
  readonly directory: string;
  readonly open: OpenLogs;
  readonly committer: Committer;
  readonly pusher: Pusher;
  /** Whether the repository has anything under that name. */
  readonly taken: (path: LogPath) => Promise<boolean>;
  /** Whether the log itself has been committed. */
  readonly committed: (path: LogPath) => Promise<boolean>;
  readonly limits: LogLimits;
  readonly checkpointMs: number;
  readonly pushWaitMs: number;
  readonly now: () => number;
  /** A log that was received whole is acknowledged too: environments in `mode: log` rest on it. */
  readonly onClosed: (checkpoint: CommittedCheckpoint) => void;
  /** A log is committed: it can be compressed. */
  readonly onKept: (log: RunningLog, ending: Ending, committed: CommittedLog) => void;
  readonly onFault: (fault: unknown) => void;
}

/** How a log ended, as its commit says it. */
export type Ending = "closed" | "ended without closing" | "over its limit";

const sentences: Readonly<Record<Ending, string>> = {
  closed: "closing log",
  "ended without closing": "log ended without closing",
  "over its limit": "log over its limit, what follows is not kept",
};

/** Serves one call of `qubesbuilder.BuildLog[+LABEL]`; `running` holds the paths of the logs under way. */
export async function receiveLog(reception: Reception, call: IncomingCall, running: Set<string>): Promise<void> {
  const identity = {
    directory: reception.directory,
    caller: call.source,
    now: reception.now,
    limits: reception.limits,
  };
  const { taken, open } = reception;
  const log = await RunningLog.create(identity, reduceLabel(call.untrustedArgument), {
    taken,
    mark: (path) => {
      if (!open.add(path)) return false;
      running.add(path);
      return true;
    },
    unmark: (path) => {
      open.remove(path);
      running.delete(path);
    },
  });
  try {
    log.say("starting log");
    const ending = await take(reception, log, call);
    const committed = await close(reception, log, ending);
    call.output.write(`${log.path}\n`);
    if (log.wantsReceipt) {
      const { length, sha256, commit } = committed;
      call.output.write(`${JSON.stringify({ length, sha256, commit })}\n`);
    }
    call.output.end();
    reception.onKept(log, ending, committed);
  } catch (error) {
    // No path: the caller knows that the log is not safe. It stays marked as open, and is tried again.
    call.output.destroy();
    throw error;
  } finally {
    running.delete(log.path);
    reception.committer.forget(log);
    log.release();
  }
}

/** Closes and commits what an earlier run, or a full disk, left open. */
export async function recoverLog(reception: Reception, path: LogPath): Promise<void> {
  const caller: QubeName | null = parseQubeName(path.split("/")[0] ?? "");
  if (caller === null) return;
  const { directory, now, limits } = reception;
  // Committed already, but for its mark; or marked, and nothing of it has come.
  if ((await reception.committed(path)) || !existsSync(join(directory, path))) return reception.open.remove(path);
  const log = RunningLog.reopen({ directory, caller, now, limits }, path);
  try {
    await reception.committer.remember(log);
    const committed = await close(reception, log, "ended without closing");
    reception.onKept(log, "ended without closing", committed);
  } finally {
    reception.committer.forget(log);
    log.release();
  }
}

async function take(reception: Reception, log: RunningLog, call: IncomingCall): Promise<Ending> {
  const checkpoint = (): void => {
    reception.committer.checkpoint(log).catch(reception.onFault);
  };
  const timer = setInterval(checkpoint, reception.checkpointMs);
  try {
    for await (const chunk of call.input as AsyncIterable<Buffer>) {
      log.take(chunk);
      if (log.takeUrgency()) checkpoint();
      if (log.exhausted) return "over its limit";
    }
    if (log.dropped > 0) return "over its limit";
    return log.ending === "closed" ? "closed" : "ended without closing";
  } catch (error) {
    // A broken stream is a sender that died; a disk that takes nothing is our own failure.
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") {
      return "ended without closing";
    }
    throw error;
  } finally {
    clearInterval(timer);
  }
}

async function close(reception: Reception, log: RunningLog, ending: Ending): Promise<CommittedLog> {
  const { committer, pusher } = reception;
  if (log.takeUrgency()) await committer.checkpoint(log);
  // Known to fail: said before the log is closed, and nobody waits to see it fail once more.
  const knownPending = pusher.failing;
  if (log.dropped > 0) log.say(`${log.dropped} bytes over the limit are not kept`);
  if (knownPending) log.say("push pending");
  log.say(sentences[ending]);
  let committed = await committer.whole(log, ending);
  if (!knownPending && !(await pusher.pushed(committed, reception.pushWaitMs))) {
    log.say("push pending");
    committed = await committer.whole(log, `${ending}, push pending`);
  }
  reception.open.remove(log.path);
  if (ending === "closed") {
    const { length, sha256, commit } = committed;
    reception.onClosed({ ...committed, log, checkpoint: { log: log.path, length, sha256, commit }, announcements: [] });
  }
  return committed;
}
