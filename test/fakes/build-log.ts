import type { JobLog, LogOutcome, LogService } from "../../src/build/ports.ts";
import type { LogPath } from "../../src/domain/index.ts";
import type { Announcement } from "../../src/formats/build-log/index.ts";

/** A log that keeps its lines as the agent would send them. */
export class FakeLog implements JobLog {
  readonly lines: string[] = [];
  readonly announced: Announcement[] = [];
  readonly socketPath = "/nowhere/log.socket";
  readonly broken: Promise<string>;
  /** Makes the log service go away. */
  break: (why: string) => void = () => undefined;
  closed: LogOutcome | null = null;
  readonly #path: LogPath;
  #rest = "";

  constructor(path: string) {
    this.#path = path as LogPath;
    this.broken = new Promise((resolve) => {
      this.break = resolve;
    });
  }

  note(text: string): void {
    this.lines.push(`> ${text}`);
  }

  async output(untrustedChunk: Uint8Array): Promise<void> {
    const lines = (this.#rest + Buffer.from(untrustedChunk).toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    this.lines.push(...lines.map((line) => `| ${line}`));
  }

  async announce(announcement: Announcement): Promise<void> {
    this.announced.push(announcement);
  }

  tail(): string {
    return this.lines.slice(-30).join("\n");
  }

  async close(outcome: LogOutcome): Promise<LogPath | null> {
    this.closed = outcome;
    return this.#path;
  }

  get text(): string {
    return this.lines.join("\n");
  }
}

/** Opens {@link FakeLog}s and keeps them. */
export class FakeLogService implements LogService {
  readonly logs: FakeLog[] = [];

  async open(label: string): Promise<FakeLog> {
    const log = new FakeLog(`build-x/${label}/log_${this.logs.length}`);
    this.logs.push(log);
    return log;
  }
}
