import { createHash } from "node:crypto";
import { existsSync, lstatSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { type Disk, NodeDisk } from "../../../adapters/files/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { MigrationPlan } from "./plan.ts";

/** What a migration has written, so that going back takes away exactly that. */
const journalName = "migrated.json";
const journal = z.array(
  z.strictObject({
    // Our own names, and none that leads elsewhere.
    path: z.string().regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$/),
    sha256: z.string(),
  }),
);
type Written = z.output<typeof journal>;

/**
 * Writes the planned files, each whole or not at all; refuses before the first where one is there already. Where one cannot be
 * written (a full disk, say), those before it are taken back. Throws AdapterError.
 */
export function writeMigration(settings: string, { files }: MigrationPlan, disk: Disk = new NodeDisk()): void {
  const occupied = [journalName, ...files.map(({ path }) => path)].filter((path) => isThere(join(settings, path)));
  if (occupied.length > 0) {
    const names = occupied.join(", ");
    throw new AdapterError(
      "CONFIGURATION",
      `${settings}: has ${names} already; 'release-bot migrate --undo' takes back an earlier one`,
    );
  }
  const written = files.map(({ path, content }) => ({ path, sha256: digest(content) }));
  try {
    disk.makeDirectory(settings);
    // The journal first: whatever a crash leaves of the files can be taken back.
    disk.replace(join(settings, journalName), journalText(written), 0o600);
    for (const { path, content, mode } of files) {
      disk.makeDirectory(dirname(join(settings, path)));
      disk.replace(join(settings, path), content, mode);
    }
  } catch (fault) {
    if (!(fault instanceof AdapterError)) throw fault;
    if (isThere(join(settings, journalName))) undoMigration(settings);
    throw new AdapterError(fault.code, `${fault.message}; nothing of it was left in ${settings}`, fault);
  }
}

/** Changes one of the written files, so that going back still knows it for ours where nobody else has changed it. */
export function changeMigrated(settings: string, path: string, change: (text: string) => string): void {
  const disk = new NodeDisk();
  const place = join(settings, path);
  if (!isThere(place)) throw new AdapterError("NOT_FOUND", `${place}: there is no migration to change`);
  const before = Buffer.from(disk.read(place)).toString("utf8");
  const after = change(before);
  const known = readJournal(settings);
  const mode = lstatSync(place).mode & 0o777;
  disk.replace(place, after, mode);
  if (known === null) return;
  const own = known.map((one) =>
    one.path === path && one.sha256 === digest(before) ? { path, sha256: digest(after) } : one,
  );
  disk.replace(join(settings, journalName), journalText(own), 0o600);
}

/** Takes back what a migration wrote. A file that was changed since stays, and is named. Throws AdapterError. */
export function undoMigration(settings: string): {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
} {
  const written = readJournal(settings);
  const file = join(settings, journalName);
  if (written === null) throw new AdapterError("NOT_FOUND", `${file}: there is no migration to take back`);
  const disk = new NodeDisk();
  const removed: string[] = [];
  const kept: string[] = [];
  for (const { path, sha256 } of written) {
    const place = join(settings, path);
    // What a kill left of a file that was not whole yet.
    disk.remove(join(dirname(place), `.${basename(place)}.release-bot-new`));
    if (!isThere(place)) continue;
    if (lstatSync(place).isFile() && digest(disk.read(place)) === sha256) {
      disk.remove(place);
      removed.push(path);
    } else kept.push(path);
  }
  disk.remove(file);
  for (const directory of [join(settings, "builders"), settings]) {
    try {
      rmdirSync(directory);
    } catch {
      // Not empty, or never made: somebody else's files are in it, or it was not needed.
    }
  }
  return { removed, kept };
}

function readJournal(settings: string): Written | null {
  const file = join(settings, journalName);
  if (!existsSync(file)) return null;
  try {
    const parsed = journal.safeParse(JSON.parse(Buffer.from(new NodeDisk().read(file)).toString("utf8")));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AdapterError(
    "UNEXPECTED_ANSWER",
    `${file} is not what a migration writes: look at it, and remove it by hand`,
  );
}

/** Also a symbolic link that leads nowhere: what is written there would land elsewhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function journalText(written: Written): string {
  return `${JSON.stringify(written, null, 2)}\n`;
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
