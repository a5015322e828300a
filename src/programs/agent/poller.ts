import { extractBlocks } from "../../signed/index.ts";
import type { Clock, CommentMark, CommentSource, Ledger, PostedComment } from "../../work/index.ts";
import type { Logger } from "../logging.ts";

/** What the poller needs. */
export interface PollerParts {
  readonly comments: CommentSource;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly everyMs: number;
  /** Takes a block in whose place is proven, since the comment itself was read. Must not reject for what the block says. */
  readonly takeBlock: (block: string, comment: PostedComment) => Promise<void>;
  readonly onServerTime: (time: Date) => void;
  readonly log: Logger;
}

/**
 * Asks GitHub for comments of the report repository that no call has brought: a delivery that was lost, or that a taken-over receiver
 * withholds. On its very first start it only notes where it is.
 */
export class CommentPoller {
  readonly #parts: PollerParts;
  #running: Promise<boolean> | null = null;
  #lastBegun = 0;

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  /** Polls at once, and then again and again, until the end. */
  async run(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      await this.#poll();
      await this.#parts.clock.sleep(this.#parts.everyMs, end);
    }
  }

  /**
   * Whether a poll that began at `since` or later has succeeded, polling now where none has: before it has, a `Hold` may
   * lie there that nobody brought.
   */
  async polledSince(since: Date): Promise<boolean> {
    // A poll under way may have begun too early: it is waited for, and another one is made.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (this.#lastBegun >= since.getTime()) return true;
      if (!(await this.#poll())) return false;
    }
    return this.#lastBegun >= since.getTime();
  }

  #poll(): Promise<boolean> {
    this.#running ??= this.#pollOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #pollOnce(): Promise<boolean> {
    const { comments, ledger, clock, log, takeBlock, onServerTime } = this.#parts;
    const begun = clock.now().getTime();
    try {
      const mark = readMark(await ledger.fact("comments-cursor"));
      if (mark === null) {
        const first = await comments.mark();
        onServerTime(first.serverTime);
        await ledger.setFact("comments-cursor", writeMark(first.mark));
        log.info({ updatedAt: first.mark.updatedAt }, "first start: comments up to now are the base line");
      } else {
        const found = await comments.after(mark);
        onServerTime(found.serverTime);
        for (const comment of found.comments) {
          if (comment.edited) continue;
          for (const block of extractBlocks(comment.untrustedBody).blocks) await takeBlock(block, comment);
        }
        // Only now: what was read and not taken in would be lost.
        if (found.comments.length > 0) await ledger.setFact("comments-cursor", writeMark(found.mark));
      }
      this.#lastBegun = begun;
      return true;
    } catch (error) {
      log.warn({ err: error }, "GitHub could not be asked for comments");
      return false;
    }
  }
}

function readMark(fact: string | null): CommentMark | null {
  if (fact === null) return null;
  const { updatedAt, ids } = JSON.parse(fact) as { updatedAt: string; ids: number[] };
  return { updatedAt: new Date(updatedAt), ids };
}

function writeMark(mark: CommentMark): string {
  return JSON.stringify({ updatedAt: mark.updatedAt.toISOString(), ids: mark.ids });
}
