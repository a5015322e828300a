/** The receiver's own log: JSON lines as the other programs write them, without the library that costs them their memory. */

/** What a line is about besides its words: `log`, `traces`, … */
export type JournalFields = Readonly<Record<string, string | number | readonly string[]>>;

/** Says what happened, on standard output. */
export function tell(fields: JournalFields, msg: string): void {
  process.stdout.write(line("info", fields, msg));
}

/** Says what went wrong, on standard error. */
export function complain(fault: unknown): void {
  process.stderr.write(line("error", {}, fault instanceof Error ? fault.message : String(fault)));
}

function line(level: "info" | "error", fields: JournalFields, msg: string): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level, time, program: "log-receiver", ...fields, msg })}\n`;
}
