import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  commentPayload,
  pushPayload,
  type RunningReceiver,
  startReceiver,
  webhookSignature,
} from "../../support/running-receiver.ts";

const pushPath = "/github-hooks/trigger-build";
const commentPath = "/github-hooks/process-comment";
const block = (text: string): string =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----`;

const delivered = (receiver: RunningReceiver, count: number): Promise<void> =>
  expect.poll(() => receiver.calls.length).toBe(count) as unknown as Promise<void>;

/** Nothing more comes: what was taken is through, and a moment has passed. */
async function nothingDelivered(receiver: RunningReceiver): Promise<void> {
  await pause(50);
  expect(receiver.calls).toEqual([]);
}

describe("a webhook that is signed rightly", () => {
  it.each([pushPath, "/api/services/trigger_build"])("hands a push on to every build qube, by %s", async (path) => {
    const receiver = await startReceiver({ buildVms: ["# build qubes", "", "build-a", " build-b ", "build-a"] });
    expect(await receiver.post(path, "push", pushPayload())).toBe(202);
    await delivered(receiver, 2);
    expect(receiver.calls.map(({ target, service, argument, input }) => [target, service, argument, input])).toEqual(
      expect.arrayContaining([
        ["build-a", "qubesbuilder.TriggerBuild", "core-admin", ""],
        ["build-b", "qubesbuilder.TriggerBuild", "core-admin", ""],
      ]),
    );
  });

  it.each([commentPath, "/api/services/process_comment"])("hands each signed block on, by %s", async (path) => {
    const receiver = await startReceiver();
    const body = `Überall ok?\r\n\r\n${block("one").replaceAll("\n", "\r\n")}\r\nand\r\n${block("two")}   \r\n> ${block("quoted")}`;
    expect(await receiver.post(path, "issue_comment", commentPayload(body))).toBe(202);
    await delivered(receiver, 2);
    expect(receiver.calls.map(({ argument, input }) => [argument, input])).toEqual([
      ["7.4711", `${block("one")}\n`],
      ["7.4711", `${block("two")}\n`],
    ]);
  });

  it("says no place for a comment outside of the report repository", async () => {
    const receiver = await startReceiver();
    await receiver.post(commentPath, "issue_comment", commentPayload(block("one"), {}, "qubes-core-admin"));
    await delivered(receiver, 1);
    expect(receiver.calls[0]?.argument).toBe("");
  });

  it.each([
    ["a deleted branch", pushPath, "push", pushPayload({ deleted: true })],
    ["another owner's repository", pushPath, "push", pushPayload({}, "qubes-core-admin", "mallory")],
    ["a ref that is neither branch nor tag", pushPath, "push", pushPayload({ ref: "refs/pull/1/head" })],
    ["a repository's name that is an option", pushPath, "push", pushPayload({}, "--help")],
    ["a repository's name with a shell in it", pushPath, "push", pushPayload({}, "x;touch$IFS-pwned")],
    ["another event", pushPath, "watch", pushPayload()],
    ["a push at the comments' path", commentPath, "push", pushPayload()],
    ["a comment at the pushes' path", pushPath, "issue_comment", commentPayload(block("one"))],
    ["an edited comment", commentPath, "issue_comment", commentPayload(block("one"), { action: "edited" })],
    ["a deleted comment", commentPath, "issue_comment", commentPayload(block("one"), { action: "deleted" })],
    ["a comment without a block", commentPath, "issue_comment", commentPayload("Thanks!")],
    [
      "an indented block",
      commentPath,
      "issue_comment",
      commentPayload(`    ${block("one").replaceAll("\n", "\n    ")}`),
    ],
    ["a block that is not ASCII", commentPath, "issue_comment", commentPayload(block("Uplo\u00e4d"))],
  ])("answers 202 and does nothing for %s", async (_what, path, event, body) => {
    const receiver = await startReceiver();
    expect(await receiver.post(path, event, body)).toBe(202);
    await nothingDelivered(receiver);
  });

  it("takes pushes of listed branches only where branches are listed, and of tags always", async () => {
    const receiver = await startReceiver({ branches: ["release4.3"] });
    await receiver.post(pushPath, "push", pushPayload());
    await receiver.post(pushPath, "push", pushPayload({ ref: "refs/heads/release4.3" }, "qubes-a"));
    await receiver.post(pushPath, "push", pushPayload({ ref: "refs/tags/v1" }, "qubes-b"));
    await delivered(receiver, 2);
    expect(receiver.calls.map(({ argument }) => argument)).toEqual(["a", "b"]);
  });

  it("runs a redelivery once, whatever its delivery id says", async () => {
    const receiver = await startReceiver();
    const body = commentPayload(block("one"));
    for (const id of ["one", "two", "three"]) {
      expect(await receiver.post(commentPath, "issue_comment", body, { "x-github-delivery": id })).toBe(202);
    }
    await delivered(receiver, 1);
    await pause(50);
    expect(receiver.calls.length).toBe(1);
  });

  it("is malformed with 400 where it is not JSON, or not of GitHub's shape", async () => {
    const receiver = await startReceiver();
    expect(await receiver.post(pushPath, "push", "{")).toBe(400);
    expect(await receiver.post(pushPath, "push", "[]")).toBe(400);
    expect(await receiver.post(pushPath, "push", '{"ref": 1}')).toBe(400);
    expect(await receiver.post(pushPath, "push", pushPayload())).toBe(202);
  });

  it("is never held by 65,000 blanks in a comment", async () => {
    const receiver = await startReceiver();
    const begun = process.cpuUsage();
    const body = `${block("one")}${" ".repeat(65_000)}\n${" ".repeat(65_000)}PGP SIGNED MESSAGE`;
    expect(await receiver.post(commentPath, "issue_comment", commentPayload(body))).toBe(202);
    expect(process.cpuUsage(begun).user / 1000).toBeLessThan(1000);
  });
});

describe("a webhook that cannot be made durable", () => {
  it.each([
    ["the list of build qubes is missing", null],
    ["the list is empty", ["# nobody"]],
    ["a line of the list is no qube's name", ["build-a", "--help"]],
  ])("is answered 503 where %s, and taken when it is mended", async (_what, buildVms) => {
    const receiver = await startReceiver({ buildVms });
    expect(await receiver.post(pushPath, "push", pushPayload())).toBe(503);
    writeFileSync(receiver.buildVmsList, "build-a\n");
    expect(await receiver.post(pushPath, "push", pushPayload())).toBe(202);
    await delivered(receiver, 1);
    rmSync(receiver.buildVmsList);
  });
});

describe("a sender who is not GitHub", () => {
  it.each([
    ["no signature", ""],
    ["a signature by another secret", webhookSignature(pushPayload(), "development")],
    ["the old kind of signature", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["a signature that is cut off", webhookSignature(pushPayload()).slice(0, -1)],
  ])("is answered 401 with %s", async (_what, signature) => {
    const receiver = await startReceiver();
    expect(await receiver.post(pushPath, "push", pushPayload(), { "x-hub-signature-256": signature })).toBe(401);
    await nothingDelivered(receiver);
  });

  it("gets 404 elsewhere, 405 for another method, 415 for a form", async () => {
    const receiver = await startReceiver();
    expect(await receiver.post("/", "push", pushPayload())).toBe(404);
    expect(await receiver.post("/toString", "push", pushPayload())).toBe(404);
    const got = await fetch(`http://127.0.0.1:${receiver.port}${pushPath}`);
    expect(got.status).toBe(405);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(await receiver.post(pushPath, "push", pushPayload(), form)).toBe(415);
  });

  it("gets 413 over 1 MiB, before the body is read or signed", async () => {
    const receiver = await startReceiver();
    const sending = request({
      port: receiver.port,
      path: pushPath,
      method: "POST",
      headers: { "content-length": 1 << 21 },
    });
    sending.on("error", () => {});
    sending.flushHeaders();
    const [answer] = await once(sending, "response");
    expect(answer.statusCode).toBe(413);
    sending.destroy();
  });

  it("gets 413 over 1 MiB of chunks", async () => {
    const receiver = await startReceiver();
    const sending = request({ port: receiver.port, path: pushPath, method: "POST" });
    sending.on("error", () => {});
    const answered = once(sending, "response");
    for (let sent = 0; sent < 1.2 * (1 << 20); sent += 65_536) sending.write(Buffer.alloc(65_536, 0x20));
    const [answer] = await answered;
    expect(answer.statusCode).toBe(413);
    sending.destroy();
  });

  it.each([
    ["says nothing", ""],
    ["stops in the middle of its headers", "POST /github-hooks/trigger-build HTTP/1.1\r\nHost: x\r\n"],
    ["stops in the middle of its body", `POST ${pushPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`],
  ])("is dropped where it %s", async (_what, said) => {
    const receiver = await startReceiver({ limits: { headersMs: 300, requestMs: 400, idleMs: 300 } });
    const socket = connect(receiver.port, "127.0.0.1");
    socket.on("error", () => {}).resume();
    await once(socket, "connect");
    socket.write(said);
    await once(socket, "close", { signal: AbortSignal.timeout(40_000) });
  });
});

