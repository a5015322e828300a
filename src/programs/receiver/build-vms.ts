import { readFileSync } from "node:fs";
import { AdapterError, parseQubeName, type QubeName } from "../../domain/index.ts";

/**
 * The build qubes that every event goes to, one name a line; blank lines and `#` comments say nothing. A wrong line is an error
 * and never skipped: the qube that it meant would lose its commands without a word. Throws AdapterError `CONFIGURATION`.
 */
export function readBuildVms(file: string): readonly QubeName[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: the list of build qubes cannot be read`, cause);
  }
  const qubes = new Set<QubeName>();
  for (const [index, line] of text.split("\n").entries()) {
    const name = line.trim();
    if (name === "" || name.startsWith("#")) continue;
    const qube = parseQubeName(name);
    if (qube === null) throw new AdapterError("CONFIGURATION", `${file}:${index + 1}: this is no qube's name`);
    qubes.add(qube);
  }
  if (qubes.size === 0) throw new AdapterError("CONFIGURATION", `${file}: names no build qube`);
  return [...qubes];
}
