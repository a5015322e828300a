/** Sources by git: fetched into bare repositories, verified with exactly the maintainers' keys. */
export { createSources, type SourcesOptions } from "./sources.ts";
