/** The disk with its syncs, how Node reaches it, and directories for work in progress. */
export type { Disk, FileBytes } from "./disk.ts";
export { NodeDisk } from "./node-disk.ts";
export { readOnlyDisk } from "./read-only-disk.ts";
export { inScratch, makeScratch } from "./scratch.ts";
