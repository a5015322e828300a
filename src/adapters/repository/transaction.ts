/**
 * One change of one repository, whole or not at all. What does not commit (package links, hash-named metadata) is written
 * first; then, under names of their own beside their places, the few files that commit; then these are renamed, in order.
 * A journal says at each moment how to go on:
 *
 *     staging      nothing that a client reads has changed: undo, by removing what was created
 *     committing   all that is needed lies on the disk: finish, by renaming what is not renamed yet
 *
 * A line of it is written, with its syncs, before the step that it speaks of; one that is cut off speaks of a step that has
 * not begun. What is durable at the same moment is synced side by side: a sync is what a change waits for most.
 */
import { dirname, join, resolve } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import type { Disk } from "../files/index.ts";
import { stateDirectory } from "./place.ts";

/** What is written before anything commits. Paths are relative to the root; `from` is absolute. */
export interface Staging {
  readonly links: readonly { readonly from: string; readonly to: string }[];
  readonly files: readonly { readonly path: string; readonly bytes: readonly Uint8Array[] }[];
  /** Every path that {@link Commit.files} may hold. */
  readonly commits: readonly string[];
}

/** A file that commits: its bytes, or the path of one that is written already, or commits before it, and is linked to. */
export type CommitFile =
  | { readonly path: string; readonly bytes: Uint8Array | string }
  | { readonly path: string; readonly sameAs: string };

/** What commits, in this order (the repository's own files, then records and state), and what is removed after it. */
export interface Commit {
  readonly files: readonly CommitFile[];
  readonly retired: readonly string[];
  /** Fails where something of it must not commit after all. */
  readonly judged: Promise<unknown>;
}

interface Journal {
  readonly phase: "staging" | "committing";
  /** Created by this change, and by nobody before: removed when it is undone. */
  readonly created: readonly string[];
  readonly commits: readonly string[];
  readonly retired: readonly string[];
}

function stagedName(path: string): string {
  return join(dirname(path), `.release-bot.${path.slice(path.lastIndexOf("/") + 1)}`);
}

/** The directory of the journals under a root. */
export function journalDirectory(root: string): string {
  return join(root, stateDirectory, "journal");
}

/** Carries changes out, under the lock of their repository, which the caller holds. */
export class Transaction {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #journal: string;

  constructor(disk: Disk, root: string, key: string) {
    this.#disk = disk;
    this.#root = root;
    this.#journal = join(journalDirectory(root), `${key}.json`);
  }

  /** Whether a crash left something half, or another process is at it. */
  isLeft(): boolean {
    return this.#disk.stat(this.#journal) !== null;
  }

