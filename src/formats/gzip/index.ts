/** Gzip files as members that can be told apart without inflating them, so that unchanged ones are copied as they are. */
export { type Chunk, chunkOf, openBytes, packedBytes, readChunks } from "./members.ts";
