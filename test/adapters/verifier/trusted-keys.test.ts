import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadTrustedKeys, type TrustedKeysSettings } from "../../../src/adapters/verifier/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let home: GpgHome;
let place: string;
let directory: string;
let keyring: string;
let key: string;
beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
});
beforeEach(() => {
  place = temporaryDirectory();
  directory = join(place, "trusted-keys");
  keyring = join(place, "trusted-keys-for-commands.gpg");
  mkdirSync(directory);
});
afterAll(() => home.remove());

async function trusted(settings: Partial<TrustedKeysSettings>): Promise<readonly string[] | string> {
  try {
    const keys = await loadTrustedKeys({ directory: null, keyring: null, ...settings });
    return keys.certificates.map(({ fingerprint }) => fingerprint);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

describe("trusted keys on disk", () => {
  it("are the files of the directory, but for what explains it", async () => {
    writeFileSync(join(directory, `${key}.asc`), home.exportKey(key));
    writeFileSync(join(directory, "README.md"), "how to add one");
    writeFileSync(join(directory, ".gitkeep"), "");
    expect(await trusted({ directory })).toEqual([key]);
  });

  it("are the keyring's where one is configured instead", async () => {
    writeFileSync(keyring, home.gpg(["--export", key]));
    expect(await trusted({ keyring })).toEqual([key]);
  });

  it("stop the start when directory and keyring are configured both", async () => {
    writeFileSync(keyring, home.gpg(["--export", key]));
    expect(await trusted({ directory, keyring })).toContain("not both");
  });

  it("are those of a keyring that lies alone in the directory", async () => {
    writeFileSync(join(directory, "trusted-keys-for-commands.gpg"), home.gpg(["--export", key]));
    expect(await trusted({ directory })).toEqual([key]);
  });

  it("stop the start when the directory holds a keyring beside its keys", async () => {
    writeFileSync(join(directory, "trusted-keys-for-commands.gpg"), home.gpg(["--export", key]));
    writeFileSync(join(directory, `${key}.asc`), home.exportKey(key));
    expect(await trusted({ directory })).toContain("not both");
  });

  it("stop the start when neither is configured, or cannot be read", async () => {
    expect(await trusted({})).toContain("no trusted keys are configured");
    expect(await trusted({ directory: join(place, "nowhere") })).toContain("cannot be read");
    expect(await trusted({ keyring: join(place, "nowhere") })).toContain("cannot be read");
  });

  it("stop the start with the file's name when a name disagrees with its content", async () => {
    writeFileSync(join(directory, `${"A".repeat(40)}.asc`), home.exportKey(key));
    expect(await trusted({ directory })).toBe(`${directory}: ${"A".repeat(40)}.asc: holds another key, ${key}`);
  });

  it("are read anew each time: a key that was removed is trusted no more", async () => {
    writeFileSync(join(directory, `${key}.asc`), home.exportKey(key));
    expect((await loadTrustedKeys({ directory, keyring: null })).certificates).toHaveLength(1);
    unlinkSync(join(directory, `${key}.asc`));
    expect(await trusted({ directory })).toEqual([]);
  });

  it("as the repository ships them trust nobody", async () => {
    const shipped = join(import.meta.dirname, "../../../trusted-keys");
    expect(readFileSync(join(shipped, "README.md"), "utf8")).toContain("trusts nobody");
    expect((await loadTrustedKeys({ directory: shipped, keyring: null })).certificates).toEqual([]);
  });
});
