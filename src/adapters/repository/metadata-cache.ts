/**
 * Metadata that has been read and checked, kept by the SHA-256 of its file: a promotion into a repository of thousands of
 * packages would otherwise spend its time on inflating again what it wrote itself a minute ago.
 */
import type { Chunk } from "../../formats/gzip/index.ts";

interface Kept {
  readonly value: unknown;
  readonly bytes: number;
}

/** Least recently used goes first, once `limit` bytes are held. */
export class MetadataCache {
  readonly #limit: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

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
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.open.length, 0);
    this.#kept.delete(key);
    this.#kept.set(key, { value, bytes });
    this.#bytes = [...this.#kept.values()].reduce((sum, kept) => sum + kept.bytes, 0);
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#limit || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= kept.bytes;
    }
  }
}
