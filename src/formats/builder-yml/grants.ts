import {
  type Fingerprint,
  parseComponentName,
  parseDistribution,
  parseDistributionName,
  parseFingerprint,
  parseTemplateName,
} from "../../domain/index.ts";
import type { Grant } from "./configuration.ts";
import type { TreeReader } from "./reader.ts";
import type { TreeMap } from "./tree.ts";

/**
 * `_all_`, or a list. A text would be matched by substring by who is careless (`core-admin` in `core-admin-linux`), so
 * it is refused; what is not there grants nothing.
 */
function allOrList<T>(
  reader: TreeReader,
  grant: TreeMap,
  key: string,
  parse: (untrusted: string) => T | null,
  kind: string,
): "_all_" | readonly T[] {
  const entry = reader.entry(grant, key);
  if (entry === null) return [];
  if (entry.value.kind === "scalar" && entry.value.value === "_all_") return "_all_";
  if (entry.value.kind === "list") return reader.parsedItems(entry.value.items, key, parse, kind);
  reader.complain(entry.at, `${key} is to be _all_ or a list (one '- NAME' a line); a text grants nothing`);
  return [];
}

/** `github.maintainers`: who may do what. What is not granted is refused. */
export function readGrants(reader: TreeReader, maintainers: TreeMap | null): Map<Fingerprint, Grant> {
  const grants = new Map<Fingerprint, Grant>();
  for (const [key, { at }] of maintainers?.entries ?? []) {
    const fingerprint = parseFingerprint(key);
    if (fingerprint === null) {
      reader.complain(at, `github.maintainers: '${key}' is not a fingerprint of 40 hex digits`);
      continue;
    }
    if (grants.has(fingerprint)) reader.complain(at, `github.maintainers: ${fingerprint} stands twice`);
    const grant = reader.map(maintainers, key);
    if (grant === null) continue;
    grants.set(fingerprint, {
      components: allOrList(reader, grant, "components", parseComponentName, "a component's name"),
      distributions: allOrList(
        reader,
        grant,
        "distributions",
        (word) => (parseDistribution(word) === null ? null : parseDistributionName(word)),
        "a distribution (host-NAME or vm-NAME)",
      ),
      templates: allOrList(reader, grant, "templates", parseTemplateName, "a template's name"),
      iso: reader.boolean(grant, "iso", false),
      hold: reader.boolean(grant, "hold", false),
      unhold: reader.boolean(grant, "unhold", false),
      withdraw: reader.boolean(grant, "withdraw", false),
    });
  }
  return grants;
}
