import { type CommandLine, cell, columnsOf, printable, wrapped } from "../../../status/index.ts";
import { messagesOf } from "./sign.ts";

/** How wide the terminal is. */
interface Style {
  readonly width: number;
}

/** What will be signed, to the letter, and what will come of it, for each distribution. */
export function planText(lines: readonly CommandLine[], style: Style): string {
  if (lines.length === 0) return "Nothing will be signed.\n";
  const messages = messagesOf(lines);
  const count = lines.length === 1 ? "This line" : `These ${lines.length} lines`;
  const as = messages.length === 1 ? "one message" : `${messages.length} messages, since one holds 50 lines at most`;
  const shown = messages.map((message) => message.map(({ line }) => `  ${line}\n`).join("")).join("\n");
  return `${count} will be signed, as ${as}:\n\n${shown}\nWhat it will do:\n\n${effects(lines, style)}`;
}

function effects(lines: readonly CommandLine[], { width }: Style): string {
  const rows = lines.flatMap(({ places }) => places.map(({ distribution }) => distribution ?? "all"));
  const column = Math.min(Math.max(0, ...rows.map((name) => columnsOf(printable(name)))), 24);
  return lines
    .map(({ name, version, does, issue, places }) => {
      const where = issue === null ? "" : ` (issue #${issue})`;
      const head = `  ${printable(`${name} ${version}`)} ${does}${where}\n`;
      const each = places.map(({ distribution, environment, now }) => {
        const before = `    ${cell(printable(distribution ?? "all"), column)}  `;
        const by = environment === null ? "" : ` (${environment})`;
        const [first = "", ...more] = wrapped(printable(`${now}${by}`), Math.max(20, width - before.length));
        return `${before}${first}\n${more.map((text) => `${" ".repeat(before.length)}${text}\n`).join("")}`;
      });
      return head + each.join("");
    })
    .join("");
}
