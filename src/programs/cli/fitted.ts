import { columnsOf, wrapped } from "../../status/index.ts";

/** A help text in so many columns: what is longer goes on below, where the text of its line begins. */
export function fitted(text: string, columns: number): string {
  const lines = text.split("\n");
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? "";
    if (columnsOf(line) > columns) {
      // A text that was broken by hand is broken anew as a whole.
      while (goesOn(line, lines[at + 1])) {
        at += 1;
        line += ` ${(lines[at] ?? "").trim()}`;
      }
      out.push(...fittedLine(line, columns));
    } else out.push(line);
  }
  return out.join("\n");
}

/** Where the line's own words begin, and where the text beside them does; that is the same where there is but one. */
function columnsIn(line: string): { readonly indent: number; readonly text: number } {
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const gap = /\S( {2,})\S/.exec(line);
  return { indent, text: gap === null ? indent : gap.index + 1 + (gap[1]?.length ?? 0) };
}

function goesOn(line: string, next: string | undefined): next is string {
  if (next === undefined || next.trim() === "" || /^\s*(?:-|release-bot |Examples?: |Exit status|[A-Z_]+: )/.test(next))
    return false;
  const here = columnsIn(next);
  return (
    here.indent === columnsIn(line).text && here.text === here.indent && !/^(?:Examples?: |release-bot )/.test(line)
  );
}

const leastText = 24;

function fittedLine(line: string, columns: number): readonly string[] {
  const { indent, text } = columnsIn(line);
  const isAlone = text === indent;
  if (columns - text < leastText) {
    const below = fittedLine(" ".repeat(8) + line.slice(text), columns);
    return isAlone ? below : [...fitted(line.slice(0, text).trimEnd(), columns).split("\n"), ...below];
  }
  const isPlain = isAlone && indent === 0 && !/^(?:Examples?:|release-bot) /.test(line);
  const hanging = line.startsWith("Example: ")
    ? " ".repeat(13)
    : " ".repeat(!isAlone ? text : isPlain ? 0 : indent + 4);
  const [first = "", ...rest] = wrapped(line.slice(text), columns - text);
  const more = rest.length === 0 ? [] : wrapped(rest.join(" "), columns - hanging.length);
  return [line.slice(0, text) + first, ...more.map((part) => hanging + part)];
}
