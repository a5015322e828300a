import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStaleScratch } from "../../src/adapters/files/scratch.ts";

/** Not in the temporary directory: a process that is late to end still writes there, and would make it anew. */
const compiled = join(import.meta.dirname, "../../node_modules/.cache/compiled");

/**
 * Before a run: the programs that the tests start find each other's compiled modules, since stripping the types anew would
 * take most of a short one's time. After it nothing is left in the temporary directory: the tests' processes are ended from
 * outside, and have had no moment to remove their key rings.
 */
export default function setUp(): () => void {
  rmSync(compiled, { recursive: true, force: true });
  process.env["NODE_COMPILE_CACHE"] = compiled;
  return () => removeStaleScratch(tmpdir(), new Date());
}
