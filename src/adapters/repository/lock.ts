/**
 * A lock that dies with its process: an exclusive SQLite transaction, which the kernel's own file locks stand behind. A
 * lock file by itself would stay after a kill and fail every later try.
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AdapterError } from "../../domain/index.ts";

/** A lock that is held until it is released or the process ends. */
export interface Lock {
  release(): void;
}

/** Takes the lock if nobody has it; null where somebody does. */
function tryLock(directory: string, key: string): Lock | null {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(join(directory, `${key}.lock`));
  } catch (error) {
    throw new AdapterError("READ_ONLY", `cannot open the lock of ${key}: ${String(error)}`, error);
  }
  try {
    // Nothing is ever stored: without a journal the transaction leaves no file behind that a kill could spoil.
    database.exec("PRAGMA journal_mode = OFF; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    const busy = error instanceof Error && /locked|busy/i.test(error.message);
    if (busy) return null;
    throw new AdapterError("READ_ONLY", `cannot lock ${key}: ${String(error)}`, error);
  }
  return { release: () => database.close() };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Takes all of these locks, in one order for everybody, waiting at most `limitMs`; tells when it waits. Throws AdapterError
 * `TIMEOUT`.
 */
export async function takeLocks(
  directory: string,
  keys: readonly string[],
  limitMs: number,
  tell?: () => void,
): Promise<Lock> {
  const held: Lock[] = [];
  const release = (): void => {
    for (const lock of held.splice(0).reverse()) lock.release();
  };
  const step = 10;
  let waited = 0;
  try {
    for (const key of [...new Set(keys)].sort()) {
      for (let lock = tryLock(directory, key); ; lock = tryLock(directory, key)) {
        if (lock !== null) {
          held.push(lock);
          break;
        }
        if (waited >= limitMs) throw new AdapterError("TIMEOUT", `${key} is in use by another process`);
        tell?.();
        await pause(step);
        waited += step;
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}
