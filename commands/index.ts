/** The comment commands: one file each, and what is made from the table of them. */
import type { Command } from "../src/domain/index.ts";
import type { GrantName } from "./definition.ts";
import { commandTable } from "./table.ts";

export type { GrantName } from "./definition.ts";
export { nearest } from "./nearest.ts";
export { parseCommandLine } from "./parse-line.ts";
export { renderCommandDocs, renderCommandHelp } from "./render.ts";
export { commandTable } from "./table.ts";

/** What a signer must have been granted to give such a command. */
export function neededGrants(kind: Command["kind"]): readonly GrantName[] {
  const definition = commandTable.find((candidate) => candidate.kind === kind);
  // A command without a definition cannot be parsed; were there one, nobody could have been granted it.
  if (definition === undefined) throw new Error(`the command ${kind} has no definition`);
  return definition.needs;
}
