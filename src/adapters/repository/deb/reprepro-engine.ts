/**
 * An archive whose truth is reprepro's database. That is changed by reprepro itself, then exported beside the tree, always:
 * a crash between its own commit and its export would otherwise never heal. What was exported is signed and committed as
 * our own engine does it, so that no client sees a suite between export and signature.
 */
import { join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import { type Disk, inScratch } from "../../files/index.ts";
import { needTool } from "../../signer/index.ts";
import type { Entry, RenderContext, Rendering, Snapshot, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { Place } from "../place.ts";
import type { SignatureJudge } from "../signatures.ts";
import { DebEngine } from "./deb-engine.ts";
import { type DebSnapshot, readDebSnapshot } from "./deb-snapshot.ts";
import { forgetKept, keepDatabase, keptDatabase, putBack, syncWritten } from "./kept-database.ts";
import { renderIndices } from "./render-deb.ts";
import { removeStaleLock, untilUnused } from "./reprepro-lock.ts";

const limitMs = 600_000;

/** Whether reprepro keeps this archive. */
export function isKeptByReprepro(disk: Disk, base: string): boolean {
  return disk.stat(join(base, "db/packages.db")) !== null;
}

/** The engine over reprepro's database. */
export class RepreproEngine extends DebEngine {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #cache: MetadataCache;

  get #where(): { disk: Disk; root: string } {
    return { disk: this.#disk, root: this.#root };
  }

  constructor(parts: { disk: Disk; root: string; judge: SignatureJudge; cache: MetadataCache }) {
    super(parts);
    this.#disk = parts.disk;
    this.#root = parts.root;
    this.#cache = parts.cache;
  }

  override async render(before: Snapshot, change: SnapshotChange, context: RenderContext): Promise<Rendering> {
    const snapshot = before as DebSnapshot;
    const { place } = snapshot;
    const base = this.#baseOf(place);
    await untilUnused(base);
    const paths = change.add.flatMap((entry) => entry.files.map((file) => `${place.base}/${file.path}`));
    const brings = paths.filter((path) => this.#disk.stat(join(this.#root, path)) === null);
    keepDatabase(this.#where, join(base, "db"), { place, identity: snapshot.identity, brings });
    return inScratch("export", async (work) => {
      // What is replaced is taken out first: an older version that comes back would be passed over in silence.
      for (const entry of change.remove) await this.#remove(place, entry);
      for (const entry of change.add) await this.#include(place, entry, change.from as DebSnapshot | null);
      await this.#reprepro(place, ["--distdir", work, "export", place.suite]);
      syncWritten(this.#where, place.base, brings);
      const exported = readDebSnapshot(this.#disk, this.#cache, work, { ...place, base: "." }, work);
      needPlanned(snapshot, change, exported);
      return renderIndices({ cache: this.#cache, begun: this.begun }, snapshot, exported.indices, context);
    });
  }

  unsettled(place: Place): Place | null {
    return keptDatabase(this.#where, place)?.place ?? null;
  }

  /** The database goes back to what it was, unless the suite was committed. */
  async settle(place: Place): Promise<void> {
    const kept = keptDatabase(this.#where, place);
    if (kept === null) return;
    const base = this.#baseOf(place);
    await untilUnused(base);
    if (this.read(kept.place).identity === kept.identity) putBack(this.#where, join(base, "db"), kept);
    forgetKept(this.#where, kept);
  }

  /** From another suite of the archive its record is copied; a new build's file is included. */
  async #include(place: Place, entry: Entry, from: DebSnapshot | null): Promise<void> {
    const [first] = entry.files;
    const source = from?.exists === true ? from.place.suite : null;
    if (source !== null) {
      // `copy` takes one package of one kind; a whole source would take what the plan does not name.
      const type = entry.arch === "source" ? ["--type", "dsc"] : ["--type", "deb"];
      await this.#reprepro(place, [...type, "copy", place.suite, source, entry.name]);
      return;
    }
    const where = from?.origin(first.path) ?? join(this.#baseOf(place), first.path);
    const action = entry.arch === "source" ? "includedsc" : "includedeb";
    await this.#reprepro(place, [action, place.suite, where]);
  }

  async #remove(place: Place, entry: Entry): Promise<void> {
    const type = entry.arch === "source" ? "dsc" : "deb";
    await this.#reprepro(place, ["--type", type, "remove", place.suite, entry.name]);
  }

  async #reprepro(place: Place, words: readonly string[]): Promise<void> {
    const base = this.#baseOf(place);
    removeStaleLock(base);
    const options = ["--silent", "--keepunreferencedfiles", "--ignore=surprisingbinary", "--ignore=surprisingarch"];
    const exporting = words.includes("export") ? [] : ["--export=never"];
    // It waits a little for another reprepro, of builder v2 for example, which holds the database rightly.
    const args = [...options, ...exporting, "--waitforlock", "30", "--basedir", base, ...words];
    try {
      await needTool({ program: "reprepro", args, limitMs });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      throw new AdapterError(error.code, `reprepro ${words.slice(-3).join(" ")}: ${error.message}`, error);
    }
  }

  #baseOf(place: Place): string {
    return join(this.#root, place.base);
  }
}

/** What else stands in the database than in the suite, from a reprepro of others that was cut off, nobody has planned or signed. */
function needPlanned(before: Snapshot, change: SnapshotChange, exported: Snapshot): void {
  const known = (entries: readonly Entry[]): Map<string, Entry> =>
    new Map(entries.map((entry) => [`${entry.arch} ${entry.files.map((file) => file.sha256).sort()}`, entry]));
  const removed = new Set(change.remove);
  const wanted = known([...before.entries().filter((entry) => !removed.has(entry)), ...change.add]);
  const found = known(exported.entries());
  const differing = [
    ...[...found].filter(([key]) => !wanted.has(key)).map(([, entry]) => `has ${entry.name} ${entry.version}`),
    ...[...wanted].filter(([key]) => !found.has(key)).map(([, entry]) => `lacks ${entry.name} ${entry.version}`),
  ];
  if (differing.length === 0) return;
  const { base, suite } = before.place;
  const what = `reprepro's database of ${base} and its suite ${suite} disagree: it ${differing.slice(0, 5).join(", ")}`;
  throw new AdapterError(
    "UNEXPECTED_ANSWER",
    `${what}; bring it in order with reprepro, export and sign, then try again`,
  );
}
