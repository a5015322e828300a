import { statSync } from "node:fs";

/** What tells that a file is still the one that was read. */
export interface FileStamp {
  readonly file: string;
  /** Device, inode, size, times; empty where there was no file. */
  readonly words: string;
  /** When the kernel last noted a change, in milliseconds since the epoch. */
  readonly changedMs: number;
}

/** Clocks of file systems tick every few milliseconds: what was changed this lately may change again unseen. */
const settledMs = 1_000;

/**
 * Taken before the file is read, so that a change while reading is not missed. The time of the last change of status is
 * the kernel's own: it cannot be set back, as the time of writing can.
 */
export function stampFile(file: string): FileStamp {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return { file, words: "", changedMs: Number.POSITIVE_INFINITY };
  const words = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
  return { file, words, changedMs: Number(found.ctimeNs / 1_000_000n) };
}

/**
 * Keeps what was made from files for as long as none of them changes: configurations are asked for at every command, and
 * parsing them takes longer than verifying it.
 */
export class UnchangedFiles<T> {
  readonly #kept = new Map<string, { readonly stamps: readonly FileStamp[]; readonly value: T }>();

  /** What was made under that key; null where a file has changed since, or nothing is kept. */
  find(key: string): T | null {
    const kept = this.#kept.get(key);
    return kept?.stamps.every(({ file, words }) => stampFile(file).words === words) === true ? kept.value : null;
  }

  /** Keeps a value with the stamps of all that it was made from; not yet, where one was changed just now. */
  keep(key: string, stamps: readonly FileStamp[], value: T, nowMs: number): void {
    if (stamps.every(({ changedMs }) => changedMs < nowMs - settledMs)) this.#kept.set(key, { stamps, value });
  }
}
