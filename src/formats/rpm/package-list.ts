/**
 * primary.xml, filelists.xml and other.xml are lists of `<package>` elements between a root's start tag, which counts
 * them, and its end tag. They are spliced as bytes: an element goes from one repository to another exactly as createrepo_c
 * wrote it and as its repository's signature vouches for it; nothing is parsed that need not be understood.
 *
 * A list is kept as chunks: the first is everything before the first element, the last everything after the last one,
 * and each between them holds whole elements.
 */
import { type Chunk, chunkLength, chunkOf, takesMore } from "../gzip/index.ts";
import { ownText } from "../own-text.ts";

/** A list taken apart. */
export interface PackageList {
  readonly head: Chunk;
  readonly body: readonly Chunk[];
  readonly tail: Chunk;
}

/** One element, as bytes, and the SHA-256 of the package that it describes. */
export interface PackageElement {
  readonly pkgid: string;
  readonly bytes: Buffer;
}

const open = Buffer.from("<package ");
const close = Buffer.from("</package>");

/** What begins a comment, character data or a document type: createrepo_c writes none, and a `<package` could hide in each. */
const forbidden = Buffer.from("<!");

/** Where each element of a chunk begins and ends. Throws RangeError where the bytes are no list of elements. */
function spans(bytes: Buffer): Span[] {
  const found: Span[] = [];
  for (let from = bytes.indexOf(open); from !== -1; ) {
    const end = bytes.indexOf(close, from);
    if (end === -1) throw new RangeError("a <package> element has no end");
    let to = end + close.length;
    if (bytes[to] === 0x0a) to += 1;
    const next = bytes.indexOf(open, from + open.length);
    if (next !== -1 && next < to) throw new RangeError("a <package> element lies within another");
    found.push({ from, to });
    from = next;
  }
  return found;
}

function pkgidOf(element: Buffer): string {
  // filelists, other: an attribute of the element. primary: the text of its one checksum that is marked as the pkgid.
  const text = element.toString("latin1", 0, Math.min(element.length, 4096));
  const match =
    /^<package [^>]*?\bpkgid="([0-9a-f]{64})"/.exec(text) ??
    /<checksum type="sha256" pkgid="YES">([0-9a-f]{64})<\/checksum>/.exec(text);
  if (match?.[1] === undefined) throw new RangeError("a <package> element has no SHA-256 as its pkgid");
  return ownText(match[1]);
}

const indexes = new WeakMap<Chunk, readonly PackageElement[]>();

/** The elements of one chunk; found once for each chunk. */
export function elementsOf(chunk: Chunk): readonly PackageElement[] {
  const known = indexes.get(chunk);
  if (known !== undefined) return known;
  const elements = spans(chunk.open).map(({ from, to }) => {
    const bytes = chunk.open.subarray(from, to);
    return { pkgid: pkgidOf(bytes), bytes };
  });
  indexes.set(chunk, elements);
  return elements;
}

/** Packs elements into chunks. */
function packElements(elements: readonly Buffer[]): Chunk[] {
  const chunks: Chunk[] = [];
  let pending: Buffer[] = [];
  let length = 0;
  for (const element of elements) {
    pending.push(element);
    length += element.length;
    if (length >= chunkLength) {
      chunks.push(chunkOf(Buffer.concat(pending)));
      pending = [];
      length = 0;
    }
  }
  if (pending.length > 0) chunks.push(chunkOf(Buffer.concat(pending)));
  return chunks;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The same for elements of one buffer: where one follows upon the other, as createrepo_c writes them, nothing is copied. */
function packSpans(bytes: Buffer, found: readonly Span[]): Chunk[] {
  const isGapless = found.every(({ to }, index) => (found[index + 1]?.from ?? to) === to);
  if (!isGapless) return packElements(found.map(({ from, to }) => bytes.subarray(from, to)));
  const chunks: Chunk[] = [];
  let begin = found[0]?.from ?? 0;
  for (const [index, { to }] of found.entries()) {
    if (to - begin < chunkLength && index < found.length - 1) continue;
    chunks.push(chunkOf(bytes.subarray(begin, to)));
    begin = to;
  }
  return chunks;
}

function isWholeElements(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, open.length).equals(open) &&
    (bytes.subarray(-close.length - 1, -1).equals(close) || bytes.subarray(-close.length).equals(close))
  );
}