  /** Finishes or undoes what a crash left half; answers what it did, null where there was nothing. */
  async recover(): Promise<"finished" | "undone" | null> {
    if (this.#disk.stat(this.#journal) === null) return null;
    const journal = parseJournal(this.#disk.read(this.#journal));
    if (journal?.phase === "committing") {
      await this.#finish(journal);
      return "finished";
    }
    if (journal === null) this.#disk.remove(this.#journal);
    else this.#undo(journal);
    return "undone";
  }

  /**
   * Writes what does not commit, while `sign` makes what does; commits. Where anything fails before the commit, the tree is
   * as it was, and the fault is thrown on; where it fails within, the next recovery finishes it.
   */
  async run(staging: Staging, sign: () => Promise<Commit>): Promise<void> {
    const wanted = [...staging.links.map((link) => link.to), ...staging.files.map((file) => file.path)];
    const created = wanted.filter((path) => this.#disk.stat(this.#at(path)) === null);
    const begun: Journal = { phase: "staging", created, commits: staging.commits, retired: [] };
    let signed: Promise<Commit> | null = null;
    let ready: Journal;
    try {
      const durable = this.#begin(begun);
      // What is signed changes nothing: it need not wait until the journal is durable, but all that is staged must.
      signed = sign();
      // They are waited for below; meanwhile their faults are nobody's surprise.
      signed.catch(() => undefined);
      await durable;
      await this.#stage(staging);
      const { files, retired, judged } = await signed;
      await this.#stageCommit(files);
      await judged;
      ready = { phase: "committing", created, commits: files.map((file) => file.path), retired };
      await this.#goOn(ready);
    } catch (error) {
      // Nothing is left running beside a change that has failed.
      await signed?.then(({ judged }) => judged).catch(() => undefined);
      this.#tryUndo(begun);
      throw error;
    }
    await this.#finish(ready);
  }

  #at(path: string): string {
    return resolve(this.#root, path);
  }

  /** Writes the journal, which fails at once; answers when it is durable. */
  #begin(journal: Journal): Promise<void> {
    this.#makeDirectory(dirname(this.#journal));
    this.#disk.write(this.#journal, `${JSON.stringify(journal)}\n`);
    const durable = this.#disk.syncAll([this.#journal, dirname(this.#journal)]);
    durable.catch(() => undefined);
    return durable;
  }

  async #goOn(journal: Journal): Promise<void> {
    this.#disk.append(this.#journal, `${JSON.stringify(journal)}\n`);
    await this.#disk.syncAll([this.#journal]);
  }

  async #stage(staging: Staging): Promise<void> {
    const unsynced = new Set<string>();
    for (const { from, to } of staging.links) {
      const target = this.#at(to);
      this.#makeDirectory(dirname(target));
      if (this.#disk.stat(target) === null) this.#linkOrCopy(from, target);
      unsynced.add(dirname(target));
    }
    for (const { path, bytes } of staging.files) {
      const target = this.#at(path);
      this.#makeDirectory(dirname(target));
      // A file of that hash may be one that clients read just now: it is never truncated. Its bytes are compared, since
      // one that a crash left behind need not be whole.
      const there = this.#disk.stat(target);
      if (there === null) this.#disk.write(target, bytes);
      else if (!isJust(this.#disk.read(target), bytes)) this.#disk.replace(target, bytes);
      unsynced.add(target).add(dirname(target));
    }
    await this.#disk.syncAll([...unsynced]);
  }

  async #stageCommit(files: readonly CommitFile[]): Promise<void> {
    const unsynced = new Set<string>();
    for (const file of files) {
      const target = this.#at(file.path);
      const staged = stagedName(target);
      this.#makeDirectory(dirname(target));
      this.#disk.remove(staged);
      if ("sameAs" in file) {
        const beside = stagedName(this.#at(file.sameAs));
        this.#disk.link(this.#disk.stat(beside) === null ? this.#at(file.sameAs) : beside, staged);
      } else {
        this.#disk.write(staged, file.bytes);
        unsynced.add(staged);
      }
      unsynced.add(dirname(target));
    }
    await this.#disk.syncAll([...unsynced]);
  }

  async #finish(journal: Journal): Promise<void> {
    const directories = new Set<string>();
    for (const path of journal.commits) {
      const target = this.#at(path);
      const staged = stagedName(target);
      if (this.#disk.stat(staged) === null) continue;
      this.#disk.rename(staged, target);
      // rename(2) does nothing where both names are links to one file already.
      this.#disk.remove(staged);
      directories.add(dirname(target));
    }
    // A crash that keeps some renames and loses others is finished from the journal, which stays until all of them are
    // durable.
    await this.#disk.syncAll([...directories]);
    directories.clear();
    for (const path of journal.retired.map((one) => this.#at(one))) {
      if (this.#disk.stat(dirname(path)) === null) continue;
      // Also where a run before this one has removed it: whether that was durable nobody knows.
      this.#disk.remove(path);
      directories.add(dirname(path));
    }
    await this.#disk.syncAll([...directories]);
    // Not synced: where a crash brings the journal back, there is nothing of it left to do, and the next change writes a
    // new one in its place before it begins.
    this.#disk.remove(this.#journal);
  }

  #undo(journal: Journal): void {
    for (const path of journal.commits) this.#disk.remove(stagedName(this.#at(path)));
    for (const path of journal.created) this.#disk.remove(this.#at(path));
    this.#disk.remove(this.#journal);
    this.#disk.syncDirectory(dirname(this.#journal));
  }

  #tryUndo(journal: Journal): void {
    try {
      this.#undo(journal);
    } catch (error) {
      // On a read-only or broken disk nothing can be undone now; the journal stands, and the next start does it.
      if (!(error instanceof AdapterError)) throw error;
    }
  }

  #linkOrCopy(from: string, to: string): void {
    try {
      this.#disk.link(from, to);
    } catch (error) {
      // Another file system (EXDEV), or one without hard links.
      if (!(error instanceof AdapterError) || this.#disk.stat(from) === null) throw error;
      this.#disk.write(to, this.#disk.read(from));
      this.#disk.syncFile(to);
    }
  }

  /** Makes a directory that is there after a crash, too: each new name is synced in the directory above it. */
  #makeDirectory(path: string): void {
    const missing: string[] = [];
    for (let one = path; this.#disk.stat(one) === null && one !== dirname(one); one = dirname(one)) missing.push(one);
    if (missing.length === 0) return;
    this.#disk.makeDirectory(path);
    for (const one of missing.reverse()) this.#disk.syncDirectory(dirname(one));
  }
}

/** Whether a file holds these pieces, one after the other, and nothing else. */
function isJust(file: Buffer, pieces: readonly Uint8Array[]): boolean {
  let left = file;
  for (const piece of pieces) {
    if (!left.subarray(0, piece.length).equals(piece)) return false;
    left = left.subarray(piece.length);
  }
  return left.length === 0;
}

/** What the last whole line says; null where not even the first was finished: then nothing had begun. */
function parseJournal(bytes: Uint8Array): Journal | null {
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  // The last one is empty, or cut off by a crash; but journals had no line feed at their end once.
  const unfinished = parseJson(lines.pop() ?? "");
  const known = [...lines.map(parseJson), ...(unfinished === undefined ? [] : [unfinished])].map(understand);
  return known.at(-1) ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function understand(value: unknown): Journal {
  const { phase, created, commits, retired } = (value ?? {}) as Partial<Journal>;
  const isList = (list: unknown): boolean => Array.isArray(list) && list.every((path) => typeof path === "string");
  if (!(phase === "staging" || phase === "committing") || ![created, commits, retired].every(isList)) {
    throw new AdapterError("UNEXPECTED_ANSWER", "a repository's journal is not one that release-bot wrote");
  }
  return { phase, created: created ?? [], commits: commits ?? [], retired: retired ?? [] };
}
