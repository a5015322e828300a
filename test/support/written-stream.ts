/** Stands in for standard error: a terminal, or a file; what was written to it is kept. */
export class WrittenStream {
  said = "";
  readonly columns: number;
  readonly isTTY: boolean;

  constructor(kind: "terminal" | "file", columns = 120) {
    this.isTTY = kind === "terminal";
    this.columns = columns;
  }

  write(text: string): void {
    this.said += text;
  }
}
