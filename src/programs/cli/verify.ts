/** `release-bot verify`: what receiver and build qubes would make of a signed message or a whole comment, without sending it. */
import { readFileSync } from "node:fs";
import { runVerify } from "./verify/run.ts";

export { help } from "./verify/run.ts";

/** Judges one file or standard input. */
export function main(argv: readonly string[]): Promise<number> {
  return runVerify(argv, {
    environment: process.env,
    now: new Date(),
    standardInput: () => readFileSync(0),
    say: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
  });
}
