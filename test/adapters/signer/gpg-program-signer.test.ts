import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GpgProgramSigner } from "../../../src/adapters/signer/index.ts";
import { type Fingerprint, parseFingerprint } from "../../../src/domain/index.ts";
import type { SignRequest } from "../../../src/promotion/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";

const gpg = new GpgHome();
const directory = mkdtempSync(join(tmpdir(), "rb-sign-"));
let key: Fingerprint;

beforeAll(() => {
  const made = parseFingerprint(gpg.makeKey());
  if (made === null) throw new Error("gpg made no key");
  key = made;
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  gpg.remove();
});

function signer(program = "gpg", limitMs = 120_000): GpgProgramSigner {
  return new GpgProgramSigner({ program, environment: { GNUPGHOME: gpg.directory }, limitMs });
}

function request(more: Partial<SignRequest> = {}): SignRequest {
  return { kind: "detach", encoding: "armored", key, name: "Release", bytes: Buffer.from("some text\n"), ...more };
}

/** A program that answers as the script says. */
function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("a signer that runs a program as gpg is run", () => {
  it("answers detached signatures, armored and binary, and clear-signed texts, that gpg verifies", async () => {
    const file = join(directory, "data");
    writeFileSync(file, request().bytes);
    for (const encoding of ["armored", "binary"] as const) {
      const signature = await signer().sign(request({ encoding }));
      writeFileSync(`${file}.sig`, signature);
      expect(gpg.tryGpg(["--verify", `${file}.sig`, file]).status).toBe(0);
    }
    const clear = await signer().sign(request({ kind: "clear" }));
    expect(gpg.gpg(["--decrypt"], clear).toString()).toBe("some text\n");
  });

  it("answers the public key", async () => {
    const exported = await signer().publicKey(key);
    expect(gpg.gpg(["--with-colons", "--show-keys"], exported).toString()).toContain(key);
  });

  it.each([
    ["fails", "cat >/dev/null; echo no pinentry >&2; exit 2", /ended with status 2: no pinentry/],
    ["answers nothing", "cat >/dev/null", /no signature/],
    ["answers something else", "cat >/dev/null; echo hello", /no signature/],
  ])("says SIGNER_FAILED where the program %s", async (name, text, message) => {
    const failing = signer(script(name.replaceAll(" ", "-"), text)).sign(request());
    await expect(failing).rejects.toMatchObject({ code: "SIGNER_FAILED", message: expect.stringMatching(message) });
  });

  it("says SIGNER_FAILED where the program hangs, or is not there", async () => {
    const hanging = signer(script("hangs", "exec sleep 600"), 200).sign(request());
    await expect(hanging).rejects.toMatchObject({ code: "SIGNER_FAILED" });
    await expect(signer("no-such-program").sign(request())).rejects.toMatchObject({ code: "SIGNER_FAILED" });
  });
});
