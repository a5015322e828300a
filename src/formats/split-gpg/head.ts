/** How long the arguments can be, with the NULs between them. */
const longestCommand = 1024;

/**
 * The 1,028 bytes that a call of `qubes.Gpg` begins with: the length of the arguments without the last NUL, then the
 * arguments, NUL after each, the program's name first. Throws RangeError where they do not fit.
 */
export function renderHead(args: readonly string[]): Buffer {
  const command = Buffer.from(["gpg", ...args].map((arg) => `${arg}\0`).join(""));
  if (command.length > longestCommand || args.some((arg) => arg.includes("\0"))) {
    throw new RangeError("the arguments do not fit into a split-gpg head");
  }
  const head = Buffer.alloc(4 + longestCommand);
  head.writeUInt32LE(command.length - 1, 0);
  command.copy(head, 4);
  return head;
}