/** Takes a list apart, with the members of the file that it came in. Throws RangeError where it is no such list. */
export function readPackageList(chunks: readonly Chunk[]): PackageList {
  if (chunks.some((chunk) => chunk.open.includes(forbidden))) {
    throw new RangeError("a list of packages holds a comment, character data or a document type");
  }
  const [head, ...rest] = chunks;
  const tail = rest.pop();
  if (head !== undefined && tail !== undefined && !head.open.includes(open) && !tail.open.includes(open)) {
    if (rest.every((chunk) => isWholeElements(chunk.open))) return { head, body: rest, tail };
  }
  const bytes =
    chunks.length === 1 && head !== undefined ? head.open : Buffer.concat(chunks.map((chunk) => chunk.open));
  const found = spans(bytes);
  const first = found[0]?.from ?? bytes.lastIndexOf("</");
  const last = found.at(-1)?.to ?? first;
  if (first === -1) throw new RangeError("a list of packages has no root element");
  return {
    head: chunkOf(bytes.subarray(0, first)),
    body: packSpans(bytes, found),
    tail: chunkOf(bytes.subarray(last)),
  };
}

/** What the list will begin with once that many elements have been added after the rest. */
export function beginningOfList(list: PackageList, added: number): Chunk[] {
  const stays = takesMore(list.body.at(-1)) ? list.body.slice(0, -1) : list.body;
  return [countPackages(list.head, countIn(list.head) + added), ...stays];
}

/**
 * The list without the elements of `remove` (pkgids) and with those of `add` after the rest. Chunks that hold none of
 * these stay the same objects, packed as they are.
 */
export function splicePackageList(
  list: PackageList,
  change: { readonly remove: ReadonlySet<string>; readonly add: readonly Buffer[] },
): PackageList {
  const body: Chunk[] = [];
  let count = countIn(list.head) + change.add.length;
  for (const chunk of list.body) {
    if (change.remove.size === 0) {
      body.push(chunk);
      continue;
    }
    const elements = elementsOf(chunk);
    const kept = elements.filter((element) => !change.remove.has(element.pkgid));
    count -= elements.length - kept.length;
    if (kept.length === elements.length) body.push(chunk);
    else if (kept.length > 0) body.push(chunkOf(Buffer.concat(kept.map((element) => element.bytes))));
  }
  if (change.add.length > 0) {
    const last = body.at(-1);
    const joined = takesMore(last) ? [last.open, ...change.add] : change.add;
    if (joined !== change.add) body.pop();
    body.push(...packElements(joined.map(endWithLineFeed)));
  }
  return { head: countPackages(list.head, count), body, tail: list.tail };
}

function endWithLineFeed(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0a ? bytes : Buffer.concat([bytes, Buffer.from("\n")]);
}

/** What the list itself says it holds: the signature over it vouches for the number, and `repo check` counts. */
function countIn(head: Chunk): number {
  const counted = /<[a-z]+ [^>]*\bpackages="([0-9]+)"/.exec(head.open.toString("utf8"))?.[1];
  if (counted === undefined) throw new RangeError("a list of packages does not count them");
  return Number(counted);
}

function countPackages(head: Chunk, count: number): Chunk {
  const text = head.open.toString("utf8");
  const counted = text.replace(/(<[a-z]+ [^>]*\bpackages=")[0-9]+(")/, `$1${count}$2`);
  return counted === text ? head : chunkOf(Buffer.from(counted));
}

/** All members of the file that holds the list. */
export function chunksOfList(list: PackageList): Chunk[] {
  return [list.head, ...list.body, list.tail];
}
