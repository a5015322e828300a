import type { RepositoryName } from "../domain/index.ts";

/** The testing repositories from which each repository is filled, the usual one first; empty for one that is open itself. */
export function testingOf(repository: RepositoryName): readonly RepositoryName[] {
  switch (repository) {
    case "current":
      return ["current-testing", "security-testing"];
    case "security-testing":
      return ["current-testing"];
    case "templates-itl":
      return ["templates-itl-testing"];
    case "templates-community":
      return ["templates-community-testing"];
    case "iso":
      return ["iso-testing"];
    case "current-testing":
    case "unstable":
    case "templates-itl-testing":
    case "templates-community-testing":
    case "iso-testing":
      return [];
  }
}
