import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { main } from "../../src/programs/cli/repo.ts";
import { runCaptured } from "../support/captured-program.ts";
import { packageDesk } from "../support/package-desk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type ToolRun, tryTool } from "../support/tool.ts";

const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
const { gpg, key, maker } = packageDesk();
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "rb-repo-"));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function repo(...words: string[]): ToolRun {
  return tryTool(process.execPath, [program, "repo", ...words], { environment: { GNUPGHOME: gpg.directory } });
}

function json(run: ToolRun): Record<string, unknown> {
  return JSON.parse(run.stdout.toString()) as Record<string, unknown>;
}

const common = (dist: string): string[] => ["--root", root, "--release", "r4.3", "--dist", dist, "--sign-key", key];
const alpha = ["--component", "alpha", "--commit", "a".repeat(40)];
const toCurrent = [...alpha, "--to", "current"];

describe("release-bot repo", () => {
  it("publishes, refuses what is too young, and promotes, with the exit statuses that scripts go by", () => {
    const files = [maker.rpm({ name: "alpha", version: "1.0-1" }, key)];
    expect(repo("publish", ...common("host-fc41"), ...alpha, "--repository", "current-testing", ...files).status).toBe(
      0,
    );
    const young = repo("promote", ...common("host-fc41"), ...toCurrent, "--json");
    expect(young.status).toBe(1);
    expect(json(young)).toMatchObject({ plans: [{ dist: "host-fc41", refused: { code: "TOO_YOUNG" } }], applied: [] });
    const rehearsed = repo(
      "promote",
      ...common("host-fc41"),
      ...toCurrent,
      "--min-age-days",
      "0",
      "--rehearse",
      "--json",
    );
    expect(rehearsed.status).toBe(0);
    expect(json(rehearsed)["applied"]).toEqual([]);
    const done = repo("promote", ...common("host-fc41"), ...toCurrent, "--min-age-days", "0", "--json");
    expect(done.status).toBe(0);
    const { plans, applied } = json(done) as {
      plans: { digest: string; moves: { file: string; sha256: string }[] }[];
      applied: string[];
    };
    expect(applied).toEqual(["host-fc41"]);
    expect(plans).toEqual((json(rehearsed) as { plans: unknown }).plans);
    expect(plans[0]?.moves.map((move) => move.file)).toEqual(["alpha-1.0-1.fc41.noarch.rpm"]);
    expect(plans[0]?.moves[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("answers 3 where some of the distributions were done, and says which", () => {
    const deb = [maker.deb({ name: "alpha", version: "1.0-1" })];
    expect(repo("publish", ...common("vm-bookworm"), ...alpha, "--repository", "current-testing", ...deb).status).toBe(
      0,
    );
    const mixed = repo(
      "promote",
      ...common("host-fc41,vm-bookworm,vm-trixie"),
      ...toCurrent,
      "--min-age-days",
      "0",
      "--json",
    );
    expect(mixed.status).toBe(3);
    expect(json(mixed)).toMatchObject({
      plans: [
        { refused: { code: "ALREADY_PUBLISHED" } },
        { dist: "vm-bookworm" },
        { refused: { code: "NOT_IN_TESTING" } },
      ],
      applied: ["vm-bookworm"],
    });
  });

  it("writes what was done to its output, and what was refused beside it", () => {
    const mixed = repo(
      "promote",
      ...common("vm-bookworm,vm-trixie"),
      ...toCurrent,
      "--min-age-days",
      "0",
      "--rehearse",
    );
    expect(mixed.status).toBe(1);
    expect(mixed.stdout.toString()).toBe("");
    expect(mixed.stderr).toMatch(/^vm-bookworm: refused: ALREADY_PUBLISHED: .*\nvm-trixie: refused: NOT_IN_TESTING: /);
  });

  it.each([
    ["broken.rpm", "no package at all"],
    ["README", "of no kind that belongs beside packages"],
  ])("publishes nothing where one of the files is none that clients would get: %s, %s", (name) => {
    const good = maker.rpm({ name: "delta", version: "1.0-1" }, key);
    const other = join(maker.directory, name);
    writeFileSync(other, "hello\n");
    const words = ["--component", "delta", "--commit", "d".repeat(40), "--repository", "current-testing"];
    const run = repo("publish", ...common("host-fc41"), ...words, good, other);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`refused: NOT_IN_TESTING: ${name} is no rpm package that can be read`);
    expect(repo("status", "--root", root).stdout.toString()).not.toContain("delta");
  });

  it("says that there is nothing to be checked", () => {
    const empty = join(maker.directory, "empty");
    mkdirSync(empty);
    expect(repo("check", "--root", empty).stdout.toString()).toBe(`there is no repository below ${empty}\n`);
    expect(repo("check", "--root", join(empty, "missing"))).toMatchObject({ status: 2 });
  });

  it("promotes a template by its version", () => {
    const version = "4.3.0-202508191723";
    const file = maker.rpm({ name: "qubes-template-debian-13-xfce", version }, key);
    const template = ["--root", root, "--release", "r4.3", "--sign-key", key, "--template", "debian-13-xfce"];
    const published = repo("publish", ...template, "--repository", "templates-itl-testing", file);
    expect(`${published.stderr}${published.status}`).toBe("0");
    const wrong = repo(
      "promote",
      ...template,
      "--version",
      "4.2.0-202501010000",
      "--to",
      "templates-itl",
      "--min-age-days",
      "0",
      "--json",
    );
    expect(json(wrong)).toMatchObject({ plans: [{ refused: { code: "STALE_COMMIT" } }] });
    const done = repo(
      "promote",
      ...template,
      "--version",
      version,
      "--to",
      "templates-itl",
      "--min-age-days",
      "0",
      "--json",
    );
    expect(done.status).toBe(0);
    expect(readFileSync(join(root, "rpm/r4.3/templates-itl/repodata/repomd.xml"), "utf8")).toContain("primary");
  });

  it("checks the tree, and names each fault with exit status 1", () => {
    expect(repo("check", "--root", root).status).toBe(0);
    expect(json(repo("check", "--root", root, "--json"))).toEqual({ ok: true, faults: [] });
    const package_ = join(root, "rpm/r4.3/current/host/fc41/rpm/alpha-1.0-1.fc41.noarch.rpm");
    const bytes = readFileSync(package_);
    rmSync(package_);
    const broken = repo("check", "--root", root);
    expect(broken.status).toBe(1);
    expect(broken.stdout.toString()).toContain("alpha-1.0-1.fc41.noarch.rpm: is listed, and not there");
    expect(bytes.length).toBeGreaterThan(0);
  });

  it("shows what stands where", () => {
    const status = json(repo("status", "--root", root, "--json")) as {
      standing: { name: string; repository: string }[];
    };
    expect(status.standing).toContainEqual(
      expect.objectContaining({
        name: "alpha",
        repository: "current-testing",
        version: "1.0-1",
        commit: "a".repeat(40),
        days: expect.any(Number),
      }),
    );
    const text = repo("status", "--root", root).stdout.toString();
    expect(text).toMatch(/^release +name +dist +repository +version +commit +since \(UTC\) +days\n/);
    expect(text).toMatch(
      /^r4\.3 +alpha +host-fc41 +current-testing +1\.0-1 +a{12} +\d{4}-\d\d-\d\d \d\d:\d\d +\d+\.\d$/m,
    );
    const nothing = repo("status", "--root", temporaryDirectory());
    expect([nothing.status, nothing.stderr.toString()]).toEqual([0, expect.stringContaining("--artifacts DIR")]);
  });

  it("answers a failing signer by its code, and leaves nothing", () => {
    const failing = repo("create", ...common("host-fc42"), "--repository", "current", "--gpg", "/bin/false");
    expect(failing.status).toBe(1);
    expect(failing.stderr).toContain("SIGNER_FAILED");
  });

  it.each([
    ["promote", "--dist", "vm-gentoo", ...toCurrent],
    ["promote", "--dist", "host-fc41", ...alpha, "--to", "current-testing"],
    ["promote", "--dist", "host-fc41", ...alpha, "--to", "templates-itl"],
    ["promote", "--template", "debian-13", "--to", "current"],
    ["withdraw", "--template", "debian-13", "--repository", "templates-itl"],
    ["publish", "--dist", "host-fc41", ...alpha, "--repository", "current-testing", tmpdir()],
    ["resign", "--former-key", "short"],
  ])("answers 2 to words that lead nowhere: %s", async (...words) => {
    const run = await runCaptured(main, [...words, "--root", root, "--release", "r4.3", "--sign-key", "A".repeat(40)]);
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toMatch(/^release-bot repo: .*; 'release-bot repo --help' says more\n$/);
  });

  it.each([
    [[]],
    [["promote"]],
    [["unheard-of"]],
    [["promote", "--root", "x", "--no-such-option"]],
    [["promote", "--root", "x", "--release", "4.3"]],
    [["promote", "--root", "x", "--release", "r4.3", "--dist", "../etc", "--sign-key", "A".repeat(40), ...toCurrent]],
    [["promote", "--root", "x", "--release", "r4.3", "--dist", "host-fc41", "--sign-key", "short", ...toCurrent]],
    [
      [
        "promote",
        "--root",
        "x",
        "--release",
        "r4.3",
        "--dist",
        "host-fc41",
        "--sign-key",
        "A".repeat(40),
        "--component",
        "../x",
        "--commit",
        "a".repeat(40),
        "--to",
        "current",
      ],
    ],
    [
      [
        "publish",
        "--root",
        "x",
        "--release",
        "r4.3",
        "--dist",
        "host-fc41",
        "--sign-key",
        "A".repeat(40),
        ...alpha,
        "--repository",
        "current-testing",
        "/no/such.rpm",
      ],
    ],
  ])("answers 2 to words that are no command: %j", async (words) => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      expect(await main(words)).toBe(2);
      expect(written).toHaveBeenCalled();
    } finally {
      written.mockRestore();
    }
  });
});
