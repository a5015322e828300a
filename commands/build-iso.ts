import type { CommandDefinition } from "./definition.ts";

export const buildIso: CommandDefinition = {
  word: "Build-iso",
  kind: "build-iso",
  spellings: [
    {
      form: "v2",
      usage: "Build-iso RELEASE VERSION TIMESTAMP",
      example: "Build-iso r4.3 4.3.202508191723 202508191723",
    },
  ],
  needs: ["iso"],
  repositories: [],
  help: "Builds an installation image and puts it into iso-testing. TIMESTAMP is now: at most an hour old.",
  parse: (words) => ({
    kind: "build-iso",
    release: words.release(),
    version: words.isoVersion(),
    timestamp: words.timestamp(),
  }),
};
