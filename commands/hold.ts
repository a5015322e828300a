import type { CommandDefinition } from "./definition.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

export const hold: CommandDefinition = {
  word: "Hold",
  kind: "hold",
  spellings: [
    {
      form: "new",
      usage: "Hold RELEASE COMPONENT SHA DISTS",
      example: `Hold r4.3 core-admin ${sha} all`,
    },
  ],
  needs: ["components", "distributions", "hold"],
  repositories: [],
  help: "Forbids every promotion of that commit, to any repository, until it is lifted.",
  parse: (words) => ({
    kind: "hold",
    release: words.release(),
    component: words.component(),
    commit: words.commit(),
    distributions: words.distributions(),
  }),
};
