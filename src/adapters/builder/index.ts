/** The back-ends that build: native, builder v2, builder v1. */
export { createBackend } from "./create-backend.ts";
export { findWalls } from "./native/wall.ts";
export { differences, promoteByBackend } from "./promote.ts";
