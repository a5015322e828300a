import { parseRelease, type Release } from "../../domain/index.ts";
import type { ConfigurationProblem, Place } from "./tree.ts";

/** One builder of builders.list: `RELEASE=DIRECTORY=CONFIG` (v2) or `RELEASE=DIRECTORY` (v1). */
export interface BuilderLine {
  readonly at: Place;
  readonly release: Release;
  readonly directory: string;
  /** builder.yml; null is v1's form, whose configuration is asked of its Makefile. */
  readonly configurationFile: string | null;
}

/** What builders.list says; a wrong line is named and does not stop the others. */
export interface BuildersList {
  readonly lines: readonly BuilderLine[];
  readonly problems: readonly ConfigurationProblem[];
}

/** Reads builders.list. Blank lines and lines that begin with `#` say nothing. */
export function parseBuildersList(file: string, untrustedText: string): BuildersList {
  const lines: BuilderLine[] = [];
  const problems: ConfigurationProblem[] = [];
  for (const [index, raw] of untrustedText.split("\n").entries()) {
    const text = raw.trim();
    if (text === "" || text.startsWith("#")) continue;
    const at = { file, line: index + 1 };
    const [first = "", directory = "", configurationFile, ...rest] = text.split("=");
    const release = parseRelease(first);
    if (release === null) problems.push({ ...at, message: `'${first}' is not a release such as r4.3 or devel` });
    else if (directory === "" || configurationFile === "" || rest.length > 0) {
      problems.push({ ...at, message: "write RELEASE=DIRECTORY=CONFIG, or RELEASE=DIRECTORY for a v1 builder" });
    } else lines.push({ at, release, directory, configurationFile: configurationFile ?? null });
  }
  return { lines, problems };
}
