import {
  isoRepositories,
  parseComponentRepository,
  parseTemplateRepository,
  type RepositoryName,
} from "../../domain/index.ts";

/** Parses the name of any repository; null where it is none. */
export function parseRepositoryName(untrusted: string): RepositoryName | null {
  const iso = isoRepositories.find((name) => name === untrusted);
  return parseComponentRepository(untrusted) ?? parseTemplateRepository(untrusted) ?? iso ?? null;
}
