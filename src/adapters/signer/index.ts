/** Signatures through a program that takes gpg's arguments, and short runs of such tools. */
export { type GpgProgram, GpgProgramSigner } from "./gpg-program-signer.ts";
export { needTool, runTool, type ToolAnswer, type ToolRun } from "./run-tool.ts";
