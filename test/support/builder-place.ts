import type { BuilderPlace } from "../../src/build/ports.ts";
import {
  type BuilderConfiguration,
  type ComponentConfiguration,
  parseTree,
  understandConfiguration,
} from "../../src/formats/builder-yml/index.ts";

/** A configuration from the text of a builder.yml without includes. */
export function configurationOf(text: string): BuilderConfiguration {
  const tree = parseTree("builder.yml", text);
  const understood = tree.ok ? understandConfiguration(tree.value) : tree;
  if (!understood.ok) throw new Error(understood.error.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return understood.value;
}

/** A builder at a directory, with what differs from the text's own paths. */
export function builderPlace(
  directory: string,
  text: string,
  paths: Partial<Pick<BuilderConfiguration, "keyDirs" | "artifactsDir">> = {},
): BuilderPlace {
  return {
    directory,
    configurationFile: `${directory}/builder.yml`,
    configuration: { ...configurationOf(text), ...paths },
  };
}

/** The component of that name; a test that asks for another is wrong. */
export function componentOf(place: BuilderPlace, name: string): ComponentConfiguration {
  const component = place.configuration.components.find((candidate) => candidate.name === name);
  if (component === undefined) throw new Error(`the configuration has no component ${name}`);
  return component;
}
