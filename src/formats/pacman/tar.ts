/**
 * Tar as pacman's databases use it (POSIX.1-2017, pax, "ustar Interchange Format"): directories and small files. Read
 * strictly, written in one way only, so that the same entry always makes the same bytes.
 */
export interface TarEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly content: Buffer;
}

const block = 512;
const zeros = Buffer.alloc(block);

function octal(field: Buffer): number {
  const text = field
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .trim();
  if (!/^[0-7]*$/.test(text)) throw new RangeError("tar: a number is not octal");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function stringAt(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end);
}

/** The `path` that a pax extended header gives to the entry after it; null where it gives none. */
function paxPath(content: Buffer): string | null {
  return /(?:^|\n)[0-9]+ path=([^\n]*)\n/.exec(content.toString("utf8"))?.[1] ?? null;
}

/** Reads a tar archive. Throws RangeError for anything but files and directories, and for a wrong checksum. */
export function readTar(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: string | null = null;
  for (let offset = 0; offset + block <= bytes.length; ) {
    const header = bytes.subarray(offset, offset + block);
    if (header.equals(zeros)) break;
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    if (octal(header.subarray(148, 156)) !== sum) throw new RangeError("tar: a header's checksum is wrong");
    const size = octal(header.subarray(124, 136));
    const content = bytes.subarray(offset + block, offset + block + size);
    if (content.length !== size) throw new RangeError("tar: an entry is cut off");
    const type = String.fromCharCode(header[156] ?? 0);
    const prefix = stringAt(header, 345, 155);
    const name = longName ?? (prefix === "" ? stringAt(header, 0, 100) : `${prefix}/${stringAt(header, 0, 100)}`);
    offset += block + Math.ceil(size / block) * block;
    if (type === "x") {
      longName = paxPath(content);
      continue;
    }
    longName = null;
    if (type === "g") continue;
    if (type !== "0" && type !== "\0" && type !== "5") throw new RangeError(`tar: an entry of type '${type}'`);
    entries.push({ name, kind: type === "5" ? "directory" : "file", content });
  }
  return entries;
}

function renderHeader(entry: TarEntry): Buffer {
  const header = Buffer.alloc(block);
  const slash = Buffer.byteLength(entry.name) > 100 ? entry.name.indexOf("/") : -1;
  const [prefix, name] = slash === -1 ? ["", entry.name] : [entry.name.slice(0, slash), entry.name.slice(slash + 1)];
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155) throw new RangeError("tar: a name is too long");
  header.write(name, 0);
  header.write(entry.kind === "directory" ? "0000755\0" : "0000644\0", 100, "latin1");
  header.write("0000000\0".repeat(2), 108, "latin1");
  header.write(`${entry.content.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("00000000000\0", 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(entry.kind === "directory" ? "5" : "0", 156, "latin1");
  header.write("ustar\x0000root", 257, "latin1");
  header.write("root", 297, "latin1");
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** Writes entries, without the archive's end. */
export function renderTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => [
      renderHeader(entry),
      entry.content,
      Buffer.alloc((block - (entry.content.length % block)) % block),
    ]),
  );
}

/** How long entries are as {@link renderTar} writes them. */
export function renderedLength(entries: readonly TarEntry[]): number {
  return entries.reduce((sum, { content }) => sum + block + Math.ceil(content.length / block) * block, 0);
}

/** What ends an archive: two blocks of zeros. */
export const tarEnd = Buffer.alloc(2 * block);
