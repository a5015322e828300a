/** A list of mirrors, as builder v2 has it: a base address a line, blank lines and `#` comments apart. */
interface MirrorsList {
  /** In the file's order, best first. */
  readonly mirrors: readonly string[];
  /** Numbers of lines that are no address of a mirror. */
  readonly mistakes: readonly number[];
}

const baseAddress = /^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~/+-]*)?$/;

/** Reads one. An address has no query and no user's name: it is written into metalinks that everybody reads. */
export function parseMirrorsList(untrusted: string): MirrorsList {
  const lines = untrusted.split(/\r?\n/).map((line, index) => ({ text: line.trim(), number: index + 1 }));
  const given = lines.filter(({ text }) => text !== "" && !text.startsWith("#"));
  const good = ({ text }: { readonly text: string }): boolean => text.length <= 300 && baseAddress.test(text);
  return {
    mirrors: given.filter(good).map(({ text }) => text),
    mistakes: given.filter((line) => !good(line)).map(({ number }) => number),
  };
}
