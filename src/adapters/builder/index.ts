/** The back-ends that build: native, builder v2, builder v1. */
export { type BackendOptions, createBackend } from "./create-backend.ts";
export type { WallRule } from "./native/wall.ts";
export { type GpgProgram, type PackageSigners, signPackages } from "./sign-packages.ts";
