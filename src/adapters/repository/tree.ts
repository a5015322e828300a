/** The tree under one root: its engines, its locks, and one way to change a repository. */
import { join } from "node:path";
import { AdapterError, type Fingerprint, type Tell } from "../../domain/index.ts";
import type { Signer, SignRequest } from "../../promotion/index.ts";
import { ArchEngine } from "./arch/arch-engine.ts";
import { DebEngine } from "./deb/deb-engine.ts";
import { isKeptByReprepro, RepreproEngine } from "./deb/reprepro-engine.ts";
import type { Engine, Rendering, Snapshot, SnapshotChange } from "./engine.ts";
import type { RepositoriesOptions } from "./face.ts";
import { type Generations, parseGenerations } from "./generations.ts";
import { knownKeyFile } from "./known-keys.ts";
import { type Lock, takeLocks } from "./lock.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { type Place, stateDirectory } from "./place.ts";
import { Records } from "./records.ts";
import { RpmEngine } from "./rpm/rpm-engine.ts";
import { SignatureJudge } from "./signatures.ts";
import { signersFile } from "./signers.ts";
import type { ChangeSteps } from "./steps.ts";
import { type CommitFile, type Staging, Transaction } from "./transaction.ts";

/** Metadata of a few repositories of thousands of packages: about 20 MB each, inflated. */
const cacheBytes = 64 << 20;
/** A publication of many large packages may hold a repository for a while. */
const lockLimitMs = 10 * 60_000;

/** A change of one repository: what its metadata becomes, which files come and go, which records say so. */
export interface RepositoryChange {
  readonly snapshot: Snapshot;
  readonly change: SnapshotChange;
  readonly signKey: Fingerprint;
  readonly former: "offered" | "withdrawn";
  /** Package files, from absolute paths to paths relative to the root. */
  readonly links: Staging["links"];
  /** Package files that take the place of others under the same name. */
  readonly replaced: Staging["links"];
  /** Package files that go, relative to the root. */
  readonly gone: readonly string[];
  /** Records by absolute path. */
  readonly records: readonly { readonly path: string; readonly text: string }[];
}

/** What all operations share. */
export class Tree {
  readonly options: RepositoriesOptions;
  readonly records: Records;
  readonly judge: SignatureJudge;
  /** Tells whoever watches, if anybody does. */
  readonly tell: Tell;
  readonly #own = new Map<string, string>();
  readonly #reprepro: RepreproEngine;
  readonly #engines: Readonly<Record<Place["type"], Engine>>;

  constructor(options: RepositoriesOptions) {
    this.options = options;
    this.tell = options.tell ?? (() => undefined);
    this.records = new Records(options);
    this.judge = new SignatureJudge(options.keys, options.clock);
    const { disk, root } = options;
    const parts = { disk, root, judge: this.judge, cache: new MetadataCache(cacheBytes) };
    this.#reprepro = new RepreproEngine(parts);
    this.#engines = { rpm: new RpmEngine(parts), deb: new DebEngine(parts), archlinux: new ArchEngine(parts) };
  }

  engine(place: Place): Engine {
    return this.#keptByReprepro(place) ? this.#reprepro : this.#engines[place.type];
  }

