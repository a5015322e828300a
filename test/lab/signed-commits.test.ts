import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCommits } from "../../src/lab/signed-commits.ts";
import { createThrowAwayKey, endAgent, type ThrowAwayKey, trustKey } from "../../src/lab/throw-away-key.ts";
import { runTool } from "../../src/lab/tool.ts";

const directory = mkdtempSync(join(tmpdir(), "rb-commits-"));
const at = (name: string): string => join(directory, name);
const environment = { PATH: process.env["PATH"], HOME: directory, LANG: "C.UTF-8", GIT_CONFIG_NOSYSTEM: "1" };
let logs: ThrowAwayKey;
let stranger: ThrowAwayKey;

const commit = (signer: ThrowAwayKey | null): Promise<string> =>
  runTool({
    program: "git",
    args: [
      ...["-C", at("repository"), "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet"],
      ...["--allow-empty", "-m", "log", ...(signer === null ? ["--no-gpg-sign"] : [`-S${signer.fingerprint}`])],
    ],
    environment: signer?.environment ?? environment,
  });
const verify = (): ReturnType<typeof verifyCommits> =>
  verifyCommits(at("repository"), logs.fingerprint, { ...environment, GNUPGHOME: at("trusted") });

beforeAll(async () => {
  const plan = { algorithm: "ed25519", environment } as const;
  logs = await createThrowAwayKey({ ...plan, home: at("l"), name: "Logs", email: "logs@example.org" });
  stranger = await createThrowAwayKey({ ...plan, home: at("x"), name: "Stranger", email: "stranger@example.org" });
  await trustKey(at("trusted"), logs, environment);
  await runTool({ program: "git", args: ["init", "--quiet", "-b", "master", at("repository")], environment });
});

afterAll(async () => {
  for (const { home } of [logs, stranger]) await endAgent(home, environment);
  rmSync(directory, { recursive: true, force: true });
});

describe("the commits of a logs repository", () => {
  it("are counted where each is signed by the one key", async () => {
    await commit(logs);
    await commit(logs);
    expect(await verify()).toEqual({ commits: 2, unsigned: [] });
  });

  it("are named where one is not signed, or signed by another key", async () => {
    await commit(null);
    await commit(stranger);
    await commit(logs);
    const { commits, unsigned } = await verify();
    expect(commits).toBe(5);
    expect(unsigned).toHaveLength(2);
  });
});
