import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SignatureJudge } from "../../../src/adapters/repository/signatures.ts";
import { AdapterError, type Fingerprint } from "../../../src/domain/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";

const bytes = Buffer.from("what a repository says of itself\n");
let gpg: GpgHome;
let key: Fingerprint;
let signature: Buffer;
/** What the signer exports now; how often it was asked. */
let exported: Buffer | null;
let asked: number;
let now: number;
let judge: SignatureJudge;

beforeAll(() => {
  gpg = new GpgHome();
});

afterAll(() => gpg.remove());

beforeEach(() => {
  key = gpg.makeKey() as Fingerprint;
  signature = gpg.gpg(["--detach-sign", "-u", key], bytes);
  exported = gpg.gpg(["--export", key]);
  [asked, now] = [0, 1_800_000_000_000];
  const publicKey = async (): Promise<Uint8Array> => {
    asked += 1;
    if (exported === null) throw new AdapterError("SIGNER_FAILED", "the signer is away");
    return exported;
  };
  judge = new SignatureJudge({ publicKey }, () => new Date(now));
});

const verdict = (): Promise<string | null> => judge.detachedBytes(key, signature, bytes);

describe("a repository's signature", () => {
  it("is judged by the key as the signer has it, asked for again each minute", async () => {
    expect(await Promise.all([verdict(), verdict()])).toEqual([null, null]);
    now += 59_000;
    expect(await verdict()).toBeNull();
    expect(asked).toBe(1);
    now += 2_000;
    expect(await verdict()).toBeNull();
    expect(asked).toBe(2);
  });

  it("is not good once the key is revoked, though it was judged by the former one meanwhile", async () => {
    expect(await verdict()).toBeNull();
    gpg.revokeKey(key);
    exported = gpg.gpg(["--export", key]);
    now += 61_000;
    expect(await verdict()).toBe("the key is revoked");
    expect(await judge.clearSigned(key, gpg.gpg(["--clearsign", "-u", other()], "text\n"))).toEqual({
      wrong: "it is signed by another key",
    });
  });

  it("is good again once the key is there that the former one was not", async () => {
    const right = exported;
    exported = gpg.gpg(["--export", other()]);
    expect(await verdict()).toBe("it is signed by another key");
    exported = right;
    now += 61_000;
    expect(await verdict()).toBeNull();
  });

  it("is not judged where the key cannot be had, and is as soon as it can", async () => {
    expect(await verdict()).toBeNull();
    exported = null;
    now += 61_000;
    await expect(verdict()).rejects.toMatchObject({ code: "SIGNER_FAILED" });
    exported = gpg.gpg(["--export", key]);
    expect(await verdict()).toBeNull();
  });
});

function other(): string {
  return gpg.makeKey();
}
