/** What a terminal shows while something takes long: one line on standard error, redrawn in place, and gone at the end. */
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
const barColumns = 20;

/** How far something is: `done` of `total` where that is known. */
export interface Step {
  readonly what: string;
  readonly done: number;
  readonly total: number | null;
}

/** `[########------------] 120/300 what, 4 s` */
export function barText({ what, done, total }: Step, seconds: number): string {
  const time = `${seconds.toFixed(0)} s`;
  if (total === null || total === 0) return `${what}${done === 0 ? "" : `: ${done}`}, ${time}`;
  const full = Math.round((Math.min(done, total) / total) * barColumns);
  return `[${"#".repeat(full)}${"-".repeat(barColumns - full)}] ${done}/${total} ${what}, ${time}`;
}

/** Does the work; once it has taken two seconds, a terminal shows what it is at. */
export async function withProgress<T>(
  what: string,
  stream: ProgressStream,
  work: (tell: (step: Step) => void) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(stream);
  const begun = performance.now();
  let step: Step = { what, done: 0, total: null };
  let drawn = begun;
  const draw = (): void => {
    const now = performance.now();
    if (now - begun < patienceMs || now - drawn < redrawMs) return;
    drawn = now;
    line.show(barText(step, (now - begun) / 1000));
  };
  const timer = stream.isTTY === true ? setInterval(draw, redrawMs) : null;
  try {
    return await work((next) => {
      step = next;
      // Work that leaves the timer no turn is drawn from here.
      draw();
    });
  } finally {
    if (timer !== null) clearInterval(timer);
    line.clear();
  }
}
