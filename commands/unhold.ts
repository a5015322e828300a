import type { CommandDefinition } from "./definition.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

export const unhold: CommandDefinition = {
  word: "Unhold",
  kind: "unhold",
  spellings: [
    {
      form: "new",
      usage: "Unhold RELEASE COMPONENT SHA DISTS",
      example: `Unhold r4.3 core-admin ${sha} all`,
    },
  ],
  needs: ["components", "distributions", "unhold"],
  repositories: [],
  help: "Lifts a hold. Who made the hold may lift it without being granted 'unhold'.",
  parse: (words) => ({
    kind: "unhold",
    release: words.release(),
    component: words.component(),
    commit: words.commit(),
    distributions: words.distributions(),
  }),
};