describe("a build qube that cannot take a call", () => {
  it("is tried again until it answers taken, and holds up no other", async () => {
    let hung = 0;
    const receiver = await startReceiver({
      buildVms: ["hung", "off", "well"],
      callTimeoutSeconds: 2,
      answer: ({ target }) => {
        if (target === "off")
          return receiver.calls.filter((call) => call.target === "off").length < 2
            ? { stdout: "", exit: 126 }
            : { stdout: "taken\n", exit: 0 };
        if (target === "hung" && hung++ === 0) return "hang";
        return { stdout: "taken\n", exit: 0 };
      },
    });
    await receiver.post(pushPath, "push", pushPayload());
    await expect.poll(() => receiver.calls.some(({ target }) => target === "well"), { interval: 5 }).toBe(true);
    expect(receiver.calls.filter(({ target }) => target === "hung").length).toBeLessThan(2);
    await expect.poll(() => receiver.store.outbox.counts().pending).toBe(0);
    expect(receiver.calls.filter(({ target }) => target === "well").length).toBe(1);
    expect(receiver.calls.filter(({ target }) => target === "off").length).toBe(2);
    expect(receiver.calls.filter(({ target }) => target === "hung").length).toBe(2);
  });

  it("does not count as told by any other answer than taken", async () => {
    const answers = ["taken", "taken\n\n", "TAKEN\n", "no\n", "taken\n"];
    const receiver = await startReceiver({ answer: () => ({ stdout: answers.shift() ?? "", exit: 0 }) });
    await receiver.post(pushPath, "push", pushPayload());
    await delivered(receiver, 1);
    await pause(100);
    expect(receiver.store.outbox.counts()).toEqual({ pending: 1, aside: 0 });
  });
});
