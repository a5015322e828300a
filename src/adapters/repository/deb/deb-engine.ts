import { mkdirSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Fingerprint } from "../../../domain/index.ts";
import { compareDebVersions } from "../../../formats/deb822/index.ts";
import { type Disk, inScratch } from "../../files/index.ts";
import { needTool } from "../../signer/index.ts";
import type { Engine, Entry, RenderContext, Rendering, SignatureCheck, Snapshot, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { Place } from "../place.ts";
import type { SignatureJudge } from "../signatures.ts";
import { checkDeb } from "./check-deb.ts";
import {
  chunksOfText,
  type DebSnapshot,
  debSnapshot,
  packagesPath,
  readDebSnapshot,
  sourcesPath,
} from "./deb-snapshot.ts";
import { poolDirectory } from "./pool.ts";
import { type BegunIndices, renderDeb } from "./render-deb.ts";

const limitMs = 600_000;

/** Debian suites over one pool: `dpkg-scanpackages` reads new packages, stanzas are spliced, InRelease commits. */
export class DebEngine implements Engine {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #judge: SignatureJudge;
  readonly #cache: MetadataCache;
  readonly #latest = new Map<string, DebSnapshot>();
  protected readonly begun: BegunIndices = new Map();

  constructor(parts: { disk: Disk; root: string; judge: SignatureJudge; cache: MetadataCache }) {
    this.#disk = parts.disk;
    this.#root = parts.root;
    this.#judge = parts.judge;
    this.#cache = parts.cache;
  }

  isThere(place: Place): boolean {
    const directory = join(this.#root, place.base, "dists", place.suite);
    return ["InRelease", "Release"].some((name) => this.#disk.stat(join(directory, name)) !== null);
  }

  read(place: Place): DebSnapshot {
    const read = readDebSnapshot(this.#disk, this.#cache, this.#root, place);
    const known = this.#latest.get(place.key);
    // The same signed text: the same snapshot, whose packages are indexed already.
    if (known?.exists && known.identity === read.identity) return known;
    this.#latest.set(place.key, read);
    return read;
  }

  async judge(snapshot: Snapshot, key: Fingerprint): Promise<SignatureCheck> {
    if (!snapshot.exists) return "absent";
    const directory = join(this.#root, snapshot.place.base, "dists", snapshot.place.suite);
    const inRelease = join(directory, "InRelease");
    if (this.#disk.stat(inRelease) !== null) {
      const judged = await this.#judge.clearSigned(key, this.#disk.read(inRelease));
      return { verdict: "wrong" in judged ? judged.wrong : null };
    }
    const signature = join(directory, "Release.gpg");
    if (this.#disk.stat(signature) === null) return { verdict: "it is not signed" };
    const release = this.#disk.read(join(directory, "Release"));
    return { verdict: await this.#judge.detachedBytes(key, this.#disk.read(signature), release) };
  }

  signatureOf(place: Place): Uint8Array | null {
    const directory = join(this.#root, place.base, "dists", place.suite);
    const path = ["InRelease", "Release.gpg"]
      .map((name) => join(directory, name))
      .find((one) => this.#disk.stat(one) !== null);
    return path === undefined ? null : this.#disk.read(path);
  }

  async check(snapshot: Snapshot, key: Fingerprint | null): Promise<readonly { path: string; what: string }[]> {
    const detached =
      key === null
        ? async () => null
        : (signature: Uint8Array, bytes: Uint8Array) => this.#judge.detachedBytes(key, signature, bytes);
    return checkDeb(this.#disk, this.#root, snapshot as DebSnapshot, detached);
  }

  /** Debian packages carry no signature of their own: the suite that lists them vouches for them. */
  async judgePackages(): Promise<ReadonlyMap<string, string | null>> {
    return new Map();
  }

  async describe(place: Place, files: readonly string[]): Promise<Snapshot> {
    return inScratch("scan", async (work) => {
      // The tree as it will lie in the archive, so that the tools write the right file names.
      const paths = await poolPaths(files);
      for (const [path, file] of paths) {
        mkdirSync(join(work, dirname(path)), { recursive: true });
        symlinkSync(file, join(work, path));
      }
      const quiet = { directory: work, limitMs };
      const packages = await needTool({ program: "dpkg-scanpackages", args: ["--multiversion", "pool"], ...quiet });
      const sources = files.some((file) => file.endsWith(".dsc"))
        ? await needTool({ program: "dpkg-scansources", args: ["pool"], ...quiet })
        : Buffer.alloc(0);
      return debSnapshot(
        place,
        null,
        new Map([
          [packagesPath("amd64"), chunksOfText(packages)],
          [sourcesPath, chunksOfText(sources)],
        ]),
        paths,
      );
    });
  }

  compare(a: string, b: string): number {
    return compareDebVersions(a, b);
  }

  /** A suite holds one version of a package, as with reprepro; the pool keeps the files. */
  replacedBy(snapshot: Snapshot, entry: Entry): readonly Entry[] {
    return snapshot
      .entries()
      .filter((other) => other.name === entry.name && (other.arch === "source") === (entry.arch === "source"))
      .filter((other) => other.arch === entry.arch || other.arch === "all" || entry.arch === "all");
  }

  render(snapshot: Snapshot, change: SnapshotChange, context: RenderContext): Rendering | Promise<Rendering> {
    const parts = { cache: this.#cache, begun: this.begun };
    return renderDeb(parts, snapshot as DebSnapshot, change, context);
  }
}

/** Where each file of a build belongs in the archive: under the name of its source package. */
export async function poolPaths(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let source: string | null = null;
  for (const file of files) {
    if (!file.endsWith(".deb")) continue;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-deb fills this one in.
    const args = ["--showformat=${source:Package}", "-W", file];
    const named = (await needTool({ program: "dpkg-deb", args, limitMs })).toString("utf8").trim();
    source ??= named;
    found.set(`${poolDirectory(named)}/${basename(file)}`, file);
  }
  for (const file of files) {
    if (file.endsWith(".deb")) continue;
    const own = /^([a-z0-9][a-z0-9+.-]*)_/.exec(basename(file))?.[1];
    found.set(`${poolDirectory(own ?? source ?? "unknown")}/${basename(file)}`, file);
  }
  return found;
}
