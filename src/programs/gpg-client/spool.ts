import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeScratch } from "../../adapters/files/index.ts";

/** The bytes to be signed, which are needed twice: for the announcement, and for the signature. */
export interface Spooled {
  readonly sha256: string;
  readonly length: number;
  /** Reads them (again). */
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Removes what was written for it. */
  remove(): void;
}

/** More than this is not held in memory: builder v2 signs whole ISOs. */
const heldBytes = 8 * 1024 * 1024;

/** Hashes a file, or standard input (null) which it keeps; a named pipe, as rpmsign gives one, is read once. */
export async function spool(input: string | null): Promise<Spooled> {
  const plain = input !== null && statSync(input).isFile();
  const source = input === null ? process.stdin : createReadStream(input);
  const hash = createHash("sha256");
  const held: Buffer[] = [];
  let length = 0;
  let file: { readonly path: string; readonly directory: string; readonly descriptor: number } | null = null;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
    if (plain) continue;
    held.push(chunk);
    if (length <= heldBytes) continue;
    file ??= spoolFile();
    for (const piece of held.splice(0)) writeSync(file.descriptor, piece);
  }
  if (file !== null) closeSync(file.descriptor);
  const path = plain ? input : (file?.path ?? null);
  return {
    sha256: hash.digest("hex"),
    length,
    read: () => (path === null ? held : (createReadStream(path) as AsyncIterable<Uint8Array>)),
    remove: () => {
      if (file !== null) rmSync(file.directory, { recursive: true, force: true });
    },
  };
}

function spoolFile(): { path: string; directory: string; descriptor: number } {
  const directory = makeScratch("sign");
  const path = join(directory, "data");
  return { path, directory, descriptor: openSync(path, "wx", 0o600) };
}
