/** Where a repository goes. */
export interface UploadTarget {
  /** As builder v2 has it: `HOST:/PATH` of the release (`deb.qubes-os.org:/pub/qubes/repo/deb/r4.3`), or a directory. */
  readonly to: string;
  /** The remote shell and its options, where it is not plain ssh: `["ssh", "-p", "2222"]`. No word may hold white space. */
  readonly rsh: readonly string[] | null;
}
