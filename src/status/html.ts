/** Text that is HTML already. Made by {@link html} and {@link raw} only: everything else is escaped where it is put in. */
export interface Html {
  readonly html: string;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Characters that turn the direction of text, or show nothing, are shown as what they are: strange.
const strange =
  "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff";
// Half a surrogate pair is no character, and XML takes none of them.
const special = new RegExp(`[&<>"'${strange}\\ud800-\\udfff]`);
const each = new RegExp(`[&<>"'${strange}]`, "g");

/** Escapes for text and for attributes in double quotes. */
export function escapeHtml(untrusted: string): string {
  // Most texts have nothing to escape, and there are hundreds of thousands of them.
  if (!special.test(untrusted)) return untrusted;
  return untrusted.toWellFormed().replace(each, (character) => entities[character] ?? "\ufffd");
}

/** Text for other places than HTML: characters that show nothing, or turn the direction, are shown as strange ones. */
export function visible(untrusted: string): string {
  return untrusted.toWellFormed().replace(new RegExp(`[${strange}]`, "g"), "\ufffd");
}

/** A constant of ours. */
export function raw(constant: string): Html {
  return { html: constant };
}

type Part = string | number | Html | null | readonly Html[];

/** HTML with values in it: texts are escaped, HTML is put in as it is, null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? "";
  for (let index = 0; index < parts.length; index++) text += rendered(parts[index] ?? null) + strings[index + 1];
  return { html: text };
}

function rendered(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  if ("html" in part) return part.html;
  let text = "";
  for (const one of part) text += one.html;
  return text;
}
