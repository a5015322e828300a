/** Runs a parse of the command line; null where its words are not what the program takes, after saying so with its usage. */
export function orWrongUsage<T>(parse: () => T, usage: string): T | null {
  try {
    return parse();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!(error instanceof Error) || !code.startsWith("ERR_PARSE_ARGS")) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return null;
  }
}
