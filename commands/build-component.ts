import type { CommandDefinition } from "./definition.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

export const buildComponent: CommandDefinition = {
  word: "Build-component",
  kind: "build-component",
  spellings: [
    {
      form: "new",
      usage: "Build-component RELEASE COMPONENT SHA DISTS TIMESTAMP",
      example: `Build-component r4.3 core-admin ${sha} vm-bookworm 202508191723`,
    },
  ],
  needs: ["components", "distributions"],
  repositories: [],
  help: "Builds again what failed, from that commit and no other. TIMESTAMP is now: at most an hour old.",
  parse: (words) => {
    const timestamp = words.splitLast("TIMESTAMP").timestamp();
    return {
      kind: "build-component",
      release: words.release(),
      component: words.component(),
      commit: words.commit(),
      distributions: words.distributions(),
      timestamp,
    };
  },
};
