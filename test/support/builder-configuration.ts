import type { BuilderConfiguration } from "../../src/formats/builder-yml/index.ts";
import { parseTree, understandConfiguration } from "../../src/formats/builder-yml/index.ts";

/** A builder's configuration from its YAML, read as the agent reads it; a mistake in it fails the test. */
export function builderConfiguration(yaml: string): BuilderConfiguration {
  const tree = parseTree("builder.yml", yaml);
  const understood = tree.ok ? understandConfiguration(tree.value) : tree;
  if (!understood.ok) throw new Error(understood.error.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return understood.value;
}
