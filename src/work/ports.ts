/** What the outbox holds: one thing that must reach somebody else, exactly once, in order for each `lane`. */
export interface OutboxEntry {
  /** Growing; the order of a lane. */
  readonly sequence: number;
  /** Idempotence key, unique in the outbox for ever. */
  readonly id: string;
  /** `github` or `qrexec:QUBE`. */
  readonly channel: string;
  /** Entries of one lane are delivered in order, lanes do not wait for each other: a status issue's title, a qube. */
  readonly lane: string;
  /** What to deliver, as JSON text; its shape is the channel's affair. */
  readonly payload: string;
  /** Earlier tries, and whether the last may have been carried out although no answer came. */
  readonly tries: number;
  readonly ambiguous: boolean;
}

/** What became of the entries of one lane that were handed over together. */
export type DeliveryOutcome =
  /** The first `count` of them are through. */
  | { readonly kind: "delivered"; readonly count: number }
  /** Try again; `ambiguous`: the first may have been carried out. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly ambiguous: boolean; readonly reason: string }
  /** The first can never be delivered (its issue is deleted, say): it is set aside, shown by doctor, and the lane goes on. */
  | { readonly kind: "undeliverable"; readonly reason: string };

/** Delivers one lane's pending entries; may fold several into fewer requests. Never throws. */
export interface Deliverer {
  deliver(entries: readonly [OutboxEntry, ...OutboxEntry[]]): Promise<DeliveryOutcome>;
}
