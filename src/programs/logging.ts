import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/**
 * A program's log: JSON lines on standard output, for the journal. What concerns a command carries its `trace`. Lines are
 * written as fast as they are read, without waiting for each; a program that ends writes the rest first.
 */
export function programLog(name: string): Logger {
  const options = {
    base: { program: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    // A library's error may carry the request that it made, with its credentials: type, message and stack only.
    serializers: { err: errorWords },
  };
  return pino(options, pino.destination({ dest: 1, sync: false }));
}

/** An error as words; nothing that hangs on it. */
function errorWords(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { type: error.name, message: error.message, stack: error.stack, ...code };
}
