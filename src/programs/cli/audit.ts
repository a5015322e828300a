/** `release-bot audit`: re-checks offline how something came to be where it is, or lists what one key ever did. */
import { VerifiedBranch } from "../../adapters/logs/verified-branch.ts";
import { readSignerMessages } from "../../adapters/store/signer-messages.ts";
import { AdapterError, type Tell } from "../../domain/index.ts";
import { audit, BrokenLink, tellOfSigner } from "../../trail/index.ts";
import { auditAcknowledged, readAcknowledged } from "./audit/acknowledged.ts";
import { gatherEvidence } from "./audit/evidence.ts";
import { loadAuditKeys, signerOf } from "./audit/keys.ts";
import { renderStory, storyAsJson } from "./audit/signer.ts";
import { type AuditWords, parseAuditWords } from "./audit/words.ts";
import { withProgress } from "./progress.ts";

/** What `--help` says. */
export const help = `release-bot audit RELEASE NAME [VERSION|SHA] --root DIR --logs DIR --keys DIR [OPTION…]
      re-checks the chain of a component, a template or 'iso': signed comment, commit, packages, log, signatures; names
      the first link that does not hold
release-bot audit --signer FINGERPRINT --logs DIR --keys DIR [--ledger FILE] [OPTION…]
      lists everything that this maintainer's key ever signed, and what was done by it

  --root DIR           the repositories (repository-publish); several where environments keep theirs apart
  --logs DIR           the logs repository, a clone
  --keys DIR           public keys, a FINGERPRINT.asc a key, in DIR/maintainers, DIR/packages and DIR/logs
  --branch NAME        the logs branch (master)
  --acknowledged FILE  the key gate's list: each commit in it must still be on the logs branch
  --log-mode QUBE      a build qube whose key gate runs in mode: log, several: a signature of its that no log announced
                       holds if a log was acknowledged (without the gate's list: was open) shortly before; counted as such
  --window SECONDS     how shortly: that gate's window (900)
  --ledger FILE        on a build qube, its agent.db: what was refused, failed or waits, too; several
  --json

Example: release-bot audit r4.3 core-admin --root repository-publish --logs build-logs --keys keys
Exit status: 0 everything holds, 1 something does not, 2 wrong usage.
`;

async function run(told: AuditWords, tell: Tell): Promise<{ readonly text: string; readonly status: 0 | 1 }> {
  const keys = await loadAuditKeys(told.keys);
  const byLogsKey = async (signature: Uint8Array, bytes: Uint8Array): Promise<boolean> =>
    (await signerOf(keys, keys.logs, signature, bytes)) !== null;
  let branch: VerifiedBranch | null = null;
  try {
    branch = await VerifiedBranch.open(told.logs, told.branch, byLogsKey);
    const list = told.acknowledged === null ? null : readAcknowledged(told.acknowledged);
    const { environments, windowSeconds } = told.logMode;
    const logMode = { environments: new Set(environments), windowSeconds, acknowledged: list };
    const evidence = await gatherEvidence(told.roots, branch, keys, logMode);
    const json = told.form === "json";
    const acknowledged = list === null ? [] : [await auditAcknowledged(list, branch)];
    if (told.about.kind === "signer") {
      const { signer } = told.about;
      if (!keys.maintainers.certificates.some(({ fingerprint }) => fingerprint === signer)) {
        const remedy = `put its public key there again for this audit: ${signer}.asc`;
        throw new AdapterError("CONFIGURATION", `${told.keys}/maintainers has no key ${signer}; ${remedy}`);
      }
      const ledgers = told.ledgers.flatMap((file) => readSignerMessages(file, signer));
      const story = await tellOfSigner(signer, evidence, ledgers, tell);
      const status = story.doubtful.length === 0 ? 0 : 1;
      return { text: json ? storyAsJson(story) : renderStory(story), status };
    }
    const held = [...(await audit(told.about.question, evidence, tell)), ...acknowledged];
    const text = json ? `${JSON.stringify({ ok: true, held })}\n` : `${held.join("\n")}\neverything holds\n`;
    return { text, status: 0 };
  } finally {
    branch?.close();
    keys.close();
  }
}

/** Prints what holds, or the first link that does not. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === "--help" || argv[0] === "-h") {
    process.stdout.write(help);
    return 0;
  }
  let told: AuditWords | string;
  try {
    told = parseAuditWords(argv);
  } catch (error) {
    told = error instanceof Error ? error.message : String(error);
  }
  if (typeof told === "string") {
    process.stderr.write(`release-bot audit: ${told}\n\n${help}`);
    return 2;
  }
  try {
    const words = told;
    const { text, status } = await withProgress("reads the logs repository", process.stderr, (tell) =>
      run(words, tell),
    );
    process.stdout.write(text);
    return status;
  } catch (error) {
    if (error instanceof BrokenLink) {
      const { link, subject, message: reason } = error;
      const json = JSON.stringify({ ok: false, link, subject, reason });
      process.stdout.write(told.form === "json" ? `${json}\n` : `broken ${link}: ${subject}: ${reason}\n`);
      return 1;
    }
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot audit: ${error.message}\n`);
    return error.code === "CONFIGURATION" ? 2 : 1;
  }
}
