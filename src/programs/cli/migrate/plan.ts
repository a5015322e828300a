import { stringify } from "yaml";
import type { LoadedBuilder } from "../../../adapters/configuration/index.ts";
import type { Fingerprint, QubeName } from "../../../domain/index.ts";

/** What was found of the predecessor, read and not changed. */
export interface Predecessor {
  /** This qube, `build-ENV`; our configuration names it in every answer. */
  readonly qube: QubeName;
  readonly buildersList: string;
  readonly builders: readonly LoadedBuilder[];
  /** What is wrong with the list or with a builder, `FILE:LINE: what`. */
  readonly problems: readonly string[];
  /** Public keys in armor; null where there is no keyring that could be read. */
  readonly trustedKeys: { readonly armor: string; readonly fingerprints: readonly Fingerprint[] } | null;
  /** Files in its state directories, by directory. */
  readonly state: ReadonlyMap<string, number>;
  /** Published repositories with records, by directory. */
  readonly records: ReadonlyMap<string, number>;
}

/** A file to be written. */
export interface PlannedFile {
  /** Relative to our settings directory. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** What a migration will write, what it takes over, and what it cannot. */
export interface MigrationPlan {
  readonly files: readonly PlannedFile[];
  readonly taken: readonly string[];
  readonly left: readonly string[];
}

/** Plans it; `settings` is where the files will lie. */
export function planMigration(found: Predecessor, settings: string): MigrationPlan {
  const taken: string[] = [];
  const left: string[] = [...found.problems.map((text) => `a builder that does not load is left out: ${text}`)];
  const files: PlannedFile[] = [];
  const lines: string[] = [];
  for (const [index, { release, directory, configurationFile, configuration }] of found.builders.entries()) {
    if (configurationFile === null) {
      lines.push(`${release}=${directory}`);
      taken.push(`${directory}: v1 builder of ${release}; its configuration stays in its Makefile`);
      continue;
    }
    // Our own keys go into a file of ours that includes theirs: going back leaves nothing behind in it.
    const path = `builders/${index + 1}-${release}.yml`;
    const content = stringify({ include: [configurationFile], "release-bot": { promotion: "backend" } });
    files.push({ path, content: `# Written by 'release-bot migrate'.\n${content}`, mode: 0o644 });
    lines.push(`${release}=${directory}=${settings}/${path}`);
    const { components, templates } = configuration;
    taken.push(
      `${configurationFile}: builder of ${release}, ${components.length} components, ${templates.length} templates`,
    );
  }
  files.push({
    path: "builders.list",
    content: `# From ${found.buildersList}.\n${lines.map((line) => `${line}\n`).join("")}`,
    mode: 0o644,
  });
  if (found.trustedKeys === null)
    left.push("trusted keys: there is no keyring that gpg reads; put the maintainers' keys into trusted-keys.asc");
  else {
    files.push({ path: "trusted-keys.asc", content: found.trustedKeys.armor, mode: 0o644 });
    taken.push(`trusted keys: ${found.trustedKeys.fingerprints.join(", ")}`);
    left.push(
      "each trusted key was trusted by its file alone: compare the fingerprints above, and take out who has left",
    );
  }
  files.push({ path: "config.yml", content: agentConfiguration(found, settings, left), mode: 0o600 });
  files.push(...credentials(found, taken, left));
  for (const [directory, count] of found.state) {
    left.push(
      `${directory}: ${count} files of state are not needed: the status issues and the records say the same; they stay`,
    );
  }
  for (const [directory, count] of found.records)
    taken.push(`${directory}: ${count} records are read where they are, and stay readable to the old tools`);
  left.push(
    "commands of the last 7 days could be sent again once: ours has not seen them; what they promoted is refused as already published",
    "waiting jobs of the predecessor: let them end, or start them again with release-bot build",
    "the qrexec services still are the predecessor's: link them as CHECKLIST.md of 'infra render' says when you switch",
  );
  return { files, taken, left };
}

/** The first builder's settings count for the agent; a builder that differs is told. */
function agentConfiguration({ qube, builders }: Predecessor, settings: string, left: string[]): string {
  const [first] = builders;
  const chosen = first?.configuration.github;
  for (const { directory, configuration } of builders) {
    const { buildReportRepo, logsRepo, messageTemplatesDir } = configuration.github;
    if (chosen === undefined) continue;
    const same =
      buildReportRepo === chosen.buildReportRepo &&
      logsRepo === chosen.logsRepo &&
      messageTemplatesDir === chosen.messageTemplatesDir;
    if (!same) left.push(`${directory}: reports elsewhere than the first builder; one agent has one report repository`);
  }
  return stringify(
    {
      qrexec: { transport: "qubes", "services-dir": "/run/release-bot/rpc" },
      agent: {
        qube,
        "builders-list": `${settings}/builders.list`,
        keyring: `${settings}/trusted-keys.asc`,
        verifiers: ["openpgp", "sqv"],
        github: {
          ...(chosen === undefined
            ? {}
            : { "report-repository": chosen.buildReportRepo, "logs-repository": chosen.logsRepo }),
          "token-file": `${settings}/github-token`,
          "templates-dir": chosen?.messageTemplatesDir ?? null,
        },
        sign: { via: "key-gate", "keys-qube": "@default" },
      },
    },
    { lineWidth: 0 },
  );
}

function credentials({ builders }: Predecessor, taken: string[], left: string[]): PlannedFile[] {
  const tokens = [...new Set(builders.flatMap(({ configuration }) => configuration.github.apiKey ?? []))];
  const [token] = tokens;
  if (token === undefined) {
    left.push("GitHub's token: no builder has an api-key; write it into github-token (mode 600)");
    return [];
  }
  taken.push("GitHub's token, into a file of its own that only you can read");
  if (tokens.length > 1)
    left.push(`GitHub's token: the builders have ${tokens.length} different ones; the first was taken`);
  return [{ path: "github-token", content: `${token}\n`, mode: 0o600 }];
}
