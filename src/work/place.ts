import type { CommentPlace, Sha256 } from "../domain/index.ts";
import { eventId } from "./message.ts";
import type { NewOutboxEntry } from "./ports.ts";

/** The outbox channel of comments that are to be fetched, since the receiver's word for where a block was posted is not enough. */
export const placeChannel = "place";

/** A comment to fetch, the block that it must hold, and what it is fetched for. */
export interface PlaceTask {
  readonly place: CommentPlace;
  readonly blockSha256: Sha256;
  readonly purpose: { readonly kind: "message"; readonly key: string } | { readonly kind: "confused" };
}

/** The task as an entry of the outbox. What is not signed rightly has one for each comment, however often it comes. */
export function placeEntry(task: PlaceTask): NewOutboxEntry {
  const words =
    task.purpose.kind === "message"
      ? ["message", task.purpose.key, task.place.comment]
      : ["confused", task.place.comment];
  return {
    id: eventId("p", ...words),
    channel: placeChannel,
    lane: `comment ${task.place.comment}`,
    payload: JSON.stringify(task),
  };
}

/** Reads what {@link placeEntry} wrote into the program's own outbox. */
export function readPlaceTask(payload: string): PlaceTask {
  return JSON.parse(payload) as PlaceTask;
}
