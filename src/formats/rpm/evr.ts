/** Versions as rpm orders them: `[EPOCH:]VERSION-RELEASE`. */
export interface Evr {
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
}

const isDigit = (character: string | undefined): boolean => character !== undefined && /[0-9]/.test(character);
const isLetter = (character: string | undefined): boolean => character !== undefined && /[A-Za-z]/.test(character);

function runOf(text: string, from: number, belongs: (character: string | undefined) => boolean): string {
  let end = from;
  while (belongs(text[end])) end += 1;
  return text.slice(from, end);
}

function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Orders two versions or two releases as rpm's `rpmvercmp` does: negative, 0 or positive. */
export function compareRpmVersions(a: string, b: string): number {
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && !/[A-Za-z0-9~^]/.test(a[i] ?? "")) i += 1;
    while (j < b.length && !/[A-Za-z0-9~^]/.test(b[j] ?? "")) j += 1;
    // A tilde sorts before everything, even the end.
    if (a[i] === "~" || b[j] === "~") {
      if (a[i] !== "~") return 1;
      if (b[j] !== "~") return -1;
      i += 1;
      j += 1;
      continue;
    }
    // A caret sorts after the end, and before everything else.
    if (a[i] === "^" || b[j] === "^") {
      if (i >= a.length) return -1;
      if (j >= b.length) return 1;
      if (a[i] !== "^") return 1;
      if (b[j] !== "^") return -1;
      i += 1;
      j += 1;
      continue;
    }
    if (i >= a.length || j >= b.length) break;
    const numeric = isDigit(a[i]);
    const left = runOf(a, i, numeric ? isDigit : isLetter);
    const right = runOf(b, j, numeric ? isDigit : isLetter);
    // Runs of different kind: the number is newer.
    if (right === "") return numeric ? 1 : -1;
    const order = numeric ? compareNumbers(left, right) : left === right ? 0 : left < right ? -1 : 1;
    if (order !== 0) return order;
    i += left.length;
    j += right.length;
  }
  return i < a.length ? 1 : j < b.length ? -1 : 0;
}

/** Orders two whole versions as rpm does: epoch, then version, then release. */
export function compareEvr(a: Evr, b: Evr): number {
  return (
    compareNumbers(a.epoch, b.epoch) ||
    compareRpmVersions(a.version, b.version) ||
    compareRpmVersions(a.release, b.release)
  );
}

/** `1:2.0-3.fc41`; without the epoch where it is 0. */
export function formatEvr(evr: Evr): string {
  return `${evr.epoch === "0" ? "" : `${evr.epoch}:`}${evr.version}-${evr.release}`;
}

/** The reverse of {@link formatEvr}; null where there is no release. */
export function parseEvr(text: string): Evr | null {
  const parts = /^(?:([0-9]+):)?([^:-]+)-([^:-]+)$/.exec(text);
  if (parts?.[2] === undefined || parts[3] === undefined) return null;
  return { epoch: parts[1] ?? "0", version: parts[2], release: parts[3] };
}
