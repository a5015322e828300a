/** What stands in the repositories, as files: found by name, hashed, and the signatures of their metadata. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Distribution, parseDistribution } from "../../../domain/index.ts";
import type { FoundFile, SignedMetadata } from "../../../trail/index.ts";

/** A repository of one distribution. */
export interface RepositoryPlace {
  readonly release: string;
  readonly distribution: string;
  readonly repository: string;
}

/** Whether a detached signature over bytes is good and by a package key. */
export type MetadataVerifier = (signature: Uint8Array, bytes: Uint8Array) => Promise<boolean>;

const suites: Readonly<Record<string, string>> = {
  current: "",
  "current-testing": "-testing",
  "security-testing": "-securitytesting",
  unstable: "-unstable",
};

/** The folder whose files are the repository's packages, and that of its signed metadata. */
function foldersOf(root: string, place: RepositoryPlace): { packages: string; metadata: string; type: string } | null {
  const known: Distribution | null = parseDistribution(place.distribution);
  if (known === null) return null;
  const { release, repository } = place;
  switch (known.type) {
    case "rpm": {
      const folder = join(root, "rpm", release, repository, known.set, known.dist);
      return { packages: join(folder, "rpm"), metadata: join(folder, "repodata"), type: "rpm" };
    }
    case "deb": {
      const folder = join(root, "deb", release, known.set);
      const suite = `${known.dist}${suites[repository] ?? `-${repository}`}`;
      return { packages: join(folder, "pool"), metadata: join(folder, "dists", suite), type: "deb" };
    }
    case "archlinux": {
      const folder = join(root, "archlinux", release, repository, known.set, "archlinux/pkgs");
      return { packages: folder, metadata: folder, type: "archlinux" };
    }
    case "gentoo":
    case "windows":
      return null;
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Every file of that name among a repository's packages. */
export function findPackage(root: string, name: string, place: RepositoryPlace): FoundFile[] {
  const folders = foldersOf(root, place);
  if (folders === null || !existsSync(folders.packages)) return [];
  return readdirSync(folders.packages, { recursive: true, encoding: "utf8" })
    .filter((path) => basename(path) === name)
    .map((path) => join(folders.packages, path))
    .map((path) => ({ path, sha256: sha256(readFileSync(path)) }));
}

/** The signed metadata of a repository, with what is wrong with each signature. */
export async function signedMetadata(
  root: string,
  place: RepositoryPlace,
  verify: MetadataVerifier,
): Promise<SignedMetadata[]> {
  const folders = foldersOf(root, place);
  if (folders === null) return [];
  const at = (name: string): string => join(folders.metadata, name);
  const found: SignedMetadata[] = [];
  const detached = async (file: string, signature: string): Promise<void> => {
    if (!existsSync(file)) return;
    const bytes = readFileSync(file);
    const good = existsSync(signature) && (await verify(readFileSync(signature), bytes));
    const defect = good ? null : "has no good signature by a package key";
    found.push({ path: file, sha256: sha256(bytes), kind: "detach", defect });
  };
  if (folders.type === "rpm") await detached(at("repomd.xml"), at("repomd.xml.asc"));
  if (folders.type === "deb") {
    if (existsSync(at("Release.gpg"))) await detached(at("Release"), at("Release.gpg"));
    if (existsSync(at("InRelease"))) found.push(await clearSigned(at("InRelease"), verify));
  }
  if (folders.type === "archlinux") {
    const database = at(`qubes-${place.release}-${place.repository}.db`);
    await detached(database, `${database}.sig`);
  }
  return found;
}

/** A clear-signed file: what was signed is the text within. */
async function clearSigned(path: string, verify: MetadataVerifier): Promise<SignedMetadata> {
  const form =
    /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [A-Z0-9]+\n)?\n([\s\S]*?)\n(-----BEGIN PGP SIGNATURE-----\n[\s\S]*-----END PGP SIGNATURE-----)\n$/;
  const [, body, signature] = form.exec(readFileSync(path, "utf8")) ?? [];
  const lines = (body ?? "").split("\n").map((line) => line.replace(/^- /, ""));
  const text = Buffer.from(lines.join("\r\n"));
  const good = signature !== undefined && (await verify(Buffer.from(signature), text));
  return {
    path,
    // The announcement is of the bytes that were sent to be signed: the file with its last line feed.
    sha256: sha256(Buffer.from(`${lines.join("\n")}\n`)),
    kind: "clear",
    defect: good ? null : "has no good signature by a package key",
  };
}
