/**
 * What stops the lab and is not a bug: a tool that is missing, a disk that is full, a part that did not do what it
 * promised. Shown as one line, with what to do.
 */
export class LabFault extends Error {
  override readonly name = "LabFault";
  /** What the reader can do about it; empty where the message says all there is. */
  readonly remedy: string;

  constructor(message: string, remedy = "") {
    super(message);
    this.remedy = remedy;
  }
}

/** Throws LabFault with all of them where there are any. */
export function requireNone(faults: readonly string[]): void {
  if (faults.length > 0) throw new LabFault(faults.join("; "));
}

/** The one line that tells a newcomer what happened and what to do, whatever was thrown. */
export function explainFault(thrown: unknown): string {
  if (thrown instanceof LabFault) return thrown.remedy === "" ? thrown.message : `${thrown.message}: ${thrown.remedy}`;
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full: free some space, and start again";
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return `cannot write here (${oneLine(thrown)}): start from a checkout that is yours, with a temporary directory that can be written to`;
  }
  if (code === "EMFILE" || code === "ENFILE")
    return "too many open files: raise the limit (ulimit -n), and start again";
  if (code === "ENOMEM") return "out of memory: close something, and start again";
  return oneLine(thrown);
}

function oneLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/\s*\n\s*/g, "; ").slice(0, 500);
}
