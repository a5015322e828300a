import { type Command, no, ok, type Refusal, type Result, refusal } from "../src/domain/index.ts";
import { suggestLine } from "./suggest-line.ts";
import { commandTable } from "./table.ts";
import { Misfit, WordReader } from "./word-reader.ts";

const longestLine = 255;

/**
 * Parses one command line of a signed message. Refuses with `COMMAND_UNKNOWN`, `COMMAND_MALFORMED` or
 * `REPOSITORY_UNKNOWN`; the remedy is the nearest line that is valid, or the command's form.
 */
export function parseCommandLine(untrustedLine: string): Result<Command, Refusal> {
  const parsed = parseStrictly(untrustedLine);
  if (parsed.ok) return parsed;
  const suggestion = suggestLine(untrustedLine, (line) => parseStrictly(line).ok);
  return no({ ...parsed.error, remedy: suggestion ?? parsed.error.remedy });
}

function parseStrictly(line: string): Result<Command, Refusal> {
  if (line.length > longestLine) return malformed(line.slice(0, 40), `it is longer than ${longestLine} characters`);
  const odd = /[^A-Za-z0-9_.,+ -]/.exec(line)?.[0];
  if (odd !== undefined)
    return malformed(odd, "a command holds letters, digits, '_ . , + -' and spaces, and nothing else");
  const [word = "", ...rest] = line.split(" ");
  if (line === "" || [word, ...rest].includes("")) {
    return malformed(line, "words are separated by one space, and none stands at the beginning or the end");
  }
  const option = [word, ...rest].find((each) => each.startsWith("-"));
  if (option !== undefined) return malformed(option, "no word begins with a dash");

  const definition = commandTable.find((candidate) => candidate.word === word);
  if (definition === undefined) return no(refusal("COMMAND_UNKNOWN", word, `there is no command '${word}'`));
  try {
    const reader = new WordReader(rest);
    const command = definition.parse(reader);
    reader.end();
    return ok(command);
  } catch (error) {
    if (error instanceof Misfit) return no(error.refusal);
    throw error;
  }
}

function malformed(subject: string, message: string): { readonly ok: false; readonly error: Refusal } {
  return no(refusal("COMMAND_MALFORMED", subject, message));
}
