import type { CommandDefinition } from "./definition.ts";

const repositories = ["templates-itl", "templates-community"] as const;

export const uploadTemplate: CommandDefinition = {
  word: "Upload-template",
  kind: "upload-template",
  spellings: [
    {
      form: "v2",
      usage: "Upload-template RELEASE TEMPLATE VERSION REPOSITORY",
      example: "Upload-template r4.3 debian-13-xfce 4.3.0-202508191723 templates-itl",
    },
  ],
  needs: ["templates"],
  repositories,
  help: "Promotes a template's build out of testing.",
  parse: (words) => ({
    kind: "upload-template",
    release: words.release(),
    template: words.template(),
    version: words.templateVersion(),
    repository: words.repository(repositories),
  }),
};
