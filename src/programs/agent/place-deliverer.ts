import { createHash } from "node:crypto";
import { AdapterError, type CommentPlace } from "../../domain/index.ts";
import { extractBlocks } from "../../signed/index.ts";
import {
  backOff,
  type CommentSource,
  type Deliverer,
  type DeliveryOutcome,
  type Ledger,
  type PlaceTask,
  readPlaceTask,
} from "../../work/index.ts";

/** What proving a place needs. */
export interface PlaceParts {
  readonly comments: CommentSource;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly random: () => number;
  readonly onServerTime: (time: Date) => void;
}

const patience = { first: 2000, longest: 300_000 };

/**
 * Proves where a block was posted: the receiver's word does not count, only the comment itself, fetched from our own report
 * repository, unedited, with that very block in it. Otherwise a taken-over receiver could make the bot answer anywhere.
 */
export function placeDeliverer(parts: PlaceParts): Deliverer {
  return {
    async deliver([entry]): Promise<DeliveryOutcome> {
      try {
        await settle(parts, readPlaceTask(entry.payload));
        return { kind: "delivered", count: 1 };
      } catch (error) {
        const reason = error instanceof AdapterError ? `${error.code}: ${error.message}` : String(error);
        return { kind: "retry", afterMs: backOff(entry.tries, parts.random(), patience), ambiguous: false, reason };
      }
    },
  };
}

async function settle(parts: PlaceParts, task: PlaceTask): Promise<void> {
  const { ledger, now } = parts;
  const proven = await isThere(parts, task);
  if (task.purpose.kind === "message") {
    if (proven) await ledger.provePlace(task.purpose.key, task.place, now());
    else await ledger.refutePlace(task.purpose.key, now());
  } else if (proven) await ledger.confuseProven(task.place, now());
}

async function isThere({ comments, onServerTime }: PlaceParts, task: PlaceTask): Promise<boolean> {
  const { comment, serverTime } = await comments.comment(task.place.comment);
  onServerTime(serverTime);
  if (comment === null || comment.edited || !samePlace(comment, task.place)) return false;
  return extractBlocks(comment.untrustedBody).blocks.some((block) => sha256(block) === task.blockSha256);
}

function samePlace(comment: { readonly id: number; readonly issue: number }, place: CommentPlace): boolean {
  return comment.id === place.comment && comment.issue === place.issue;
}

function sha256(block: string): string {
  return createHash("sha256").update(block).digest("hex");
}
