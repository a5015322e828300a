import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqv } from "../../../src/adapters/verifier/index.ts";
import { AdapterError } from "../../../src/domain/index.ts";
import type { OpinionQuestion } from "../../../src/signed/index.ts";
import { takeApart } from "../../support/clear-signed.ts";
import { GpgHome } from "../../support/gpg-home.ts";

let home: GpgHome;
let directory: string;
let key: string;
let question: OpinionQuestion;
beforeAll(() => {
  home = new GpgHome();
  directory = mkdtempSync(join(tmpdir(), "sqv-"));
  key = home.makeKey();
  question = ask("Hold x");
});
afterAll(() => {
  home.remove();
  rmSync(directory, { recursive: true, force: true });
});

function ask(text: string, keyring: Uint8Array = home.gpg(["--export", key])): OpinionQuestion {
  const { packets } = takeApart(home.clearSign(`${text}\n`, { key }));
  return { text: Buffer.from(text), signature: packets, keyring, notAfter: new Date(Date.now() + 300_000) };
}

const open = (program = "sqv", limitMs = 120_000) =>
  openSqv({ program, directory: join(directory, "scratch"), limitMs });

/** A program in sqv's place. */
function standIn(name: string, script: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("sqv's opinion", () => {
  it("is good for a good signature, and names the primary key", async () => {
    expect(await (await open()).judge(question)).toEqual({ verdict: "good", signer: key });
  });

  it("is bad for another text, a stranger and a signature from later than allowed", async () => {
    const sqv = await open();
    const stranger = home.gpg(["--export", home.makeKey()]);
    expect(await sqv.judge({ ...question, text: Buffer.from("Hold y") })).toMatchObject({ verdict: "bad" });
    expect(await sqv.judge({ ...question, keyring: stranger })).toMatchObject({ verdict: "bad" });
    expect(await sqv.judge({ ...question, keyring: new Uint8Array() })).toMatchObject({ verdict: "bad" });
    expect(await sqv.judge({ ...question, notAfter: new Date("2020-01-01T00:00:00Z") })).toMatchObject({
      verdict: "bad",
    });
    expect(await sqv.judge({ ...question, signature: Buffer.from("nonsense") })).toMatchObject({ verdict: "bad" });
  });

  it("goes by the keys that are given now: a key that was removed is trusted no more", async () => {
    const sqv = await open();
    const stranger = home.gpg(["--export", home.makeKey()]);
    expect(await sqv.judge(question)).toMatchObject({ verdict: "good" });
    expect(await sqv.judge({ ...question, keyring: stranger })).toMatchObject({ verdict: "bad" });
    expect(await sqv.judge(question)).toMatchObject({ verdict: "good" });
  });

  it("is given on many messages at once", async () => {
    const sqv = await open();
    const good = Array.from({ length: 8 }, (_, index) => ask(`Hold ${index}`, question.keyring));
    const asked = good.flatMap((one) => [one, { ...one, text: Buffer.from("Hold z") }]);
    const opinions = await Promise.all(asked.map((one) => sqv.judge(one)));
    expect(opinions.map(({ verdict }) => verdict)).toEqual(good.flatMap(() => ["good", "bad"]));
  });

  it("leaves none of its files but the keyring", async () => {
    await (await open()).judge(question);
    expect(readdirSync(join(directory, "scratch")).filter((name) => !name.endsWith(".keyring"))).toEqual([]);
  });

  it.each([
    ["exit status 0 without a fingerprint", "exit 0"],
    ["exit status 0 with something else", "echo Good"],
    ["exit status 0 with two fingerprints", `echo ${"A".repeat(40)}; echo ${"A".repeat(40)}`],
    ["a fingerprint with exit status 1", `echo ${"A".repeat(40)}; exit 1`],
  ])("is bad when it is not understood: %s", async (_name, script) => {
    const sqv = await open(standIn("odd", script));
    expect(await sqv.judge(question)).toMatchObject({ verdict: "bad" });
  });
});

describe("sqv as a program", () => {
  const fault = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "none",
      (error: unknown) => (error instanceof AdapterError ? error.code : String(error)),
    );

  it("stops the start when it is missing", async () => {
    expect(await fault(open(join(directory, "no-such-sqv")))).toBe("TOOL_MISSING");
  });

  it("is nobody's verdict when it hangs or dies: the message waits", async () => {
    const hanging = await open(standIn("hanging", "exec sleep 600"), 3_000);
    expect(await fault(hanging.judge(question))).toBe("TIMEOUT");
    const dying = await open(standIn("dying", "kill -9 $$"));
    expect(await fault(dying.judge(question))).toBe("EXIT_STATUS");
  });

  it("may say much without filling a pipe or our memory", async () => {
    const talking = await open(standIn("talking", "head -c 4000000 /dev/zero; head -c 4000000 /dev/zero >&2; exit 1"));
    expect(await talking.judge(question)).toMatchObject({ verdict: "bad" });
  });
});
