import type { BuilderConfiguration, ComponentConfiguration } from "../formats/builder-yml/index.ts";

/**
 * The name of a repository without `qubes-`, as a push announces it: a letter or digit, then letters, digits, `_ -`; 64
 * at most. Null for anything else: the caller is not trusted, and `--help` is not a name.
 */
export function parsePushedName(untrusted: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(untrusted) ? untrusted : null;
}

function repositoryName(url: string): string {
  const last =
    url
      .replace(/\/+$/, "")
      .replace(/\.git$/, "")
      .split("/")
      .at(-1) ?? "";
  return last.replace(/^qubes-/, "");
}

/** The components of a builder that a push of this repository concerns: by name, or by the last part of the URL. */
export function matchComponents(
  configuration: BuilderConfiguration,
  pushed: string,
): readonly ComponentConfiguration[] {
  return configuration.components.filter(
    (component) => component.name === pushed || repositoryName(component.url) === pushed,
  );
}
