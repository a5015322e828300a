/**
 * Metadata that has been read and checked, kept by the SHA-256 of its file: a promotion into a repository of thousands of
 * packages would otherwise spend its time on inflating again what it wrote itself a minute ago.
 */
import type { Chunk } from "../../formats/gzip/index.ts";

interface Kept {
  readonly value: unknown;
  readonly chunks: readonly Chunk[];
}

/** Least recently used goes first, once `limit` bytes are held. */
export class MetadataCache {
  readonly #limit: number;
  readonly #kept = new Map<string, Kept>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value kept under the key (kind and hash), else the one that `make` makes from bytes of that hash. */
  get<T extends object>(key: string, make: () => T, chunksOf: (value: T) => readonly Chunk[]): T {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value as T;
    }
    const value = make();
    this.put(key, value, chunksOf(value));
    return value;
  }

  put(key: string, value: object, chunks: readonly Chunk[]): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, chunks });
    for (const oldest of [...this.#kept.keys()]) {
      if (this.#held() <= this.#limit || oldest === key) break;
      this.#kept.delete(oldest);
    }
  }

  /** A list shares most of its chunks with the one that it took the place of: each counts once. */
  #held(): number {
    const distinct = new Set([...this.#kept.values()].flatMap((kept) => kept.chunks));
    let bytes = 0;
    for (const chunk of distinct) bytes += chunk.open.length;
    return bytes;
  }
}
