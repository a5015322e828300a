/** Signatures through a program that takes gpg's arguments, and short runs of such tools. */
export { GpgProgramSigner } from "./gpg-program-signer.ts";
export { needTool, runTool } from "./run-tool.ts";
export { clearSignBySq } from "./sq-signer.ts";
