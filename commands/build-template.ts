import type { CommandDefinition } from "./definition.ts";

export const buildTemplate: CommandDefinition = {
  word: "Build-template",
  kind: "build-template",
  spellings: [
    {
      form: "v2",
      usage: "Build-template RELEASE TEMPLATE TIMESTAMP",
      example: "Build-template r4.3 debian-13-xfce 202508191723",
    },
    {
      form: "v1",
      usage: "Build-template RELEASE DIST[+FLAVOR] TIMESTAMP",
      example: "Build-template r4.3 fc42+minimal 202508191723",
    },
  ],
  needs: ["templates"],
  repositories: [],
  help: "Builds a template and puts it into its testing repository. TIMESTAMP is now: at most an hour old.",
  parse: (words) => ({
    kind: "build-template",
    release: words.release(),
    template: words.template(),
    timestamp: words.timestamp(),
  }),
};
