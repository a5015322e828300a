/** `release-bot audit`: re-checks offline how a component came to be where it is. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VerifiedBranch } from "../../adapters/logs/verified-branch.ts";
import { AdapterError, type CommitSha, parseCommitSha, parseComponentName, parseRelease } from "../../domain/index.ts";
import { type AuditQuestion, audit, BrokenLink } from "../../trail/index.ts";
import { gatherEvidence } from "./audit/evidence.ts";
import { loadAuditKeys, signerOf } from "./audit/keys.ts";
import { withProgress } from "./progress.ts";

const usage = `release-bot audit RELEASE COMPONENT [SHA] --root DIR --logs DIR --keys DIR [--branch NAME] [--acknowledged FILE] [--json]

Re-checks the chain: signed comment, commit, packages, log, signatures; names the first link that does not hold.
  --root DIR           the repositories (repository-publish); several where environments keep theirs apart
  --logs DIR           the logs repository
  --keys DIR           public keys, a FINGERPRINT.asc a key, in DIR/maintainers, DIR/packages and DIR/logs
  --acknowledged FILE  the key gate's list: each commit in it must still be on the logs branch
Exit status: 0 everything holds, 1 something does not, 2 wrong usage.
`;

interface Told {
  readonly question: AuditQuestion;
  readonly roots: readonly string[];
  readonly logs: string;
  readonly keys: string;
  readonly branch: string;
  readonly acknowledged: string | null;
  readonly form: "json" | "text";
}

function parseWords(argv: readonly string[]): Told | null {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      root: { type: "string", multiple: true },
      logs: text,
      keys: text,
      branch: text,
      acknowledged: text,
      json: { type: "boolean" },
    },
  });
  const release = parseRelease(positionals[0] ?? "");
  const component = parseComponentName(positionals[1] ?? "");
  const commit: CommitSha | null = positionals[2] === undefined ? null : parseCommitSha(positionals[2]);
  const { root, logs, keys } = values;
  if (release === null || component === null || (positionals[2] !== undefined && commit === null)) return null;
  if (positionals.length > 3 || root === undefined || logs === undefined || keys === undefined) return null;
  const bare = existsSync(join(logs, ".git")) ? join(logs, ".git") : logs;
  return {
    question: { release, component, commit },
    roots: root.map((directory) => resolve(directory)),
    logs: resolve(bare),
    keys: resolve(keys),
    branch: values.branch ?? "master",
    acknowledged: values.acknowledged ?? null,
    form: values.json === true ? "json" : "text",
  };
}

async function run(told: Told): Promise<readonly string[]> {
  const keys = await loadAuditKeys(told.keys);
  const byLogsKey = async (signature: Uint8Array, bytes: Uint8Array): Promise<boolean> =>
    (await signerOf(keys, keys.logs, signature, bytes)) !== null;
  let branch: VerifiedBranch | null = null;
  try {
    branch = await VerifiedBranch.open(told.logs, told.branch, byLogsKey);
    const held = await audit(told.question, await gatherEvidence(told.roots, branch, keys));
    return told.acknowledged === null ? held : [...held, await auditAcknowledged(told.acknowledged, branch)];
  } finally {
    branch?.close();
    keys.close();
  }
}

/** What the keys qube was told has to be public still. */
async function auditAcknowledged(file: string, branch: VerifiedBranch): Promise<string> {
  const lines = readFileSync(file, "latin1")
    .split("\n")
    .filter((line) => line !== "");
  for (const line of lines) {
    const commit = line.split(" ")[2] ?? "";
    if (!(await branch.isSigned(commit))) {
      throw new BrokenLink("commit", commit, "was acknowledged to the keys qube, and is not on the logs branch");
    }
  }
  return `${lines.length} acknowledged commits are on the logs branch`;
}

/** Prints what holds, or the first link that does not. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === "--help" || argv[0] === "-h") {
    process.stdout.write(usage);
    return 0;
  }
  let told: Told | null = null;
  try {
    told = parseWords(argv);
  } catch (error) {
    process.stderr.write(`release-bot audit: ${error instanceof Error ? error.message : error}\n\n`);
  }
  if (told === null) {
    process.stderr.write(usage);
    return 2;
  }
  const json = told.form === "json";
  try {
    const held = await withProgress("follows the chain", process.stderr, () => run(told));
    process.stdout.write(json ? `${JSON.stringify({ ok: true, held })}\n` : `${held.join("\n")}\neverything holds\n`);
    return 0;
  } catch (error) {
    if (error instanceof BrokenLink) {
      const { link, subject, message: reason } = error;
      const said = json
        ? JSON.stringify({ ok: false, link, subject, reason })
        : `broken ${link}: ${subject}: ${reason}`;
      process.stdout.write(`${said}\n`);
      return 1;
    }
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot audit: ${error.message}\n`);
    return error.code === "CONFIGURATION" ? 2 : 1;
  }
}
