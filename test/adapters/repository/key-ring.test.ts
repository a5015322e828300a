import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keyRingOf } from "../../../src/adapters/repository/rpm/key-ring.ts";
import { GpgHome } from "../../support/gpg-home.ts";

let gpg: GpgHome;
beforeAll(() => {
  gpg = new GpgHome();
});
afterAll(() => gpg.remove());

it("makes a ring once, and anew where somebody tidied it away", () => {
  const key = gpg.makeKey({ algorithm: "rsa2048" });
  const certificate = gpg.gpg(["--export", key]);
  const ring = keyRingOf(certificate);
  expect(keyRingOf(certificate)).toBe(ring);
  const text = readFileSync(join(ring, "only.key"), "utf8");
  rmSync(ring, { recursive: true });
  const again = keyRingOf(certificate);
  expect(existsSync(ring)).toBe(false);
  expect(readFileSync(join(again, "only.key"), "utf8")).toBe(text);
});
