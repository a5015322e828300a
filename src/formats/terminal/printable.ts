/** Other people's words on a terminal: nothing in them moves the cursor, turns the reading order or hides; and their width. */

const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])|[\u{e0000}-\u{e0fff}\ufff0-\ufffb]/gu;

/** One line; each character that would not be seen as itself is shown as U+FFFD. */
export function printable(untrusted: string): string {
  return untrusted.replace(unprintable, "\ufffd");
}

/** JSON in which what would not be seen as itself is an escape: the same value, and harmless on a terminal. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const zero = /^[\p{Mn}\p{Me}]$/u;
const wide =
  /^[\u1100-\u115f\u231a\u231b\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

function widthOf(character: string): number {
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal the text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The text in exactly so many columns: filled up with spaces, or cut with an ellipsis. */
export function cell(text: string, columns: number): string {
  const width = columnsOf(text);
  if (width <= columns) return text + " ".repeat(columns - width);
  let kept = "";
  let used = 0;
  for (const character of text) {
    const next = widthOf(character);
    if (used + next > columns - 1) break;
    kept += character;
    used += next;
  }
  return `${kept}…${" ".repeat(columns - 1 - used)}`;
}

/** Only the spaces at which lines are broken: others, as no-break ones, belong to the text. */
function withoutEnd(line: string): string {
  return line.replace(/ +$/, "");
}

/** The text in lines of at most so many columns, broken at spaces and after commas; what is longer in one piece is cut hard. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(/(?<=[ ,])/)) {
    if (line !== "" && columnsOf(withoutEnd(line + piece)) > columns) {
      lines.push(withoutEnd(line));
      line = "";
    }
    line += piece;
    while (columnsOf(withoutEnd(line)) > columns) {
      let head = "";
      for (const character of line) {
        if (columnsOf(head + character) > columns) break;
        head += character;
      }
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (withoutEnd(line) !== "" || lines.length === 0) lines.push(withoutEnd(line));
  return lines;
}
