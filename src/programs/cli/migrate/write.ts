import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { AdapterError } from "../../../domain/index.ts";
import type { MigrationPlan } from "./plan.ts";

/** What a migration has written, so that going back takes away exactly that. */
const journalName = "migrated.json";
const journal = z.array(z.strictObject({ path: z.string(), sha256: z.string() }));

/** Writes the planned files; refuses before the first where one is there already. Throws AdapterError. */
export function writeMigration(settings: string, { files }: MigrationPlan): void {
  const occupied = [journalName, ...files.map(({ path }) => path)].filter((path) => existsSync(join(settings, path)));
  if (occupied.length > 0) {
    const names = occupied.join(", ");
    throw new AdapterError(
      "CONFIGURATION",
      `${settings}: has ${names} already; 'release-bot migrate --undo' takes back an earlier one`,
    );
  }
  const written = files.map(({ path, content }) => ({ path, sha256: digest(content) }));
  mkdirSync(settings, { recursive: true });
  // The journal first: whatever a crash leaves of the files can be taken back.
  writeFileSync(join(settings, journalName), `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 });
  for (const { path, content, mode } of files) {
    mkdirSync(dirname(join(settings, path)), { recursive: true });
    writeFileSync(join(settings, path), content, { mode });
    chmodSync(join(settings, path), mode);
  }
}

/** Takes back what a migration wrote. A file that was changed since stays, and is named. Throws AdapterError. */
export function undoMigration(settings: string): {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
} {
  const file = join(settings, journalName);
  if (!existsSync(file)) throw new AdapterError("NOT_FOUND", `${file}: there is no migration to take back`);
  const removed: string[] = [];
  const kept: string[] = [];
  for (const { path, sha256 } of journal.parse(JSON.parse(readFileSync(file, "utf8")))) {
    const place = join(settings, path);
    if (!existsSync(place)) continue;
    if (digest(readFileSync(place)) === sha256) {
      rmSync(place);
      removed.push(path);
    } else kept.push(path);
  }
  rmSync(file);
  try {
    rmdirSync(join(settings, "builders"));
  } catch {
    // Not empty, or never made: somebody else's files are in it, or it was not needed.
  }
  return { removed, kept };
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
