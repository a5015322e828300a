/** What a terminal shows while something takes long: one line on standard error, redrawn in place, and gone at the end. */
import type { Progress, Tell } from "../../domain/index.ts";
import { cell } from "../../formats/terminal/index.ts";

/** Where progress goes. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line; nothing at all where the stream is no terminal. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  #shown = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  /** Shows the text in place of what was shown. */
  show(text: string): void {
    if (this.#stream.isTTY !== true) return;
    this.#stream.write(`\r\u001b[2K${cell(text, Math.max(20, (this.#stream.columns ?? 80) - 1)).trimEnd()}`);
    this.#shown = true;
  }

  /** Takes the line away, for something else to be printed or at the end. */
  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001b[2K");
    this.#shown = false;
  }
}

const patienceMs = 2000;
const redrawMs = 200;

/** `[########------------] 120/300 what, 4 s`; of large pieces the bytes, too: `1/3 what, 0.4 of 1.2 GB, 4 s`. */
export function barText({ what, done, total, part }: Progress, seconds: number, columns: number): string {
  const time = `${seconds.toFixed(0)} s`;
  const bytes = part?.unit === "bytes" ? `, ${bytesText(part)}` : "";
  if (total === null || total === 0) return `${what}${done === 0 ? "" : `: ${done}`}${bytes}, ${time}`;
  const within = part === undefined || part.total === 0 ? 0 : Math.min(1, part.done / part.total);
  const width = columns < 60 ? 10 : 20;
  const full = Math.floor(Math.min(1, (done + within) / total) * width);
  const count = total === 1 && bytes !== "" ? "" : `${done}/${total} `;
  const head = `[${"#".repeat(full)}${"-".repeat(width - full)}] ${count}`;
  const tail = columns < 60 && bytes !== "" ? bytes : `${bytes}, ${time}`;
  // In a narrow terminal the words give way to the figures.
  const room = Math.max(6, columns - 1 - head.length - tail.length);
  return `${head}${cell(what, room).trimEnd()}${tail}`;
}

/** `0.4 of 1.2 GB`: both in the unit that suits the whole. */
function bytesText({ done, total }: { readonly done: number; readonly total: number }): string {
  const [name, size] = total >= 1e9 ? (["GB", 1e9] as const) : total >= 1e6 ? (["MB", 1e6] as const) : ["kB", 1e3];
  const digits = total / size < 10 ? 1 : 0;
  return `${(done / size).toFixed(digits)} of ${(total / size).toFixed(digits)} ${name}`;
}

/** Writes a whole text beside the progress that is shown. */
export type Say = (text: string) => void;

/** Shows what work is at, once it has taken two seconds since the first of it, and only while it runs. */
export class Watch {
  readonly #stream: ProgressStream;
  readonly #line: ProgressLine;
  #begun: number | null = null;
  #drawn = 0;
  #step: Progress | null = null;
  #asking = 0;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
    this.#line = new ProgressLine(stream);
  }

  /** Whether anybody sees it: what costs something to know is asked for only then. */
  get isSeen(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Does the work, which tells how far it is. */
  async during<T>(what: string, work: (tell: Tell, say: Say) => Promise<T>): Promise<T> {
    this.#begun ??= performance.now();
    this.#step = { what, done: 0, total: null };
    const timer = this.isSeen ? setInterval(() => this.#draw(), redrawMs) : null;
    try {
      return await work(
        (next) => this.tell(next),
        (text) => this.#say(text),
      );
    } finally {
      if (timer !== null) clearInterval(timer);
      this.#step = null;
      this.#line.clear();
    }
  }

  /** Says how far the work is that runs now. */
  tell(step: Progress): void {
    this.#step = step;
    // Work that leaves the timer no turn is drawn from here.
    this.#draw();
  }

  /** Shows nothing meanwhile: a program that asks for a passphrase has the terminal to itself. */
  async silently<T>(work: () => Promise<T>): Promise<T> {
    this.#asking += 1;
    this.#line.clear();
    try {
      return await work();
    } finally {
      this.#asking -= 1;
    }
  }

  #say(text: string): void {
    this.#line.clear();
    this.#stream.write(text);
  }

  #draw(): void {
    const now = performance.now();
    if (this.#step === null || this.#begun === null || this.#asking > 0) return;
    if (now - this.#begun < patienceMs || now - this.#drawn < redrawMs) return;
    this.#drawn = now;
    this.#line.show(barText(this.#step, (now - this.#begun) / 1000, this.#stream.columns ?? 80));
  }
}

/** Does the work; once it has taken two seconds, a terminal shows what it is at. */
export function withProgress<T>(
  what: string,
  stream: ProgressStream,
  work: (tell: Tell, say: Say) => Promise<T>,
): Promise<T> {
  return new Watch(stream).during(what, work);
}
