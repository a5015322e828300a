import { spawn } from "node:child_process";

/** A log over this is kept compressed once it has been answered; the repository has it as it came. */
const largeBytes = 10 * 1024 * 1024;
const limitMs = 3_600_000;

/** Compresses large logs, one after the other, out of everybody's way. */
export class Compressor {
  readonly #onFault: (fault: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Takes note of a log that will not change any more. */
  add(file: string, length: number): void {
    if (length <= largeBytes) return;
    this.#last = this.#last.then(() => compress(file)).catch(this.#onFault);
  }
}

function compress(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // xz writes beside the file and removes it only when the other is complete.
    const child = spawn("xz", ["--quiet", "--force", "-2", "--", file], { stdio: ["ignore", "ignore", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (said.length < 1000) said += chunk.toString("utf8");
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`${file}: could not be compressed: ${said.trim()}`));
    });
  });
}
