/** Programs of the machine, run as argument lists, bounded in time, leaving nothing behind. */
export { capture, tryCapture } from "./capture.ts";
export { runnerInUnits, thisMachine, type UnitMachine, unitPrefix } from "./run-in-unit.ts";
export { type ProgramEnd, type RunProgram, runProgram } from "./run-program.ts";
