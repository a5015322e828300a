import { createHash, hash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Sha256 } from "../../domain/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { Chunk } from "../../formats/gzip/index.ts";

/** SHA-256 of bytes, 64 lower-case hex digits. */
export function sha256Of(bytes: Uint8Array): Sha256 {
  return hash("sha256", bytes) as Sha256;
}

/** The same over pieces, one after the other. */
export function sha256OfPieces(pieces: readonly Uint8Array[]): Sha256 {
  const running = createHash("sha256");
  for (const piece of pieces) running.update(piece);
  return running.digest("hex") as Sha256;
}

/** How long pieces are together, in bytes. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

const stepBytes = 2 << 20;

/**
 * A SHA-256 over what chunks inflate to, that can be begun before all of them are known: a list of packages is tens of
 * megabytes long, of which a promotion changes the count at the beginning and a few elements at the end.
 */
export class OpenDigest {
  readonly #running = createHash("sha256");
  readonly #chunks: Chunk[] = [];

  /** Goes over these chunks now. */
  constructor(chunks: readonly Chunk[]) {
    for (const chunk of chunks) this.#add(chunk);
  }

  /** Goes over them in steps of a millisecond or two, between which others have their turn. */
  static async inSteps(chunks: readonly Chunk[]): Promise<OpenDigest> {
    const digest = new OpenDigest([]);
    let since = 0;
    for (const chunk of chunks) {
      digest.#add(chunk);
      since += chunk.open.length;
      if (since < stepBytes) continue;
      since = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return digest;
  }

  #add(chunk: Chunk): void {
    this.#running.update(chunk.open);
    this.#chunks.push(chunk);
  }

  /** How many chunks were gone over. */
  get length(): number {
    return this.#chunks.length;
  }

  /** Whether all that was gone over is what `chunks` begin with. */
  begins(chunks: readonly Chunk[]): boolean {
    return this.#chunks.every((known, index) => {
      const chunk = chunks[index];
      return chunk !== undefined && (chunk === known || chunk.open.equals(known.open));
    });
  }

  /** The digest of `chunks`, which begin with what was gone over; 64 lower-case hex digits. */
  over(chunks: readonly Chunk[]): string {
    const running = this.#running.copy();
    for (const chunk of chunks.slice(this.#chunks.length)) running.update(chunk.open);
    return running.digest("hex");
  }
}

/** SHA-256 of a file of any length, read in pieces, of each of which is told. Throws AdapterError `NOT_FOUND`. */
export function sha256OfFile(path: string, tell?: (bytes: number) => void): Sha256 {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw new AdapterError("NOT_FOUND", `${path} cannot be read`, error);
  }
  try {
    const running = createHash("sha256");
    const piece = Buffer.allocUnsafe(1 << 20);
    for (let length = readSync(descriptor, piece); length > 0; length = readSync(descriptor, piece)) {
      running.update(piece.subarray(0, length));
      tell?.(length);
    }
    return running.digest("hex") as Sha256;
  } finally {
    closeSync(descriptor);
  }
}

/** The same of several, in order; tells how many of all their bytes have been read. */
export function sha256OfFiles(
  paths: readonly string[],
  tell: (bytes: { readonly done: number; readonly total: number }) => void,
): Sha256[] {
  const total = paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  let done = 0;
  return paths.map((path) =>
    sha256OfFile(path, (bytes) => {
      done += bytes;
      tell({ done, total });
    }),
  );
}
