import type { StatusUpdate } from "./status-data.ts";

/** How people call a version: `core-admin v4.3.12`, `ISO 4.3.202511261200`. */
export function calledOf({ kind, name, version }: StatusUpdate): string {
  return kind === "iso" ? `ISO ${version}` : `${name} ${version}`;
}
