import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keyRingOf, removeStaleKeyRings } from "../../../src/adapters/repository/rpm/key-ring.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let gpg: GpgHome;
beforeAll(() => {
  gpg = new GpgHome();
});
afterAll(() => gpg.remove());

it("removes what killed processes left, and nothing that is in use or another's", () => {
  const directory = temporaryDirectory();
  const now = new Date();
  const dayAgo = new Date(now.getTime() - 25 * 3600 * 1000);
  const [gone, alive, old, young] = [`4194999-Ab1`, `${process.pid}-Ab2`, "Ab3dEf", "Ab4dEf"];
  for (const name of [gone, alive, old, young]) mkdirSync(join(directory, `rb-rpmkeys-${name}`));
  for (const name of [alive, old]) utimesSync(join(directory, `rb-rpmkeys-${name}`), dayAgo, dayAgo);
  mkdirSync(join(directory, "rb-others"));
  symlinkSync("rb-others", join(directory, "rb-rpmkeys-4194999-link"));
  removeStaleKeyRings(directory, now);
  expect(readdirSync(directory).sort()).toEqual(
    ["rb-others", "rb-rpmkeys-4194999-link", `rb-rpmkeys-${alive}`, `rb-rpmkeys-${young}`].sort(),
  );
});

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
