import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import { parseMirrorsList } from "../../formats/rpm/index.ts";

/** The mirrors of a file that the configuration names. Throws AdapterError `NOT_FOUND`, or `CONFIGURATION` naming the line. */
export function readMirrors(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read; it lists the mirrors for dom0's metalinks`, cause);
  }
  const { mirrors, mistakes } = parseMirrorsList(text);
  const [line] = mistakes;
  if (line === undefined) return mirrors;
  throw new AdapterError(
    "CONFIGURATION",
    `${file}:${line}: a mirror's address is expected, such as https://yum.example.org`,
  );
}

/** The mirrors that builder v2's own checkout lists; what is wrong there is not ours to mend, and stops nothing. */
export function mirrorsOfBuilder(directory: string): readonly string[] {
  try {
    return parseMirrorsList(readFileSync(join(directory, "qubesbuilder/plugins/publish_rpm/mirrors.list"), "utf8"))
      .mirrors;
  } catch {
    return [];
  }
}
