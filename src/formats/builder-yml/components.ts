import { type ComponentName, type Fingerprint, parseComponentName, parseFingerprint } from "../../domain/index.ts";
import type { ComponentConfiguration, VerificationMode } from "./configuration.ts";
import { namedItems } from "./lists.ts";
import type { TreeReader } from "./reader.ts";
import type { TreeMap } from "./tree.ts";

const modes: readonly VerificationMode[] = [
  "signed-tag",
  "less-secure-signed-commits-sufficient",
  "insecure-skip-checking",
];

/**
 * A URL that git may be given: no `ext::` or other helper that runs a program, nothing that begins with a dash, and a
 * path only where it is absolute (a checkout beside the builder, the lab, the tests).
 */
export function parseSourceUrl(untrusted: string): string | null {
  return untrusted.length <= 500 && /^(?:(?:https?|ssh|git|file):\/\/|\/)[A-Za-z0-9_.:/@~+%-]+$/.test(untrusted)
    ? untrusted
    : null;
}

/** A branch as git may be given it. */
export function parseBranch(untrusted: string): string | null {
  return /^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}$/.test(untrusted) && !/\.\.|\/\/|\.lock$|[/.]$/.test(untrusted)
    ? untrusted
    : null;
}

interface Defaults {
  readonly git: TreeMap | null;
  readonly gitMaintainers: readonly Fingerprint[];
  readonly timeoutSeconds: number;
}

/** Components whose checking builder v2's own lists at the top weaken. */
function weakened(reader: TreeReader, top: TreeMap): Map<string, VerificationMode> {
  const result = new Map<string, VerificationMode>();
  for (const mode of modes) {
    if (mode === "signed-tag") continue;
    for (const name of reader.parsedList(top, mode, parseComponentName, "a component's name") ?? []) {
      result.set(name, mode);
    }
  }
  return result;
}

/** The components, defaults filled in. */
export function readComponents(reader: TreeReader, top: TreeMap, defaults: Defaults): ComponentConfiguration[] {
  const { git } = defaults;
  const baseUrl = reader.string(git, "baseurl")?.value ?? "https://github.com";
  const prefix = reader.string(git, "prefix")?.value ?? "QubesOS/qubes-";
  const suffix = reader.string(git, "suffix")?.value ?? "";
  const branch = reader.parsed(git, "branch", parseBranch, "a branch's name") ?? "main";
  const versionsOnly = reader.boolean(top, "fetch-versions-only", false);
  const weak = weakened(reader, top);
  const result: ComponentConfiguration[] = [];

  for (const item of namedItems(reader, top, "components")) {
    const name: ComponentName | null = parseComponentName(item.name);
    if (name === null) {
      reader.complain(
        item.at,
        `components: '${item.name}' is not a component's name (letters, digits, _ + -, 64 at most)`,
      );
      continue;
    }
    const { options } = item;
    const written = reader.parsed(
      options,
      "url",
      parseSourceUrl,
      "a URL of https, ssh, git or file, or an absolute path",
    );
    const url = written ?? parseSourceUrl(`${baseUrl}/${prefix}${name}${suffix}`);
    if (url === null)
      reader.complain(git?.at ?? item.at, `git: baseurl '${baseUrl}' and prefix '${prefix}' give no URL`);
    const maintainers =
      reader.parsedList(options, "maintainers", parseFingerprint, "a fingerprint of 40 hex digits, in quotes") ??
      defaults.gitMaintainers;
    const verificationMode = reader.word(options, "verification-mode", modes, weak.get(name) ?? "signed-tag");
    const minDistinctMaintainers = reader.integer(options, "min-distinct-maintainers", 1, [1, 32]);
    if (verificationMode !== "insecure-skip-checking" && new Set(maintainers).size < minDistinctMaintainers) {
      reader.complain(
        item.at,
        `components: ${name} needs ${minDistinctMaintainers} maintainers who sign and has ${new Set(maintainers).size}; list them under git: maintainers: or with the component`,
      );
    }
    result.push({
      name,
      url: url ?? "",
      branch: reader.parsed(options, "branch", parseBranch, "a branch's name") ?? branch,
      packages: reader.boolean(options, "packages", true),
      fetchVersionsOnly: reader.boolean(options, "fetch-versions-only", versionsOnly),
      maintainers,
      minDistinctMaintainers,
      timeoutSeconds: reader.integer(options, "timeout", defaults.timeoutSeconds, [1, 604_800]),
      verificationMode,
    });
  }
  return result;
}
