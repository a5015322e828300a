import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AdapterError, parseSha256, type Sha256 } from "../../../src/domain/index.ts";
import { placeDeliverer } from "../../../src/programs/agent/place-deliverer.ts";
import {
  type CommentSource,
  type Ledger,
  type OutboxEntry,
  type PostedComment,
  placeEntry,
} from "../../../src/work/index.ts";

const now = new Date("2026-11-23T10:00:00Z");
const block = "-----BEGIN PGP SIGNED MESSAGE-----\nwords\n-----END PGP SIGNATURE-----\n";
const place = { issue: 7, comment: 1001 };

function digest(text: string): Sha256 {
  const sha256 = parseSha256(createHash("sha256").update(text).digest("hex"));
  if (sha256 === null) throw new Error("no digest");
  return sha256;
}

const there: PostedComment = {
  id: 1001,
  issue: 7,
  author: "maintainer",
  untrustedBody: `Please:\r\n${block.replaceAll("\n", "\r\n")}`,
  createdAt: now,
  updatedAt: now,
  edited: false,
};

async function deliver(comment: PostedComment | null | "down", purpose: "message" | "confused" = "message") {
  const done: string[] = [];
  const ledger = {
    provePlace: async (key: string) => void done.push(`proven ${key}`),
    refutePlace: async (key: string) => void done.push(`refuted ${key}`),
    confuseProven: async () => void done.push("confused"),
  } as unknown as Ledger;
  const comments = {
    comment: async () => {
      if (comment === "down") throw new AdapterError("UNREACHABLE", "GitHub is down");
      return { comment, serverTime: now };
    },
  } as unknown as CommentSource;
  const what = purpose === "message" ? ({ kind: "message", key: "K" } as const) : ({ kind: "confused" } as const);
  const entry: OutboxEntry = {
    ...placeEntry({ place, blockSha256: digest(block), purpose: what }),
    sequence: 1,
    tries: 0,
    ambiguous: false,
  };
  const deliverer = placeDeliverer({ comments, ledger, now: () => now, random: () => 0, onServerTime: () => {} });
  return { outcome: await deliverer.deliver([entry]), done };
}

describe("the receiver's word for where a block was posted", () => {
  it("counts once the comment itself was fetched and holds that very block", async () => {
    expect(await deliver(there)).toEqual({ outcome: { kind: "delivered", count: 1 }, done: ["proven K"] });
    expect((await deliver(there, "confused")).done).toEqual(["confused"]);
  });

  it.each([
    ["there is no such comment", null],
    ["the comment was edited", { ...there, edited: true }],
    ["the comment is on another issue", { ...there, issue: 8 }],
    ["the comment holds another block", { ...there, untrustedBody: block.replace("words", "other") }],
    ["the comment only quotes the block", { ...there, untrustedBody: block.replace(/^/gm, "> ") }],
  ])("does not count where %s", async (_why, comment) => {
    expect((await deliver(comment)).done).toEqual(["refuted K"]);
    expect((await deliver(comment, "confused")).done).toEqual([]);
  });

  it("waits while GitHub cannot be asked", async () => {
    const { outcome, done } = await deliver("down");
    expect(outcome).toMatchObject({ kind: "retry" });
    expect(done).toEqual([]);
  });
});
