import { tmpdir } from "node:os";
import { removeStaleScratch } from "../../src/adapters/files/scratch.ts";

/** After a run: test files' processes are ended from outside, and have had no moment to remove their key rings. */
export function teardown(): void {
  removeStaleScratch(tmpdir(), new Date());
}
