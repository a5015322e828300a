import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatFinding, readInfrastructure, renderInfrastructure } from "../../src/infra/index.ts";

/** The description that the golden files are rendered from. */
export const goldenDescription = readFileSync(join(import.meta.dirname, "../golden/infra/build-infra.yml"), "utf8");

/** A rendered folder on disk, and how to be rid of it. */
export interface RenderedOnDisk {
  readonly root: string;
  /** Where a file lies, by its path in the folder. */
  at(path: string): string;
  /** Every file's path in the folder that the pattern fits. */
  matching(pattern: RegExp): readonly string[];
  read(path: string): string;
  remove(): void;
}

/** Renders a description into a directory of its own. */
export function renderToDisk(description: string): RenderedOnDisk {
  const read = readInfrastructure("build-infra.yml", description);
  if (!read.ok) throw new Error(read.error.mistakes.map(formatFinding).join("\n"));
  const root = mkdtempSync(join(tmpdir(), "rb-in-"));
  const folder = renderInfrastructure(read.value.infrastructure);
  const at = (path: string): string => join(root, path);
  for (const [path, entry] of folder) {
    mkdirSync(dirname(at(path)), { recursive: true });
    if (entry.kind === "link") symlinkSync(entry.target, at(path));
    else {
      writeFileSync(at(path), entry.content);
      chmodSync(at(path), entry.mode);
    }
  }
  const files = [...folder].filter(([, entry]) => entry.kind === "file").map(([path]) => path);
  return {
    root,
    at,
    matching: (pattern) => files.filter((path) => pattern.test(path)),
    read: (path) => readFileSync(at(path), "utf8"),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
