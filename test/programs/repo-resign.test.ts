import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/programs/cli/repo.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { aptClient, dnfClient, type PackageClient, pacmanClient } from "../support/package-clients.ts";
import { PackageMaker } from "../support/package-maker.ts";

const gpg = new GpgHome();
let former: string;
let key: string;
let stranger: string;
let maker: PackageMaker;
let root: string;
const home = process.env["GNUPGHOME"];

const repo = (...words: string[]) => runCaptured(main, [...words, "--root", root]);
const build = (commit: string) => ["--release", "r4.3", "--component", "alpha", "--commit", commit.repeat(40)];
const dists = ["host-fc41", "vm-bookworm", "vm-archlinux"];

async function publish(dist: string, commit: string, version: string, by: string): Promise<void> {
  const make = {
    "host-fc41": () => maker.rpm({ name: "alpha", version }, former),
    "vm-bookworm": () => maker.deb({ name: "alpha", version }),
    "vm-archlinux": () => maker.arch({ name: "alpha", version }, former),
  }[dist];
  const words = [...build(commit), "--dist", dist, "--repository", "current-testing", "--sign-key", by];
  expect(await repo("publish", ...words, make?.() ?? "")).toMatchObject({ status: 0, stderr: "" });
}

const promote = (dist: string, commit: string, ...more: string[]) =>
  repo("promote", ...build(commit), "--dist", dist, "--to", "current", "--min-age-days", "0", "--json", ...more);

beforeAll(async () => {
  process.env["GNUPGHOME"] = gpg.directory;
  [former = "", key = "", stranger = ""] = [0, 1, 2].map(() => gpg.makeKey({ algorithm: "rsa2048" }));
  gpg.gpg(["--import-ownertrust"], `${former}:6:\n${key}:6:\n`);
  maker = new PackageMaker(gpg);
  root = mkdtempSync(join(tmpdir(), "rb-resign-"));
  for (const dist of dists) {
    await publish(dist, "a", "1.0-1", former);
    expect((await promote(dist, "a", "--sign-key", former)).status).toBe(0);
    await publish(dist, "b", "2.0-1", former);
  }
});

afterAll(() => {
  if (home === undefined) delete process.env["GNUPGHOME"];
  else process.env["GNUPGHOME"] = home;
  rmSync(root, { recursive: true, force: true });
  maker.remove();
  gpg.remove();
});

/** What a client offers whose keys are these. */
function offered(dist: string, keys: readonly string[]): string[] {
  const file = join(maker.directory, "keys.asc");
  writeFileSync(file, keys.map((one) => gpg.exportKey(one)).join(""));
  const clients: Readonly<Record<string, () => PackageClient>> = {
    "host-fc41": () => dnfClient(`file://${root}/rpm/r4.3/current/host/fc41`, file),
    "vm-bookworm": () => aptClient(`file:${root}/deb/r4.3/vm`, "bookworm", file),
    "vm-archlinux": () =>
      pacmanClient(`file://${root}/archlinux/r4.3/current/vm/archlinux/pkgs`, "qubes-r4.3-current", gpg.directory),
  };
  const client = clients[dist]?.();
  if (client === undefined) throw new Error(`there is no client of ${dist}`);
  try {
    const run = client.refresh();
    return run.status === 0 ? client.offers() : [`refused: ${run.status}`];
  } finally {
    client.remove();
  }
}

describe("release-bot repo resign", () => {
  it("refuses what the former key has not signed, and leaves it as it is", async () => {
    const path = join(root, "rpm/r4.3/current/host/fc41/repodata/repomd.xml.asc");
    const before = readFileSync(path);
    const run = await repo("resign", "--former-key", stranger, "--sign-key", key, "--dist", "host-fc41");
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /rpm\/r4\.3\/current\/host\/fc41: not signed: by the former key: it is signed by another key/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect((await repo("resign", "--sign-key", key)).status).toBe(2);
    expect((await repo("resign", "--former-key", key, "--sign-key", key)).status).toBe(2);
  });

  it("signs every repository anew, of which clients with the new key get on, and says so once more without a change", async () => {
    const run = await repo("resign", "--former-key", former, "--sign-key", key, "--json");
    expect(run.status).toBe(0);
    const { resigned } = JSON.parse(run.stdout) as { resigned: { where: string; outcome: string }[] };
    expect(resigned).toHaveLength(6);
    expect(resigned.every(({ outcome }) => outcome === "signed")).toBe(true);
    expect(offered("host-fc41", [key])).toEqual(["alpha 1.0-1.fc41"]);
    expect(offered("vm-bookworm", [key])).toEqual(["alpha 1.0-1"]);
    expect(offered("vm-bookworm", [former])).toEqual(["refused: 100"]);
    expect(offered("vm-archlinux", [key])).toEqual(["alpha 1.0-1"]);
    expect(await repo("check")).toMatchObject({ status: 0 });
    const again = await repo("resign", "--former-key", former, "--sign-key", key);
    expect(again.stdout.match(/is signed by it already/g)).toHaveLength(6);
  });

  it("goes on by the new key; packages that the former one signed move only where it is named", async () => {
    for (const dist of ["host-fc41", "vm-archlinux"]) {
      const refused = await promote(dist, "b", "--sign-key", key);
      expect(JSON.parse(refused.stdout)).toMatchObject({ plans: [{ refused: { code: "PACKAGE_SIGNATURE_INVALID" } }] });
      const wrong = await promote(dist, "b", "--sign-key", key, "--former-key", stranger);
      expect(wrong.status).toBe(1);
      expect((await promote(dist, "b", "--sign-key", key, "--former-key", former)).status).toBe(0);
    }
    // A debian package carries no signature of its own.
    expect((await promote("vm-bookworm", "b", "--sign-key", key)).status).toBe(0);
    expect((await promote("host-fc41", "b", "--sign-key", former)).status).toBe(1);
    expect(await repo("check")).toMatchObject({ status: 0 });
    expect(offered("host-fc41", [former, key])).toEqual(["alpha 1.0-1.fc41", "alpha 2.0-1.fc41"]);
  });
});
