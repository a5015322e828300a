import type { CommandDefinition } from "./definition.ts";

const repositories = ["current", "security-testing", "current-testing", "unstable"] as const;
const sha = "0123456789abcdef0123456789abcdef01234567";

export const withdrawComponent: CommandDefinition = {
  word: "Withdraw-component",
  kind: "withdraw-component",
  spellings: [
    {
      form: "new",
      usage: "Withdraw-component RELEASE COMPONENT SHA REPOSITORY DISTS",
      example: `Withdraw-component r4.3 core-admin ${sha} current all`,
    },
  ],
  needs: ["components", "distributions", "withdraw"],
  repositories,
  help: "Takes that version back out of a repository; the version before it, where there is one, stands again.",
  parse: (words) => ({
    kind: "withdraw-component",
    release: words.release(),
    component: words.component(),
    commit: words.commit(),
    repository: words.repository(repositories),
    distributions: words.distributions(),
  }),
};
