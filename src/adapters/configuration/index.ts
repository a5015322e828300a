/** builder.yml with its includes, and builders.list, from disk. */
export { type LoadedConfiguration, loadBuilderConfiguration } from "./load-builder.ts";
export { type LoadedBuilder, type LoadedBuilders, loadBuilders } from "./load-builders.ts";
export type { IncludeRoot } from "./read-tree.ts";
