import { describe, expect, it } from "vitest";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import { AdapterError } from "../../../src/domain/index.ts";
import { CommentPoller } from "../../../src/programs/agent/poller.ts";
import { programLog } from "../../../src/programs/logging.ts";
import type { CommentSource, PostedComment } from "../../../src/work/index.ts";
import { SettableClock } from "../../fakes/settable-clock.ts";

const start = new Date("2026-11-23T10:00:00Z");
const block = (text: string): string => `-----BEGIN PGP SIGNED MESSAGE-----\n${text}\n-----END PGP SIGNATURE-----`;

/** A report repository of the test's own, and a poller that reads it. */
function polling() {
  const clock = new SettableClock(start);
  const store = openAgentStore(":memory:", () => []);
  const comments: PostedComment[] = [];
  let down = false;
  const guard = (): void => {
    if (down) throw new AdapterError("UNREACHABLE", "GitHub is down");
  };
  const source: CommentSource = {
    mark: async () => {
      guard();
      return { mark: { updatedAt: clock.now(), ids: comments.map(({ id }) => id) }, serverTime: clock.now() };
    },
    after: async (mark) => {
      guard();
      const newer = comments.filter(
        ({ id, updatedAt }) => updatedAt > mark.updatedAt || (updatedAt >= mark.updatedAt && !mark.ids.includes(id)),
      );
      const ids = [...mark.ids, ...newer.map(({ id }) => id)];
      return {
        comments: newer,
        mark: { updatedAt: newer.at(-1)?.updatedAt ?? mark.updatedAt, ids },
        serverTime: clock.now(),
      };
    },
    comment: async () => ({ comment: null, serverTime: clock.now() }),
    labels: async () => null,
  };
  const taken: string[] = [];
  let refuse = false;
  const log = programLog("test");
  log.level = "silent";
  const make = (): CommentPoller =>
    new CommentPoller({
      comments: source,
      ledger: store.ledger,
      clock,
      everyMs: 60_000,
      takeBlock: async (text, { id }) => {
        if (refuse) throw new AdapterError("DISK_FULL", "no space left");
        taken.push(`${id} ${text.split("\n")[1]}`);
      },
      onServerTime: () => {},
      log,
    });
  const post = (id: number, body: string, edited = false): void => {
    const at = clock.now();
    comments.push({ id, issue: 1, author: "m", untrustedBody: body, createdAt: at, updatedAt: at, edited });
  };
  return {
    clock,
    taken,
    make,
    post,
    poller: make(),
    github: (state: "up" | "down") => {
      down = state === "down";
    },
    disk: (state: "free" | "full") => {
      refuse = state === "full";
    },
  };
}

describe("the agent's own look at comments", () => {
  it("takes the comments that are there at its first start as the base line, and runs nothing of them", async () => {
    const { poller, post, taken, clock } = polling();
    post(1, block("old"));
    expect(await poller.polledSince(clock.now())).toBe(true);
    clock.advance(1000);
    post(2, block("new"));
    expect(await poller.polledSince(clock.now())).toBe(true);
    expect(taken).toEqual(["2 new"]);
  });

  it("takes in each block of a comment that no call brought, once", async () => {
    const { poller, post, taken, clock } = polling();
    await poller.polledSince(clock.now());
    clock.advance(1000);
    post(2, `${block("one")}\r\nand\r\n${block("two")}`);
    await poller.polledSince(clock.now());
    clock.advance(1000);
    await poller.polledSince(clock.now());
    expect(taken).toEqual(["2 one", "2 two"]);
  });

  it("never takes an edited comment", async () => {
    const { poller, post, taken, clock } = polling();
    await poller.polledSince(clock.now());
    clock.advance(1000);
    post(2, block("edited"), true);
    await poller.polledSince(clock.now());
    expect(taken).toEqual([]);
  });

  it("goes on where it was after a restart", async () => {
    const { poller, make, post, taken, clock } = polling();
    await poller.polledSince(clock.now());
    clock.advance(1000);
    post(2, block("while it was down"));
    clock.advance(1000);
    expect(await make().polledSince(clock.now())).toBe(true);
    expect(taken).toEqual(["2 while it was down"]);
  });

  it("says that it has not polled while GitHub cannot be asked, and has lost nothing afterwards", async () => {
    const { poller, post, taken, clock, github } = polling();
    await poller.polledSince(clock.now());
    clock.advance(1000);
    post(2, block("Hold"));
    github("down");
    expect(await poller.polledSince(clock.now())).toBe(false);
    github("up");
    expect(await poller.polledSince(clock.now())).toBe(true);
    expect(taken).toEqual(["2 Hold"]);
  });

  it("reads again what it could not take in", async () => {
    const { poller, post, taken, clock, disk } = polling();
    await poller.polledSince(clock.now());
    clock.advance(1000);
    post(2, block("Hold"));
    disk("full");
    expect(await poller.polledSince(clock.now())).toBe(false);
    disk("free");
    expect(await poller.polledSince(clock.now())).toBe(true);
    expect(taken).toEqual(["2 Hold"]);
  });

  it("does not take a poll that began before the command for one after it", async () => {
    const { poller, post, taken, clock } = polling();
    await poller.polledSince(clock.now());
    const came = new Date(clock.now().getTime() + 1);
    clock.advance(1000);
    post(2, block("Hold"));
    expect(await poller.polledSince(came)).toBe(true);
    expect(taken).toEqual(["2 Hold"]);
  });
});
