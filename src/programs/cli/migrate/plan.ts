import { parseDocument, stringify } from "yaml";
import type { LoadedBuilder } from "../../../adapters/configuration/index.ts";
import { AdapterError, type Fingerprint, type QubeName } from "../../../domain/index.ts";
import { signKeyFor } from "../../../formats/builder-yml/index.ts";

/** What was found of the predecessor, read and not changed. */
export interface Predecessor {
  /** This qube, `build-ENV`; our configuration names it in every answer. */
  readonly qube: QubeName;
  readonly buildersList: string;
  readonly builders: readonly LoadedBuilder[];
  /** What is wrong with the list or with a builder, `FILE:LINE: what`. */
  readonly problems: readonly string[];
  /** Public keys in armor, or why there are none. */
  readonly trustedKeys:
    | { readonly armor: string; readonly fingerprints: readonly Fingerprint[]; readonly complaint: string | null }
    | { readonly unread: string };
  /** Files in its state directories, by directory; null where it cannot be read. */
  readonly state: ReadonlyMap<string, number | null>;
  /** Published repositories with records, by directory. */
  readonly records: ReadonlyMap<string, number | null>;
  /** Message templates, by directory. */
  readonly templates: ReadonlyMap<string, number | null>;
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
      left.push(
        `${directory}: a v1 builder keeps no records of what it published: promotions there are refused (NOT_IN_TESTING). Until ${release} is built by v2, carry out a signed command by hand, once 'release-bot verify' has taken it and the age is right: ${versionOnePromotion(directory)}`,
      );
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
  if ("unread" in found.trustedKeys) {
    left.push(`trusted keys: ${found.trustedKeys.unread}; put the maintainers' keys into trusted-keys.asc`);
  } else {
    if (found.trustedKeys.complaint !== null) left.push(`trusted keys: ${found.trustedKeys.complaint}`);
    left.push(...grantFaults(found.builders, found.trustedKeys.fingerprints));
    files.push({ path: "trusted-keys.asc", content: found.trustedKeys.armor, mode: 0o644 });
    taken.push(`trusted keys: ${found.trustedKeys.fingerprints.join(", ")}`);
    left.push(
      "each trusted key was trusted by its file alone: compare the fingerprints above, and take out who has left",
    );
  }
  files.push({ path: "config.yml", content: agentConfiguration(found, settings, left), mode: 0o600 });
  files.push(...credentials(found, taken, left));
  left.push(...found.builders.flatMap(builderFaults));
  for (const [directory, count] of found.templates) {
    if (count === null) left.push(`${directory}: the message templates there cannot be read`);
    else taken.push(`${directory}: ${count} message templates are read where they are`);
  }
  for (const [directory, count] of found.state) {
    const files = count === null ? "its files, of which some cannot be read," : `${count} files of state`;
    left.push(`${directory}: ${files} are not needed: the status issues and the records say the same; they stay`);
  }
  for (const [directory, count] of found.records) {
    if (count === null)
      left.push(`${directory}: not all of the records can be read by this user; nothing of them can be promoted`);
    else taken.push(`${directory}: ${count} records are read where they are, and stay readable to the old tools`);
  }
  left.push(
    "commands that were signed before the agent's first start are not taken: whoever still wants one signs it again",
    "waiting jobs of the predecessor: let them end, or start them again with release-bot build",
    "the qrexec services still are the predecessor's: link them as CHECKLIST.md of 'infra render' says when you switch",
  );
  return { files, taken, left };
}

/** What the predecessor itself runs, under the builder's lock and with a log. */
function versionOnePromotion(directory: string): string {
  const which = "COMPONENTS=NAME DISTS_VM='DIST …' DIST_DOM0=DIST MAKEREPO=1 UPLOAD=1";
  return `cd ${directory} && release-bot run --label promote-NAME -- env ${which} scripts/make-with-log update-repo-current`;
}

/** How often a shadow looks for tags: unless the operator lets it hear the calls, it is the only way in which it learns of a push. */
const shadowScanHours = 1;

/** The configuration with the agent in the other mode; what only the shadow needs goes and comes with it. Throws AdapterError. */
export function inMode(text: string, mode: "live" | "shadow"): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !document.hasIn(["agent", "qube"])) {
    throw new AdapterError(
      "CONFIGURATION",
      "config.yml is no configuration of an agent: mend it, or set mode: by hand",
    );
  }
  document.setIn(["agent", "mode"], mode);
  const hours = document.getIn(["agent", "tag-scan-hours"]);
  if (mode === "live" && hours === shadowScanHours) document.deleteIn(["agent", "tag-scan-hours"]);
  if (mode === "shadow" && hours === undefined) document.setIn(["agent", "tag-scan-hours"], shadowScanHours);
  return document.toString({ lineWidth: 0 });
}

/** Whose grants and keys do not go together: the predecessor says nothing of it. */
function grantFaults(builders: readonly LoadedBuilder[], trusted: readonly Fingerprint[]): readonly string[] {
  const granted = new Set(builders.flatMap(({ configuration }) => [...configuration.grants.keys()]));
  return [
    ...[...granted]
      .filter((fingerprint) => !trusted.includes(fingerprint))
      .map(
        (fingerprint) => `${fingerprint} is granted commands, and its key is not trusted: nothing of it will be taken`,
      ),
    ...trusted
      .filter((fingerprint) => !granted.has(fingerprint))
      .map((fingerprint) => `${fingerprint} is trusted, and granted nothing: each of its commands will be refused`),
  ];
}

function builderFaults({ configuration, configurationFile, directory }: LoadedBuilder): readonly string[] {
  const where = configurationFile ?? directory;
  const { grants, distributions, github } = configuration;
  const keyless = distributions.filter(({ name, type }) => signKeyFor(configuration, name, type) === null);
  return [
    ...(grants.size === 0 ? [`${where}: grants nobody anything, so that no command will be carried out there`] : []),
    ...(keyless.length > 0
      ? [
          `${where}: sign-key names no key for ${keyless.map(({ name }) => name).join(", ")}: nothing can be promoted there`,
        ]
      : []),
    ...(github.dryRun
      ? [`${where}: github.dry-run is set; ours has 'mode: shadow' for that, for the whole agent`]
      : []),
  ];
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
        // The predecessor goes on doing the work: 'release-bot migrate --live' changes that.
        mode: "shadow",
        "tag-scan-hours": shadowScanHours,
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
