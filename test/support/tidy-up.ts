import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStaleScratch } from "../../src/adapters/files/scratch.ts";

/**
 * Before a run: the programs that the tests start find each other's compiled modules, since stripping the types anew would
 * take most of a short one's time. After it nothing is left: the tests' processes are ended from outside, and have had no
 * moment to remove their key rings.
 */
export default function setUp(): () => void {
  const compiled = mkdtempSync(join(tmpdir(), "rb-compiled-"));
  process.env["NODE_COMPILE_CACHE"] = compiled;
  return () => {
    rmSync(compiled, { recursive: true, force: true });
    removeStaleScratch(tmpdir(), new Date());
  };
}
