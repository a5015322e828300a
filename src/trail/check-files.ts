import { BrokenLink } from "./broken-link.ts";
import type { StatedFile } from "./deed.ts";
import type { ExaminedPlace, FoundFile } from "./ports.ts";

/** Of damaged metadata nothing can be said but that. */
export function needSound({ faults: [fault] }: ExaminedPlace): void {
  if (fault !== undefined) throw new BrokenLink("signature", fault.path, fault.what);
}

/** That a file, where it lies there, is the one that was built, and the one that is listed. Throws {@link BrokenLink}. */
export function checkFile(file: FoundFile | undefined, name: string, sha256: string): void {
  if (file === undefined) return;
  if (file.sha256 !== sha256) throw new BrokenLink("package", file.path, "is not the file that was built");
  if (file.listed !== null && file.listed !== sha256) {
    throw new BrokenLink("package", name, "is not the file that the signed metadata lists");
  }
}

/** Files beside the packages (a signature, a buildinfo) are listed by no metadata. */
export function isPackage(name: string): boolean {
  return !/\.(sig|asc|buildinfo|changes)$/.test(name);
}

/** The names alone. */
export const namesOf = (files: readonly StatedFile[]): string[] => files.map(({ name }) => name);

/** How many, in words. */
export function counted(files: readonly StatedFile[]): string {
  return files.length === 1 ? "1 package" : `${files.length} packages`;
}
