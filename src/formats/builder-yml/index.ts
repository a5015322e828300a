/** builder v2's builder.yml with its includes, and builders.list, as values. */
export { type BuilderLine, parseBuildersList } from "./builders-list.ts";
export type * from "./configuration.ts";
export { mergeMaps } from "./merge.ts";
export { type ConfigurationProblem, type Place, parseTree, renderProblem, type Tree, type TreeMap } from "./tree.ts";
export { signKeyFor, understandConfiguration } from "./understand.ts";
export { understandVersionOne, versionOneVariables, wantedVariables } from "./version-one.ts";
