/** Programs of the machine, run as argument lists, bounded in time, leaving nothing behind. */
export { capture, tryCapture } from "./capture.ts";
export { type ProgramEnd, runProgram } from "./run-program.ts";
