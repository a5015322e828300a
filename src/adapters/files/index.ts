/** The disk with its syncs, and how Node reaches it. */
export type { Disk, FileBytes } from "./disk.ts";
export { NodeDisk } from "./node-disk.ts";
export { readOnlyDisk } from "./read-only-disk.ts";
