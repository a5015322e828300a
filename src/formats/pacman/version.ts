/** Orders two versions as pacman's `vercmp` does (`[EPOCH:]VERSION[-PKGREL]`): negative, 0 or positive. */
export function comparePacmanVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  const order = compareRuns(left.epoch, right.epoch) || compareRuns(left.version, right.version);
  // A version without a package release equals all with one.
  if (order !== 0 || left.release === null || right.release === null) return order;
  return compareRuns(left.release, right.release);
}

function parse(text: string): { epoch: string; version: string; release: string | null } {
  const epoch = /^([0-9]+):/.exec(text)?.[1];
  const rest = epoch === undefined ? text : text.slice(epoch.length + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: epoch ?? "0",
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? null : rest.slice(dash + 1),
  };
}

/** libalpm's `rpmvercmp`: rpm's of long ago, without tilde and caret; what separates runs counts by its length. */
function compareRuns(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const gapA = /^[^A-Za-z0-9]*/.exec(a.slice(i))?.[0].length ?? 0;
    const gapB = /^[^A-Za-z0-9]*/.exec(b.slice(j))?.[0].length ?? 0;
    i += gapA;
    j += gapB;
    if (i >= a.length || j >= b.length) break;
    if (gapA !== gapB) return gapA < gapB ? -1 : 1;
    const numeric = /[0-9]/.test(a[i] ?? "");
    const run = numeric ? /^[0-9]*/ : /^[A-Za-z]*/;
    const left = run.exec(a.slice(i))?.[0] ?? "";
    const right = run.exec(b.slice(j))?.[0] ?? "";
    if (right === "") return numeric ? 1 : -1;
    const x = numeric ? left.replace(/^0+/, "") : left;
    const y = numeric ? right.replace(/^0+/, "") : right;
    if (numeric && x.length !== y.length) return x.length - y.length;
    if (x !== y) return x < y ? -1 : 1;
    i += left.length;
    j += right.length;
  }
  const restA = a.slice(i);
  const restB = b.slice(j);
  if (restA === "" && restB === "") return 0;
  // What is left is newer, unless it begins with a letter: 1.0 is newer than 1.0beta.
  if (restA === "") return /^[A-Za-z]/.test(restB) ? 1 : -1;
  return /^[A-Za-z]/.test(restA) ? -1 : 1;
}
