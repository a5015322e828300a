/** Gzip files as members that can be told apart without inflating them, so that unchanged ones are copied as they are. */
export {
  type Chunk,
  chunkLength,
  chunkOf,
  openPieces,
  packedBytes,
  packedPieces,
  readChunks,
  takesMore,
} from "./members.ts";
