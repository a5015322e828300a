/** The nouns of the field and their parsers. Imports nothing of ours. */
export * from "./adapter-error.ts";
export * from "./brand.ts";
export * from "./command.ts";
export * from "./distribution.ts";
export * from "./names.ts";
export * from "./progress.ts";
export * from "./refusal.ts";
export * from "./repository-name.ts";
export * from "./result.ts";
export * from "./status-event.ts";
export * from "./subject.ts";
export * from "./timestamp.ts";
export * from "./version-order.ts";
