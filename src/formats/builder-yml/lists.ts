import { type Distribution, parseDistribution, parseTemplateName } from "../../domain/index.ts";
import type { TemplateConfiguration } from "./configuration.ts";
import { itemName } from "./merge.ts";
import type { TreeReader } from "./reader.ts";
import type { Place, Tree, TreeMap } from "./tree.ts";

/** An item of a list of names: a word, or a one-key map with options. */
export interface NamedItem {
  readonly name: string;
  readonly at: Place;
  readonly options: TreeMap | null;
}

/** The families that exist, for whoever mistyped one. */
const families =
  "fcNN, centos-streamN, bullseye bookworm trixie forky sid, focal jammy noble, archlinux, gentoo, win10 win11";

/** The named items of the list `key`; a name that stands twice is refused, since it is unclear which one counts. */
export function namedItems(reader: TreeReader, top: TreeMap, key: string): NamedItem[] {
  const result = new Map<string, NamedItem>();
  for (const item of reader.list(top, key) ?? []) {
    const name = itemName(item);
    if (name === null) {
      reader.complain(
        item.at,
        `${key}: each item is to be a name, or a name with a colon and its options indented below it`,
      );
    } else if (result.has(name)) {
      reader.complain(item.at, `${key}: '${name}' stands twice`);
    } else {
      result.set(name, { name, at: item.at, options: optionsOf(reader, item, `${key}: ${name}`) });
    }
  }
  return [...result.values()];
}

function optionsOf(reader: TreeReader, item: Tree, what: string): TreeMap | null {
  if (item.kind !== "map") return null;
  const [entry] = item.entries.values();
  if (entry === undefined || (entry.value.kind === "scalar" && entry.value.value === null)) return null;
  if (entry.value.kind === "map") return entry.value;
  reader.complain(entry.at, `${what}: its options are to be a map`);
  return null;
}

/** The distributions that this builder builds for. */
export function readDistributions(reader: TreeReader, top: TreeMap): Distribution[] {
  const result: Distribution[] = [];
  for (const item of namedItems(reader, top, "distributions")) {
    const distribution = parseDistribution(item.name);
    if (distribution === null) {
      reader.complain(
        item.at,
        `distributions: there is no '${item.name}'; write host-NAME or vm-NAME, NAME one of ${families}`,
      );
    } else result.push(distribution);
  }
  return result;
}

/** The templates that this builder builds. */
export function readTemplates(reader: TreeReader, top: TreeMap, timeoutSeconds: number): TemplateConfiguration[] {
  const result: TemplateConfiguration[] = [];
  for (const item of namedItems(reader, top, "templates")) {
    const name = parseTemplateName(item.name);
    if (name === null) {
      reader.complain(item.at, `templates: '${item.name}' is not a template's name (letters, digits, _ + -)`);
      continue;
    }
    const dist = reader.parsed(
      item.options,
      "dist",
      (word) => (parseDistribution(`vm-${word}`) === null ? null : word),
      `a distribution without its package set: ${families}`,
    );
    if (dist === null) {
      if (reader.entry(item.options, "dist") === null) {
        reader.complain(item.at, `templates: ${name} needs 'dist', for example 'dist: fc42'`);
      }
      continue;
    }
    const word = (text: string): string | null => (/^[A-Za-z0-9][A-Za-z0-9_+.-]{0,63}$/.test(text) ? text : null);
    result.push({
      name,
      dist,
      flavor: reader.parsed(item.options, "flavor", word, "a flavor's name"),
      options: reader.parsedList(item.options, "options", word, "an option's name") ?? [],
      timeoutSeconds: reader.integer(item.options, "timeout", timeoutSeconds, [1, 604_800]),
    });
  }
  return result;
}
