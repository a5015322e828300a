import type { CommandDefinition } from "./definition.ts";

const repositories = ["current", "security-testing"] as const;
const sha = "0123456789abcdef0123456789abcdef01234567";

export const uploadComponent: CommandDefinition = {
  word: "Upload-component",
  kind: "upload-component",
  spellings: [
    {
      form: "v2",
      usage: "Upload-component RELEASE COMPONENT SHA REPOSITORY DISTS",
      example: `Upload-component r4.3 core-admin ${sha} current host-fc41,vm-bookworm`,
    },
  ],
  needs: ["components", "distributions"],
  repositories,
  help: "Promotes a component's packages, built from that commit, out of testing.",
  parse: (words) => ({
    kind: "upload-component",
    release: words.release(),
    component: words.component(),
    commit: words.commit(),
    repository: words.repository(repositories),
    distributions: words.distributions(),
  }),
};
