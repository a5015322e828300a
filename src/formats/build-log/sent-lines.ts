/**
 * The log as the agent sends it: its own lines begin with `> `, each line of a build's output with `| `. The build's
 * output is an attacker's text: it is split at line feeds only (a carriage return, a form feed or U+2028 starts no line),
 * so nothing in it can come to stand at the start of a line.
 */
const mark = Buffer.from("| ");
const lineFeed = 0x0a;

/** Puts the two kinds of lines into one stream of bytes; each method answers the bytes to send next. */
export class SentLines {
  #atLineStart = true;

  /** A line of the agent's own. Line feeds and other control characters in it become spaces. */
  own(text: string): Buffer {
    const line = Buffer.from(`> ${text.replace(/[\u0000-\u001f\u007f]/g, " ")}\n`);
    return this.#begin(line);
  }

  /** A chunk of a build's output; chunks may end anywhere. */
  output(untrustedChunk: Uint8Array): Buffer {
    const parts: Uint8Array[] = [];
    let from = 0;
    while (from < untrustedChunk.length) {
      if (this.#atLineStart) parts.push(mark);
      const end = untrustedChunk.indexOf(lineFeed, from);
      const until = end === -1 ? untrustedChunk.length : end + 1;
      parts.push(untrustedChunk.subarray(from, until));
      this.#atLineStart = end !== -1;
      from = until;
    }
    return Buffer.concat(parts);
  }

  /** The agent's line never continues a line of output that has no line feed yet. */
  #begin(line: Buffer): Buffer {
    const bytes = this.#atLineStart ? line : Buffer.concat([Buffer.from("\n"), line]);
    this.#atLineStart = true;
    return bytes;
  }
}
