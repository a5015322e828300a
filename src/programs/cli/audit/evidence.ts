import type { VerifiedBranch } from "../../../adapters/logs/verified-branch.ts";
import type { CommitSha } from "../../../domain/index.ts";
import type { Announcement } from "../../../formats/build-log/index.ts";
import { parseCommands, parseFrame, type SignedLine, verifyFrame } from "../../../signed/index.ts";
import { type AuditEvidence, BrokenLink } from "../../../trail/index.ts";
import { type AuditKeys, signerOf } from "./keys.ts";
import { findPackage, signedMetadata } from "./repository-files.ts";

/** Puts together what an audit looks at. */
export async function gatherEvidence(
  roots: readonly string[],
  branch: VerifiedBranch,
  keys: AuditKeys,
): Promise<AuditEvidence> {
  const paths = await branch.paths();
  let announced: Announcement[] | null = null;
  const bySomePackageKey = async (signature: Uint8Array, bytes: Uint8Array): Promise<boolean> =>
    (await signerOf(keys, keys.packages, signature, bytes)) !== null;
  return {
    paths,
    isSignedOnBranch: (commit) => branch.isSigned(commit),
    readLog: (path, commit) => readParts(branch, path, commit ?? branch.head),
    announcements: async () => {
      announced ??= await readAnnouncements(branch, paths);
      return announced;
    },
    packageSigner: (signature, bytes) => signerOf(keys, keys.packages, signature, bytes),
    readComment: (comment, at) => readComment(keys, comment, at),
    findPackage: (name, where) => roots.flatMap((root) => findPackage(root, name, where)),
    metadata: async (where) =>
      (await Promise.all(roots.map((root) => signedMetadata(root, where, bySomePackageKey)))).flat(),
  };
}

async function readParts(branch: VerifiedBranch, path: string, commit: CommitSha): Promise<Buffer | null> {
  const whole = await branch.read(commit, path);
  if (whole !== null) return whole;
  const parts: Buffer[] = [];
  for (;;) {
    const part = await branch.read(commit, `${path}.part-${String(parts.length).padStart(3, "0")}`);
    if (part === null) return parts.length === 0 ? null : Buffer.concat(parts);
    parts.push(part);
  }
}

async function readAnnouncements(branch: VerifiedBranch, paths: readonly string[]): Promise<Announcement[]> {
  const found: Announcement[] = [];
  for (const path of paths.filter((name) => name.endsWith(".checkpoints"))) {
    const text = (await branch.read(branch.head, path))?.toString("latin1") ?? "";
    for (const line of text.split("\n").filter((one) => one !== "")) {
      try {
        found.push(...(JSON.parse(line) as { announcements: Announcement[] }).announcements);
      } catch {
        throw new BrokenLink("log", path, "is no list of checkpoints");
      }
    }
  }
  return found;
}

/** The comment as of the day on which it was carried out: a key may have expired since. */
async function readComment(keys: AuditKeys, comment: string, at: Date): Promise<readonly SignedLine[] | string> {
  const frame = parseFrame(Buffer.from(comment));
  if (!frame.ok) return `the comment is not a signed message: ${frame.error.message}`;
  const terms = { keys: keys.maintainers, secondOpinion: keys.verifier, now: at, notBefore: new Date(0) };
  const verified = await verifyFrame(frame.value, terms);
  return verified.ok
    ? parseCommands(verified.value)
    : `the comment's signature does not hold: ${verified.error.message}`;
}
