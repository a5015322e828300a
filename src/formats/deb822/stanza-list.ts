/**
 * Packages and Sources: stanzas with an empty line after each. Like rpm's lists they are spliced as bytes, in chunks of
 * whole stanzas; a stanza goes from one suite to another exactly as the first suite's signature vouches for it.
 */
import { type Chunk, chunkLength, chunkOf, takesMore } from "../gzip/index.ts";

/** Fields of one stanza, by lower-case name; further lines of a field keep their line feeds. */
export type Fields = ReadonlyMap<string, string>;

/** Reads the fields of one stanza. Throws RangeError where a line is none of a field's. */
export function parseFields(text: string): Fields {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    if (/^[ \t]/.test(line)) {
      if (name === "") throw new RangeError("a stanza begins with a continued line");
      fields.set(name, `${fields.get(name) ?? ""}\n${line}`);
      continue;
    }
    const colon = line.indexOf(":");
    name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !/^[!-9;-~]+$/.test(name)) throw new RangeError(`a stanza holds the line '${line.slice(0, 60)}'`);
    if (fields.has(name)) throw new RangeError(`a stanza has the field '${name}' twice`);
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** Takes a list of stanzas apart; each comes with exactly one empty line at its end. */
export function splitStanzas(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let from = 0;
  while (from < bytes.length) {
    while (bytes[from] === 0x0a) from += 1;
    if (from >= bytes.length) break;
    const end = bytes.indexOf("\n\n", from);
    if (end === -1) {
      const rest = bytes.subarray(from);
      found.push(Buffer.concat([rest, Buffer.from(rest.at(-1) === 0x0a ? "\n" : "\n\n")]));
      break;
    }
    found.push(bytes.subarray(from, end + 2));
    from = end + 2;
  }
  return found;
}

/** Packs stanzas that lie one after the other in one buffer. */
function packStanzas(stanzas: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < stanzas.length; ) {
    const end = stanzas.indexOf(blank, Math.min(from + chunkLength, stanzas.length) - blank.length);
    const to = end === -1 ? stanzas.length : end + blank.length;
    chunks.push(chunkOf(stanzas.subarray(from, to)));
    from = to;
  }
  return chunks;
}

/** The list in chunks of whole stanzas: as it came where it is in such chunks already, else packed anew. */
export function readStanzaList(chunks: readonly Chunk[]): readonly Chunk[] {
  const whole = (bytes: Buffer): boolean => bytes.length > 2 && bytes[0] !== 0x0a && bytes.subarray(-2).equals(blank);
  if (chunks.every((chunk) => whole(chunk.open))) return chunks;
  const [first, ...rest] = chunks.map((chunk) => chunk.open);
  const bytes = first !== undefined && rest.length === 0 ? first : Buffer.concat(chunks.map((chunk) => chunk.open));
  return packStanzas(Buffer.concat(splitStanzas(bytes)));
}

const blank = Buffer.from("\n\n");
const indexes = new WeakMap<Chunk, readonly Buffer[]>();

/** The stanzas of one chunk; found once for each chunk. */
export function stanzasOf(chunk: Chunk): readonly Buffer[] {
  const known = indexes.get(chunk) ?? splitStanzas(chunk.open);
  indexes.set(chunk, known);
  return known;
}

/** The list without the stanzas of `remove` and with `add` after the rest; untouched chunks stay as they are. */
export function spliceStanzaList(
  chunks: readonly Chunk[],
  change: { readonly remove: ReadonlySet<Buffer>; readonly add: readonly Buffer[] },
): readonly Chunk[] {
  const result: Chunk[] = [];
  for (const chunk of chunks) {
    const stanzas = change.remove.size === 0 ? null : stanzasOf(chunk);
    const kept = stanzas?.filter((stanza) => !change.remove.has(stanza));
    if (stanzas === null || kept?.length === stanzas.length) result.push(chunk);
    else if (kept !== undefined && kept.length > 0) result.push(chunkOf(Buffer.concat(kept)));
  }
  if (change.add.length === 0) return result;
  const last = result.at(-1);
  const joined = takesMore(last) ? [last.open, ...change.add] : change.add;
  if (joined !== change.add) result.pop();
  return [...result, ...packStanzas(Buffer.concat(joined))];
}
