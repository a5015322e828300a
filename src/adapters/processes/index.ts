/** Programs of the machine, run as argument lists, bounded in time, leaving nothing behind. */
export { type CaptureRun, capture, tryCapture } from "./capture.ts";
export { type ProgramEnd, type ProgramRun, runProgram } from "./run-program.ts";