  #keptByReprepro(place: Place): boolean {
    if (place.type !== "deb" || this.options.debEngine === "native") return false;
    return this.options.debEngine === "reprepro" || isKeptByReprepro(this.options.disk, this.at(place.base));
  }

  /** Absolute, for a path relative to the root. */
  at(path: string): string {
    return join(this.options.root, path);
  }

  /** Runs the action with the repository (and the pool, where it is changed, too) to itself, mended after any crash. */
  async alone<T>(place: Place, pool: "changed" | "untouched", action: () => Promise<T>): Promise<T> {
    // reprepro's database is one for all suites: whoever changes one suite has the pool to himself.
    // What a crash left half is undone with the pool held, too: another suite must not take up a file that then goes.
    const shared = pool === "changed" || this.#keptByReprepro(place) || this.transaction(place.key).isLeft();
    const keys = shared && place.sharedKey !== null ? [place.key, place.sharedKey] : [place.key];
    const lock = await this.#lock(keys);
    try {
      await this.transaction(place.key).recover();
      await this.settle(place);
      return await action();
    } finally {
      lock.release();
    }
  }

  transaction(key: string): Transaction {
    return new Transaction(this.options.disk, this.options.root, key);
  }

  /** What a crash left open beside the tree: first the change of the repository that it was for, which another may be. */
  async settle(place: Place): Promise<Place | null> {
    const engine = this.engine(place);
    const left = engine.unsettled?.(place) ?? null;
    if (left === null) return null;
    await this.transaction(left.key).recover();
    await engine.settle?.(left);
    return left;
  }

  /** After a change that stands, or does not: what cannot be settled now, on a full disk, the next start settles. */
  async #trySettle(place: Place): Promise<void> {
    if (this.transaction(place.key).isLeft()) return;
    try {
      await this.engine(place).settle?.(place);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
    }
  }

  /** Takes the locks of these keys. */
  async #lock(keys: readonly string[], limitMs = lockLimitMs): Promise<Lock> {
    const directory = join(this.options.root, stateDirectory, "locks");
    this.options.disk.makeDirectory(directory);
    return takeLocks(directory, keys, limitMs, () =>
      this.tell({ what: "waits for another change of the repository", done: 0, total: null }),
    );
  }

  async #lockUnlessBusy(keys: readonly string[]): Promise<Lock | null> {
    try {
      return await this.#lock(keys, 0);
    } catch (error) {
      if (error instanceof AdapterError && error.code === "TIMEOUT") return null;
      throw error;
    }
  }

  /** Runs the action unless somebody is at it: what lies there is then no crash's, and nobody need wait for it. */
  async unlessBusy(keys: readonly string[], action: () => Promise<string[]>): Promise<string[]> {
    const lock = await this.#lockUnlessBusy(keys);
    if (lock === null) return [];
    try {
      return await action();
    } finally {
      lock.release();
    }
  }

  /** Refuses to go on from metadata that is not signed by the key: whoever wrote it would have ours signed. */
  async needSigned(snapshot: Snapshot, key: Fingerprint): Promise<void> {
    // What this very process signed and looked at is known by its hash.
    if (this.#own.get(snapshot.place.key) === `${key} ${snapshot.identity}`) return;
    const check = await this.engine(snapshot.place).judge(snapshot, key);
    if (check === "absent" || check.verdict === null) return;
    const { base, suite } = snapshot.place;
    const which = suite === "" ? base : `${base} (${suite})`;
    throw new AdapterError("UNEXPECTED_ANSWER", `the metadata of ${which}: ${check.verdict}`);
  }

  /** Makes the new metadata, has it signed, and commits all of it in one step. */
  async change(change: RepositoryChange, signer: Signer, steps: ChangeSteps | null): Promise<void> {
    const { place } = change.snapshot;
    try {
      const identity = await this.#change(change, signer, steps);
      this.#remember(place, change.signKey, identity);
    } finally {
      await this.#trySettle(place);
    }
  }

  async #change(change: RepositoryChange, signer: Signer, steps: ChangeSteps | null): Promise<string> {
    const { place } = change.snapshot;
    steps?.at("makes the metadata");
    const now = this.options.clock();
    const rendering = await this.engine(place).render(change.snapshot, change.change, {
      now,
      signKey: change.signKey,
      mirrors: this.options.mirrors ?? [],
      former: change.former,
    });
    const generations = this.#generations(place).next(rendering, now);
    const state = { path: this.#statePath(place), bytes: generations.text };
    const key = knownKeyFile(this.options, change.signKey, await this.judge.certificate(change.signKey));
    const signers = signersFile(this.options, place, change.signKey);
    const records = [...change.records.map(({ path, text }) => ({ path, bytes: text })), ...key, ...signers];
    const replaced = change.replaced.map(({ from, to }) => ({ path: to, sameAs: from }));
    const paths = [...replaced, ...rendering.commits, ...records, state].map((file) => file.path);
    steps?.at("signs and commits");
    await this.transaction(place.key).run({ links: change.links, files: rendering.files, commits: paths }, async () => {
      const { files, judged } = await this.#signed(rendering, signer);
      const retired = [...change.gone, ...generations.retired];
      return { files: [...replaced, ...files, ...records, state], retired, judged };
    });
    return rendering.identity;
  }

  /** Notes what the repository holds now as what this process wrote itself. */
  #remember(place: Place, key: Fingerprint, identity: string): void {
    this.#own.set(place.key, `${key} ${identity}`);
  }

  /** What commits, signed; what the signer answered is looked at before any client sees it. */
  async #signed(
    rendering: Rendering,
    signer: Signer,
  ): Promise<{ readonly files: readonly CommitFile[]; readonly judged: Promise<unknown> }> {
    const judging: Promise<void>[] = [];
    const signing = rendering.commits.map(async (file): Promise<CommitFile> => {
      if (!("signature" in file)) return file;
      const bytes = await signer.sign(file.signature);
      const judged = this.#needGood(file.signature, bytes);
      // The caller waits for all of them; until then a fault is nobody's surprise.
      judged.catch(() => undefined);
      judging.push(judged);
      return { path: file.path, bytes };
    });
    const ended = await Promise.allSettled(signing);
    if (ended.some((one) => one.status === "rejected")) await Promise.allSettled(judging);
    const files = await Promise.all(signing);
    const judged = Promise.all(judging);
    judged.catch(() => undefined);
    return { files, judged };
  }

  async #needGood(request: SignRequest, answer: Uint8Array): Promise<void> {
    const what = await this.#fault(request, answer);
    if (what !== null) throw new AdapterError("SIGNER_FAILED", `the signature of ${request.name}: ${what}`);
  }

  /** Null where the answer is a good signature over exactly what was asked for. */
  async #fault(request: SignRequest, answer: Uint8Array): Promise<string | null> {
    if (request.kind === "detach") return this.judge.detachedBytes(request.key, answer, request.bytes);
    const judged = await this.judge.clearSigned(request.key, answer);
    if ("wrong" in judged) return judged.wrong;
    const asked = Buffer.from(request.bytes).toString("utf8");
    return judged.text.trimEnd() === asked.trimEnd() ? null : "it is over another text";
  }

  #statePath(place: Place): string {
    return join(this.options.root, stateDirectory, "state", `${place.key}.json`);
  }

  #generations(place: Place): Generations {
    const path = this.#statePath(place);
    return parseGenerations(this.options.disk.stat(path) === null ? null : this.options.disk.read(path));
  }
}
