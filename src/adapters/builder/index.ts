/** The back-ends that build: native, and what signs their packages. */
export { createNativeBackend, type NativeOptions } from "./native/native.ts";
export type { WallRule } from "./native/wall.ts";
export { type GpgProgram, signRpms } from "./sign-packages.ts";
