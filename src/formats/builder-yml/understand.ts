import {
  type Fingerprint,
  no,
  ok,
  parseComponentRepository,
  parseFingerprint,
  parseRelease,
  parseTemplateRepository,
  type Release,
  type RepositoryName,
  type Result,
} from "../../domain/index.ts";
import { readComponents } from "./components.ts";
import type { BuilderConfiguration, GithubConfiguration } from "./configuration.ts";
import { readGrants } from "./grants.ts";
import { readDistributions, readTemplates } from "./lists.ts";
import { TreeReader } from "./reader.ts";
import { type ConfigurationProblem, plain, type Tree, type TreeMap } from "./tree.ts";

const days = [0, 3650] as const;
/** Seconds: a week at most, so that a slip of the finger does not hold a builder for a month. */
const timeouts: readonly [number, number] = [1, 604_800];

function readRepository(untrusted: string): RepositoryName | null {
  if (untrusted === "iso" || untrusted === "iso-testing") return untrusted;
  return parseComponentRepository(untrusted) ?? parseTemplateRepository(untrusted);
}

function readGithub(reader: TreeReader, github: TreeMap | null): GithubConfiguration {
  const repository = (key: string, absent: string): string =>
    reader.parsed(
      github,
      key,
      (word) => (/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/.test(word) ? word : null),
      "OWNER/REPOSITORY",
    ) ?? absent;
  const text = (key: string): string | null => reader.string(github, key)?.value ?? null;
  return {
    apiKey: text("api-key"),
    stateDir: text("state-dir"),
    buildReportRepo: repository("build-report-repo", "QubesOS/updates-status"),
    issuesRepo: repository("issues-repo", "QubesOS/qubes-issues"),
    logsRepo: repository("logs-repo", "QubesOS/build-logs"),
    logsBranch:
      reader.parsed(
        github,
        "logs-branch",
        (word) => (/^[A-Za-z0-9][A-Za-z0-9_./-]{0,99}$/.test(word) && !word.includes("..") ? word : null),
        "a branch's name",
      ) ?? "master",
    isoBaseUrl: text("iso-base-url"),
    messageTemplatesDir: text("message-templates-dir"),
    dryRun: reader.boolean(github, "dry-run", false),
    apiUrl: text("api-url"),
  };
}

/** `sign-key`: a key for each package type, for `iso`, or for one distribution. */
function readSignKeys(reader: TreeReader, top: TreeMap): Record<string, Fingerprint> {
  const keys = reader.map(top, "sign-key");
  const result: Record<string, Fingerprint> = {};
  for (const key of keys?.entries.keys() ?? []) {
    const fingerprint = reader.parsed(keys, key, parseFingerprint, "a fingerprint of 40 hex digits, in quotes");
    if (fingerprint !== null) result[key] = fingerprint;
  }
  return result;
}

function readUploads(reader: TreeReader, top: TreeMap): Record<string, string> {
  const hosts = reader.map(top, "repository-upload-remote-host");
  const result: Record<string, string> = {};
  for (const key of hosts?.entries.keys() ?? []) {
    // It becomes an argument of rsync: a leading dash would be an option.
    const target = reader.parsed(
      hosts,
      key,
      (word) => (/^[A-Za-z0-9/][A-Za-z0-9_.:/@~+-]{0,254}$/.test(word) ? word : null),
      "an rsync target such as 'yum.qubes-os.org:/pub/repo'",
    );
    if (target !== null) result[key] = target;
  }
  return result;
}

function understand(reader: TreeReader, top: TreeMap, release: Release): BuilderConfiguration {
  const timeoutSeconds = reader.integer(top, "timeout", 3600, timeouts);
  const publish = reader.map(top, "repository-publish");
  const bot = reader.map(top, "release-bot");
  const repository = (key: string): RepositoryName | null =>
    reader.parsed(publish, key, readRepository, "a repository such as current-testing or templates-itl-testing");
  const git = reader.map(top, "git");
  const gitMaintainers = reader.parsedList(git, "maintainers", parseFingerprint, "a fingerprint, in quotes") ?? [];
  const distributions = readDistributions(reader, top);
  return {
    release,
    distributions,
    components: readComponents(reader, top, { git, gitMaintainers, timeoutSeconds }),
    templates: readTemplates(reader, top, timeoutSeconds),
    grants: readGrants(reader, reader.map(reader.map(top, "github"), "maintainers")),
    gitMaintainers,
    minAgeDays: reader.integer(top, "min-age-days", 5, days),
    timeoutSeconds,
    repositoryPublish: {
      components: repository("components"),
      templates: repository("templates"),
      iso: repository("iso"),
    },
    uploadTo: readUploads(reader, top),
    signKeys: readSignKeys(reader, top),
    gpgClient: reader.string(top, "gpg-client")?.value ?? "gpg",
    artifactsDir: reader.string(top, "artifacts-dir")?.value ?? "artifacts",
    keyDirs: reader.parsedList(top, "key-dirs", (word) => (word === "" ? null : word), "a directory") ?? [],
    github: readGithub(reader, reader.map(top, "github")),
    backend: reader.word(bot, "backend", ["native", "qubes-builderv2", "qubes-builder"], "qubes-builderv2"),
    promotion: reader.word(bot, "promotion", ["native", "backend"], "native"),
    tree: plain(top) as Record<string, unknown>,
  };
}

/** Understands a merged builder.yml. All that is wrong is answered at once, each with its file and line. */
export function understandConfiguration(tree: Tree): Result<BuilderConfiguration, readonly ConfigurationProblem[]> {
  if (tree.kind !== "map") return no([{ ...tree.at, message: "a configuration is to be a map of keys" }]);
  const reader = new TreeReader();
  const release = reader.parsed(tree, "qubes-release", parseRelease, "a release such as r4.3 or devel");
  if (release === null && reader.problems.length === 0) {
    reader.complain(tree.at, "qubes-release is missing; write for example 'qubes-release: r4.3'");
  }
  const configuration = understand(reader, tree, release ?? ("devel" as Release));
  return reader.problems.length > 0 ? no(reader.problems) : ok(configuration);
}

/** Whether the key names a package type or a distribution, as `sign-key` has it. */
export function signKeyFor(
  configuration: BuilderConfiguration,
  distribution: string,
  type: string,
): Fingerprint | null {
  return configuration.signKeys[distribution] ?? configuration.signKeys[type] ?? null;
}
