import { mkdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { AdapterError, type Fingerprint } from "../../../domain/index.ts";
import { compareEvr, parseEvr } from "../../../formats/rpm/index.ts";
import { type Disk, inScratch } from "../../files/index.ts";
import { needTool } from "../../signer/index.ts";
import type { Engine, Entry, RenderContext, Rendering, SignatureCheck, Snapshot, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { Place } from "../place.ts";
import type { SignatureJudge } from "../signatures.ts";
import { checkRpm, type Fault } from "./check-rpm.ts";
import { type BegunLists, beginLists, renderRpm } from "./render-rpm.ts";
import { judgeRpms } from "./rpm-signatures.ts";
import { type RpmSnapshot, readRpmSnapshot } from "./rpm-snapshot.ts";

const limitMs = 600_000;

/** rpm repositories: `createrepo_c` reads new packages, the lists are spliced, one signature covers repomd.xml. */
export class RpmEngine implements Engine {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #judge: SignatureJudge;
  readonly #cache: MetadataCache;
  readonly #latest = new Map<string, RpmSnapshot>();
  /** What was hashed ahead of the next rendering, by repository. */
  readonly #begun = new Map<string, BegunLists>();

  constructor(parts: { disk: Disk; root: string; judge: SignatureJudge; cache: MetadataCache }) {
    this.#disk = parts.disk;
    this.#root = parts.root;
    this.#judge = parts.judge;
    this.#cache = parts.cache;
  }

  isThere(place: Place): boolean {
    return this.#disk.stat(join(this.#root, place.base, "repodata/repomd.xml")) !== null;
  }

  read(place: Place): RpmSnapshot {
    const read = readRpmSnapshot(this.#disk, this.#cache, this.#root, place);
    const known = this.#latest.get(place.key);
    // The same repomd.xml: the same snapshot, whose packages are known already.
    if (known?.exists && known.identity === read.identity) return known;
    this.#latest.set(place.key, read);
    return read;
  }

  async judge(snapshot: Snapshot, key: Fingerprint): Promise<SignatureCheck> {
    const { repomdBytes, place } = snapshot as RpmSnapshot;
    if (repomdBytes === null) return "absent";
    const signature = join(this.#root, place.base, "repodata/repomd.xml.asc");
    if (this.#disk.stat(signature) === null) return { verdict: "it is not signed" };
    return { verdict: await this.#judge.detachedBytes(key, this.#disk.read(signature), repomdBytes) };
  }

  signatureOf(place: Place): Uint8Array | null {
    const path = join(this.#root, place.base, "repodata/repomd.xml.asc");
    return this.#disk.stat(path) === null ? null : this.#disk.read(path);
  }

  async check(snapshot: Snapshot): Promise<readonly Fault[]> {
    return checkRpm(this.#disk, this.#root, snapshot as RpmSnapshot);
  }

  async judgePackages(paths: readonly string[], key: Fingerprint): Promise<ReadonlyMap<string, string | null>> {
    return this.#judge.byCertificate(key, (certificate) => judgeRpms(certificate, paths));
  }

  async describe(place: Place, files: readonly string[]): Promise<Snapshot> {
    return inScratch("createrepo", async (work) => {
      mkdirSync(join(work, "rpm"));
      for (const file of files) {
        if (basename(file).endsWith(".rpm")) symlinkSync(file, join(work, "rpm", basename(file)));
      }
      // No database, hash-named files: as the oracle in the tests, so that entries are the same byte for byte.
      const args = ["--quiet", "--no-database", "--checksum", "sha256", "--workers", "1", work];
      await needTool({ program: "createrepo_c", args, limitMs });
      return readRpmSnapshot(this.#disk, this.#cache, work, { ...place, base: "." });
    });
  }

  compare(a: string, b: string): number {
    const left = parseEvr(a);
    const right = parseEvr(b);
    if (left === null || right === null) throw new AdapterError("UNEXPECTED_ANSWER", `'${a}' or '${b}' is no version`);
    return compareEvr(left, right);
  }

  /** An rpm repository holds many versions of a package beside each other: nothing goes. */
  replacedBy(): readonly Entry[] {
    return [];
  }

  async prepare(snapshot: Snapshot, added: number): Promise<void> {
    if (snapshot.exists) this.#begun.set(snapshot.place.key, await beginLists(snapshot as RpmSnapshot, added));
  }

  render(snapshot: Snapshot, change: SnapshotChange, context: RenderContext): Rendering {
    const begun = this.#begun.get(snapshot.place.key) ?? null;
    this.#begun.delete(snapshot.place.key);
    const parts = { disk: this.#disk, root: this.#root, cache: this.#cache, begun };
    return renderRpm(parts, snapshot as RpmSnapshot, change, context);
  }
}
