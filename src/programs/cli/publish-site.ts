import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { AdapterError } from "../../domain/index.ts";

/** So long a directory that no site stands in is left alone: another rendering may be at it. */
const leftAloneMs = 3_600_000;

/**
 * Puts a site in the place of the former one, as a whole: DIR is a symbolic link to a directory beside it, and one rename
 * turns it. Killed at any point, or out of space, the former site stays as it was; what was left half is removed an hour
 * later. A directory that holds anything else than a site of ours is never touched. Throws AdapterError.
 */
export async function publishSite(
  directory: string,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
  options: {
    readonly now: Date;
    /** Told now and then how many files are written. */
    readonly tell: (written: number) => void;
  },
): Promise<void> {
  const { out, former } = placeOf(resolve(directory));
  let replaced: string | null = null;
  let fresh: string | null = null;
  try {
    mkdirSync(dirname(out), { recursive: true });
    fresh = mkdtempSync(`${out}.site-`);
    chmodSync(fresh, 0o755);
    await writeFiles(fresh, files, options.tell);
    const link = `${fresh}.link`;
    symlinkSync(basename(fresh), link);
    if (former === "empty") rmdirSync(out);
    // Made by an earlier version: from now on it is a link, and this cannot happen again.
    if (former === "directory") renameSync(out, `${fresh}.former`);
    replaced = former === "link" ? readlinkSync(out) : null;
    renameSync(link, out);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (fresh !== null) rmSync(fresh, { recursive: true, force: true });
    throw new AdapterError(code === "ENOSPC" ? "DISK_FULL" : "DENIED", `${out} cannot be written: ${message}`, cause);
  }
  removeLeftovers(out, { kept: basename(fresh), replaced, now: options.now });
}

/** Where the link is to be, and what stands there now. */
function placeOf(out: string): { readonly out: string; readonly former: "nothing" | "link" | "empty" | "directory" } {
  const stat = lstatSync(out, { throwIfNoEntry: false });
  if (stat === undefined) return { out, former: "nothing" };
  if (stat.isSymbolicLink()) {
    if (readlinkSync(out).startsWith(`${basename(out)}.site-`)) return { out, former: "link" };
    return placeOf(realpathSync(out));
  }
  const names = stat.isDirectory() ? readdirSync(out) : null;
  if (names?.length === 0) return { out, former: "empty" };
  if (names?.includes("status.json") && names.includes("index.html")) return { out, former: "directory" };
  throw new AdapterError(
    "CONFIGURATION",
    `${out} holds something else than a status site, and a site takes the whole place: name a directory that does not exist yet`,
  );
}

async function writeFiles(
  directory: string,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
  tell: (written: number) => void,
): Promise<void> {
  const made = new Set<string>();
  for (const [index, [path, bytes]] of files.entries()) {
    if (index % 256 === 255) {
      tell(index);
      // Lets whoever shows it do so.
      await setImmediate();
    }
    const file = join(directory, path);
    if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
    made.add(dirname(file));
    writeFileSync(file, bytes);
  }
}

/** The former site, and what renderings have left that were killed. */
function removeLeftovers(
  out: string,
  { kept, replaced, now }: { readonly kept: string; readonly replaced: string | null; readonly now: Date },
): void {
  const prefix = `${basename(out)}.site-`;
  for (const name of readdirSync(dirname(out))) {
    if (!name.startsWith(prefix) || name === kept) continue;
    const path = join(dirname(out), name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const old = stat !== undefined && stat.mtimeMs < now.getTime() - leftAloneMs;
    if (old || name === replaced || name === `${kept}.former`) rmSync(path, { recursive: true, force: true });
  }
}
