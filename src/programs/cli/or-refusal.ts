import { GithubFault } from "../../adapters/github/fault.ts";
import { AdapterError } from "../../domain/index.ts";

/**
 * Runs what a subcommand does. What the world refuses is said in its own words, with exit status 1; options that the
 * subcommand does not know are wrong usage, 2. A bug is thrown on.
 */
export async function orRefusal(
  program: { readonly name: string; readonly help: string },
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AdapterError || error instanceof GithubFault) {
      process.stderr.write(`release-bot ${program.name}: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      // Node's advice on how to pass what begins with a dash is of no use here.
      const what = error.message.replace(/\. To specify a positional argument[\s\S]*$/, "");
      process.stderr.write(`release-bot ${program.name}: ${what}\n\n${program.help}`);
      return 2;
    }
    throw error;
  }
}
