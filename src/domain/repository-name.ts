/** The package repositories of a release. Testing ones are open to the build; `current` and `templates-*` are gated. */
export const componentRepositories = ["current-testing", "security-testing", "unstable", "current"] as const;
/** Template repositories: two pairs of testing and gated. */
export const templateRepositories = [
  "templates-itl-testing",
  "templates-community-testing",
  "templates-itl",
  "templates-community",
] as const;
/** Where ISOs go. */
export const isoRepositories = ["iso-testing", "iso"] as const;

/** A repository that holds a component's packages. */
export type ComponentRepository = (typeof componentRepositories)[number];
/** A repository that holds templates. */
export type TemplateRepository = (typeof templateRepositories)[number];
/** A place that holds ISOs. */
export type IsoRepository = (typeof isoRepositories)[number];
/** Any repository. */
export type RepositoryName = ComponentRepository | TemplateRepository | IsoRepository;

/** Parses a component repository's name; null where it is none. */
export function parseComponentRepository(untrusted: string): ComponentRepository | null {
  return componentRepositories.find((name) => name === untrusted) ?? null;
}

/** Parses a template repository's name; null where it is none. */
export function parseTemplateRepository(untrusted: string): TemplateRepository | null {
  return templateRepositories.find((name) => name === untrusted) ?? null;
}

/** Whether promotion to it needs a minimum age in testing, and is stopped by `buggy`. */
export function isGated(repository: RepositoryName): boolean {
  return repository === "current" || repository === "templates-itl" || repository === "templates-community";
}
