import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import type { MessageTemplates } from "../../report/index.ts";

const shipped = join(import.meta.dirname, "../../report/templates/default");

/**
 * Reads a directory of message templates, the shipped one for null. It is read once, at the start, so that a directory
 * being changed never gives half of a message. Throws AdapterError `CONFIGURATION`.
 */
export function readMessageTemplates(directory: string | null): MessageTemplates {
  const from = directory ?? shipped;
  try {
    const files = readdirSync(from, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && entry.name.startsWith("message-"))
      .map(({ name }) => [name, readFileSync(join(from, name), "utf8")] as const);
    const templates = new Map(files);
    return { get: (name) => templates.get(name) ?? null };
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `message templates: ${from} cannot be read`, cause);
  }
}
