import type { CommandDefinition, GrantName } from "./definition.ts";
import { commandTable } from "./table.ts";

const words: Readonly<Record<string, string>> = {
  RELEASE: "r4.3, or devel",
  COMPONENT: "the component's name without 'qubes-'",
  SHA: "the commit, 40 lower-case hexadecimal digits",
  REPOSITORY: "as listed with each command",
  DISTS: "all, or host-NAME and vm-NAME items separated by commas or spaces; dom0- is an older name for host-",
  TEMPLATE: "the template's name, or DIST[+FLAVOR]",
  VERSION: "of a template 4.3.0-202508191723, of an ISO 4.2.202303211327 or 4.3.0-rc1",
  TIMESTAMP: "YYYYMMDDHHMM in UTC, not older than one hour",
};

const grantSentences: Readonly<Record<GrantName, string>> = {
  components: "the component",
  distributions: "the distributions",
  templates: "the template",
  iso: "iso",
  hold: "hold",
  unhold: "unhold",
  withdraw: "withdraw",
};

/** The text of `release-bot help commands`. */
export function renderCommandHelp(): string {
  const sections = commandTable.map((definition) => {
    const lines = [...definition.spellings.map(({ usage }) => usage), `    ${definition.help}`];
    if (definition.repositories.length > 0) lines.push(`    REPOSITORY: ${definition.repositories.join(", ")}`);
    lines.push(`    Needs: ${needs(definition)}.`);
    return [...lines, ...definition.spellings.map(({ example }) => `    Example: ${example}`)].join("\n");
  });
  const glossary = Object.entries(words).map(([word, meaning]) => `  ${word.padEnd(10)}  ${meaning}`);
  return `Commands are signed with 'gpg --clearsign' and posted as a comment, one command a line.

${sections.join("\n\n")}

${glossary.join("\n")}
`;
}

/** The same as Markdown, for the docs page. */
export function renderCommandDocs(): string {
  const rows = commandTable.flatMap((definition) =>
    definition.spellings.map(
      ({ form, usage }, index) =>
        `| \`${usage}\` | ${form} | ${index === 0 ? repositories(definition) : ""} | ${index === 0 ? needs(definition) : ""} |`,
    ),
  );
  const helps = commandTable.map(({ word, help, spellings }) => {
    const examples = spellings.map(({ example }) => `\n    ${example}`).join("");
    return `**${word}**: ${help}\n${examples}`;
  });
  const glossary = Object.entries(words).map(([word, meaning]) => `- \`${word}\`: ${meaning}`);
  return `| command | spelling | repositories | the signer must be granted |
| --- | --- | --- | --- |
${rows.join("\n")}

${glossary.join("\n")}

${helps.join("\n\n")}
`;
}

function repositories(definition: CommandDefinition): string {
  return definition.repositories.map((name) => `\`${name}\``).join(", ");
}

function needs(definition: CommandDefinition): string {
  if (definition.needs.length === 0) return "as the newer spelling";
  return definition.needs.map((grant) => grantSentences[grant]).join(", ");
}
