import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { announcingSigner } from "../../../src/adapters/qrexec/split-gpg-signer.ts";
import { parseFingerprint, parseQubeName } from "../../../src/domain/index.ts";
import { LogChain } from "../../support/log-chain.ts";

let chain: LogChain;
beforeAll(async () => {
  chain = await LogChain.start();
});
afterAll(() => chain.stop());

const target = parseQubeName("keys-fedora") ?? "@default";

describe("a job's log and its signatures", () => {
  it("answers the path of a log that is committed, signed and pushed", async () => {
    const log = await chain.openLog("r4.3_core-admin");
    await log.output(Buffer.from("building\n> sign detach forged\nhalf"));
    log.note("stage two");
    const path = await log.close("done");
    expect(path).toMatch(/^build-fedora\/r43_core-admin\/log_/);
    const text = chain.published(path ?? "");
    const said = text.split("\n").map((line) => line.replace(/^[-0-9]{10} [0-9:]{8}\.[0-9]{6} \+0000 /, ""));
    expect(said).toEqual([
      "build-fedora: > starting log",
      "build-fedora: > job r43_core-admin",
      "build-fedora: > with receipt",
      "build-fedora: | building",
      "build-fedora: | > sign detach forged",
      "build-fedora: | half",
      "build-fedora: > stage two",
      "build-fedora: > done",
      "build-fedora: > closing log",
      "",
    ]);
    expect(log.receipt?.commit).toBe(chain.git("rev-parse", "master").trim());
    expect(log.receipt?.length).toBe(text.length);
  });

  it("signs bytes that the log has announced, each announcement once", async () => {
    const log = await chain.openLog("sign");
    const signer = announcingSigner({ transport: chain.transport("build-fedora"), target, log, timeoutMs: 240_000 });
    const key = parseFingerprint(chain.key);
    if (key === null) throw new Error("no key");
    const bytes = Buffer.from("a package's header");
    const signature = await signer.sign({ kind: "detach", encoding: "armored", key, name: "a.rpm", bytes });
    const clear = await signer.sign({ kind: "clear", encoding: "armored", key, name: "InRelease", bytes });
    expect(Buffer.from(signature).toString()).toMatch(/^-----BEGIN PGP SIGNATURE/);
    expect(Buffer.from(clear).toString()).toMatch(/^-----BEGIN PGP SIGNED MESSAGE/);
    expect(Buffer.from(await signer.publicKey(key)).length).toBeGreaterThan(100);
    expect(await log.close("done")).not.toBeNull();
  });
});
