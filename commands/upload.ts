import type { Command } from "../src/domain/index.ts";
import type { CommandDefinition } from "./definition.ts";
import type { WordReader } from "./word-reader.ts";

const componentRepositories = ["current", "security-testing"] as const;
const templateRepositories = ["templates-itl", "templates-community"] as const;
/** Where v1 keeps its templates: naming it uploads a template, not a component. */
const templateBuilder = "linux-template-builder";
const sha = "0123456789abcdef0123456789abcdef01234567";

function parse(words: WordReader): Command {
  words.splitLast("'repo'").literal("repo");
  if (words.peek === templateBuilder) {
    words.literal(templateBuilder);
    const version = words.templateVersion();
    const release = words.release();
    const repository = words.repository(templateRepositories);
    const template = words.afterPrefix("vm-", "vm-DIST").template();
    return { kind: "upload-template", release, template, version, repository };
  }
  const component = words.component();
  const commit = words.commit();
  const release = words.release();
  const repository = words.repository(componentRepositories);
  const distributions = words.isEmpty ? ({ kind: "all" } as const) : words.distributions();
  return { kind: "upload-component", release, component, commit, repository, distributions };
}

export const upload: CommandDefinition = {
  word: "Upload",
  kind: null,
  spellings: [
    {
      form: "v1",
      usage: "Upload COMPONENT SHA RELEASE REPOSITORY [DIST …] repo",
      example: `Upload core-admin ${sha} r4.3 current dom0-fc41 vm-bookworm repo`,
    },
    {
      form: "v1",
      usage: `Upload ${templateBuilder} VERSION RELEASE REPOSITORY vm-DIST[+FLAVOR] repo`,
      example: `Upload ${templateBuilder} 4.3.0-202508191723 r4.3 templates-itl vm-fc42+minimal repo`,
    },
  ],
  needs: [],
  repositories: [...componentRepositories, ...templateRepositories],
  help: "The older spelling of Upload-component (no DIST: all of them) and of Upload-template.",
  parse,
};
