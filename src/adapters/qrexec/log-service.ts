import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { JobLog, LogService } from "../../build/ports.ts";
import { AdapterError, type TraceId } from "../../domain/index.ts";
import { reduceLabel, renderTraceLine } from "../../formats/build-log/index.ts";
import { listenForAnnouncements } from "./announce-socket.ts";
import { type LogReceipt, QrexecJobLog } from "./log-service-job.ts";
import type { QrexecTransport } from "./transport.ts";

/** How logs are sent from this qube. */
export interface LogServiceOptions {
  readonly transport: QrexecTransport;
  /** Where each log's announcement socket lies: a directory of the agent's own, mode 0700, with a short path. */
  readonly socketDirectory: string;
  /** How long {@link JobLog.close} waits for the log's path; beyond that the log is called late or lost. */
  readonly closeTimeoutMs: number;
  /** How long the log service may leave lines untaken before the log is called broken. 60 s unless a test is in a hurry. */
  readonly stallTimeoutMs?: number;
  /**
   * How long a call is watched for its end before the log counts as open: one that the policy refuses, or that nobody serves,
   * ends at once, and one that ends later breaks the log. 50 ms unless a test is on a slow machine.
   */
  readonly refusalMs?: number;
  /** Bytes of output after which a build is ended, unsigned: 1 GiB. */
  readonly limitBytes?: number;
}

/** A job's log as this adapter makes it: it can also say what exactly was received. */
export interface ReceiptedLog extends JobLog {
  /** After `close`: the log's length, digest and commit as the logs qube answered them; null where it did not. */
  readonly receipt: LogReceipt | null;
}

/** A {@link LogService} whose logs can say what was received. */
export interface ReceiptedLogService extends LogService {
  open(label: string, trace: TraceId | null): Promise<ReceiptedLog>;
}

const limitBytes = 1024 * 1024 * 1024;

/** Opens logs at the logs qube: `qubesbuilder.BuildLog`, which dom0's policy sends to the environment's own. */
export function openLogService(options: LogServiceOptions): ReceiptedLogService {
  return {
    async open(label: string, trace: TraceId | null): Promise<ReceiptedLog> {
      const argument = reduceLabel(label);
      const connection = options.transport.open({ target: "dom0", service: "qubesbuilder.BuildLog", argument });
      const log = new QrexecJobLog(connection, trace, {
        closeTimeoutMs: options.closeTimeoutMs,
        stallTimeoutMs: options.stallTimeoutMs ?? 60_000,
        limitBytes: options.limitBytes ?? limitBytes,
      });
      // A first line of the agent's own also tells the receiver that this sender will say how the job ended.
      log.note(`job ${argument}`);
      log.note("with receipt");
      if (trace !== null) log.note(renderTraceLine(trace));
      const early = await Promise.race([
        log.broken,
        new Promise<null>((resolve) => setTimeout(() => resolve(null), options.refusalMs ?? 50)),
      ]);
      if (early !== null) throw new AdapterError("UNREACHABLE", `no log can be had: ${early}`);
      const path = join(options.socketDirectory, `log-${randomBytes(6).toString("hex")}.sock`);
      try {
        log.socket = await listenForAnnouncements(path, (announcement) => log.announce(announcement));
      } catch (error) {
        connection.kill();
        throw error;
      }
      return log;
    },
  };
}
