import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import { formatFinding, type RenderedFolder, readInfrastructure, renderInfrastructure } from "../../../infra/index.ts";
import { readCommandLine, UsageError, word } from "./command-line.ts";
import type { CommandSurroundings } from "./surroundings.ts";

/** Tells a folder that we wrote from one that somebody else did. */
const mark = ".release-bot-rendered";

/** `infra render FILE --out DIR`: writes every configuration file. Answers the exit status. */
export function render(argv: readonly string[], { say, warn, here }: CommandSurroundings): number {
  const { words, options } = readCommandLine(argv, { out: "string" });
  const [file, ...more] = words;
  const out = word(options.out);
  if (file === undefined || more.length > 0 || out === null) throw new UsageError("render takes FILE --out DIR");
  const path = resolve(here, file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read`, cause);
  }
  const read = readInfrastructure(file, text);
  for (const warning of (read.ok ? read.value : read.error).warnings) warn(`warning: ${formatFinding(warning)}\n`);
  if (!read.ok) {
    const mistakes = read.error.mistakes.map(formatFinding).join("\n");
    throw new AdapterError("CONFIGURATION", `nothing was written:\n${mistakes}`);
  }
  const folder = renderInfrastructure(read.value.infrastructure);
  const directory = resolve(here, out);
  writeFolder(directory, folder);
  const checklist = folder.get("CHECKLIST.md");
  say(`${folder.size} files in ${directory}\n\n${checklist?.kind === "file" ? checklist.content : ""}`);
  return 0;
}

/** Writes the folder anew. What an earlier run left and this one does not have would be applied along with it. */
function writeFolder(directory: string, folder: RenderedFolder): void {
  try {
    const occupied = existsSync(directory) && readdirSync(directory).length > 0;
    if (occupied && !existsSync(join(directory, mark))) {
      throw new AdapterError("CONFIGURATION", `${directory}: is not empty, and was not written by 'infra render'`);
    }
    if (occupied) for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, mark), "");
    for (const [path, entry] of folder) {
      const place = join(directory, path);
      mkdirSync(dirname(place), { recursive: true });
      if (entry.kind === "link") symlinkSync(entry.target, place);
      else {
        writeFileSync(place, entry.content, { mode: entry.mode });
        // The mode above is cut by the umask; what is a program must be one.
        chmodSync(place, entry.mode);
      }
    }
  } catch (cause) {
    if (cause instanceof AdapterError) throw cause;
    throw new AdapterError("READ_ONLY", `${directory}: cannot be written (${(cause as Error).message})`, cause);
  }
}
