import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { NodeDisk } from "../../../adapters/files/index.ts";
import type { VerifiedBranch } from "../../../adapters/logs/verified-branch.ts";
import {
  type ExaminedRepository,
  examineImage,
  examineRepository,
  type RepositoriesOptions,
} from "../../../adapters/repository/index.ts";
import {
  type CommitSha,
  parseComponentRepository,
  parseDistribution,
  parseRelease,
  parseTemplateRepository,
} from "../../../domain/index.ts";
import { parseCommands, parseFrame, type SignedLine, verifyFrame } from "../../../signed/index.ts";
import type { AuditEvidence, DeedPlace, ExaminedPlace, FoundFile, LogMode } from "../../../trail/index.ts";
import { type AuditKeys, signerOf } from "./keys.ts";

/** Puts together what an audit looks at. */
export async function gatherEvidence(
  roots: readonly string[],
  branch: VerifiedBranch,
  keys: AuditKeys,
  logMode: LogMode,
): Promise<AuditEvidence> {
  const examined = new Map<string, Promise<ExaminedPlace>>();
  return {
    logMode,
    paths: await branch.paths(),
    isSignedOnBranch: (commit) => branch.isSigned(commit),
    readLog: (path, commit) => readParts(branch, path, commit ?? branch.head),
    packageSigner: (signature, bytes) => signerOf(keys, keys.packages, signature, bytes),
    readComment: (comment, at) => readComment(keys, comment, at),
    examine: (place) => {
      const name = `${place.release} ${place.repository} ${place.distribution}`;
      const known = examined.get(name) ?? examine(roots, keys, place);
      examined.set(name, known);
      return known;
    },
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

async function examine(roots: readonly string[], keys: AuditKeys, place: DeedPlace): Promise<ExaminedPlace> {
  const release = parseRelease(place.release);
  const repository = parseComponentRepository(place.repository) ?? parseTemplateRepository(place.repository);
  const options = {
    artifacts: null,
    disk: new NodeDisk(),
    clock: () => new Date(),
    debEngine: "auto",
    keys: keys.packageKeys,
  } as const;
  if (release === null || repository === null) return images(roots, options);
  const distribution = place.distribution === null ? null : parseDistribution(place.distribution);
  return joined(
    await Promise.all(
      roots.map((root) => examineRepository({ ...options, root }, { release, repository, distribution })),
    ),
  );
}

/** Several environments may keep the same repository's name under roots of their own. */
function joined(all: readonly ExaminedRepository[]): ExaminedPlace {
  return {
    signed: all.flatMap(({ signed }) => signed),
    faults: all.flatMap(({ faults }) => faults),
    files: async (names) => new Map((await Promise.all(all.map((one) => one.files(names)))).flatMap((one) => [...one])),
  };
}

/** ISOs lie beside the repositories, each with a detached signature. */
function images(roots: readonly string[], options: Omit<RepositoriesOptions, "root">): ExaminedPlace {
  const files = async (names: readonly string[]): Promise<ReadonlyMap<string, FoundFile>> => {
    const found = new Map<string, FoundFile>();
    for (const name of names) {
      for (const root of roots) {
        const places = [join(root, name), join(root, "iso", name), join(dirname(root), "iso", name)];
        const path = places.find((one) => existsSync(one));
        if (path !== undefined) found.set(name, await examineImage({ ...options, root }, path));
      }
    }
    return found;
  };
  return { signed: [], faults: [], files };
}
