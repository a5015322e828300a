/** The back-ends that build: native, builder v2, builder v1. */
export { createBackend } from "./create-backend.ts";
export { lookingBackend } from "./looking-backend.ts";
export { findWalls } from "./native/wall.ts";
export { promoteByBackend } from "./promote.ts";
