import type { CommandDefinition } from "./definition.ts";
import { nearest } from "./nearest.ts";
import { commandTable } from "./table.ts";

/**
 * What the author of a mistyped line can do: the nearest valid line where the mistake is one that can be mended without
 * guessing what was meant, else the form of the command that was probably meant. `isValid` judges a mended line.
 */
export function suggestLine(untrustedLine: string, isValid: (line: string) => boolean): string | null {
  const words = untrustedLine
    .slice(0, 400)
    .split(/[\s]+/)
    .filter((word) => word !== "");
  const [first = "", ...rest] = words;
  const names = commandTable.map(({ word }) => word);
  const meant = nearest(first, names);
  const definition = commandTable.find(({ word }) => word === meant);
  if (definition === undefined) return `the commands are ${names.join(", ")}`;
  for (const { usage } of definition.spellings) {
    const line = [definition.word, ...mend(rest, usage.split(" ").slice(1), definition)].join(" ");
    if (isValid(line)) return `did you mean '${line}'?`;
  }
  return `the form is '${definition.spellings.map(({ usage }) => usage).join("' or '")}'`;
}

/** Mends each word by what stands in its place in the usage; what is missing stays missing. */
function mend(words: readonly string[], places: readonly string[], definition: CommandDefinition): string[] {
  const mended = words.map((word, index) => {
    switch (places[index]) {
      case "RELEASE":
        return /^R?[0-9]+(\.[0-9]+)*$/.test(word) ? `r${word.replace("R", "")}` : word;
      case "SHA":
        return word.toLowerCase();
      case "REPOSITORY":
        return nearest(word, definition.repositories) ?? word;
      default:
        return word;
    }
  });
  if (places.at(-1) === "repo" && mended.at(-1) !== "repo") mended.push("repo");
  return mended;
}
