/**
 * builder v1's configuration: variables of its Makefile, asked for one at a time. What they grant is read as strictly as
 * builder.yml; a variable that is not there grants nothing.
 */
import {
  type ComponentName,
  type Distribution,
  type DistributionName,
  type Fingerprint,
  no,
  ok,
  parseComponentName,
  parseDistribution,
  parseFingerprint,
  parseRelease,
  parseTemplateName,
  type Release,
  type Result,
  type TemplateName,
} from "../../domain/index.ts";
import { parseBranch, parseSourceUrl } from "./components.ts";
import type { BuilderConfiguration, ComponentConfiguration, Grant, TemplateConfiguration } from "./configuration.ts";
import type { ConfigurationProblem, Place } from "./tree.ts";

/** The variables that are asked for whatever there is, by name. */
export const versionOneVariables = [
  "RELEASE",
  "COMPONENTS",
  "BUILDER_PLUGINS",
  "DISTS_VM",
  "DIST_DOM0",
  "GIT_BASEURL",
  "GIT_PREFIX",
  "GIT_SUFFIX",
  "BRANCH",
  "SIGN_KEY",
  "MIN_AGE_DAYS",
  "GITHUB_BUILD_REPORT_REPO",
  "GITHUB_API_KEY",
  "GITHUB_STATE_DIR",
] as const;

/** Which of all variables' names concern us besides {@link versionOneVariables}. */
export function wantedVariables(names: readonly string[]): string[] {
  return names.filter((name) =>
    /^(?:ALLOWED_DISTS_[0-9A-Fa-f]{40}|GIT_URL_\w{1,64}|BRANCH_\w{1,64}|NO_CHECK)$/.test(name),
  );
}

const grantPrefix = "ALLOWED_DISTS_";

/** Reads the variables' values. `maintainers`: who may sign sources, since v1 names nobody. */
export function understandVersionOne(
  at: Place,
  values: ReadonlyMap<string, string>,
  maintainers: readonly Fingerprint[],
): Result<BuilderConfiguration, readonly ConfigurationProblem[]> {
  const problems: ConfigurationProblem[] = [];
  const value = (name: string, absent = ""): string => values.get(name)?.trim() || absent;
  const words = (name: string): string[] =>
    value(name)
      .split(/\s+/)
      .filter((word) => word !== "");
  const complain = (variable: string, word: string, kind: string): null => {
    problems.push({ ...at, message: `${variable}: '${word.slice(0, 60)}' is not ${kind}` });
    return null;
  };

  const release = parseRelease(value("RELEASE")) ?? parseRelease(`r${value("RELEASE")}`);
  if (release === null) complain("RELEASE", value("RELEASE"), "a release such as 4.1");

  const distribution = (variable: string, word: string, set: "host" | "vm"): Distribution | null =>
    parseDistribution(`${set}-${word.split("+")[0] ?? ""}`) ?? complain(variable, word, "a distribution");
  const host = words("DIST_DOM0").flatMap((word) => distribution("DIST_DOM0", word, "host") ?? []);
  const vm = words("DISTS_VM").flatMap((word) => distribution("DISTS_VM", word, "vm") ?? []);
  const distributions = [...new Map([...host, ...vm].map((item) => [item.name, item])).values()];

  const templates = words("DISTS_VM").flatMap((word): TemplateConfiguration[] => {
    const name = parseTemplateName(word);
    if (name === null) complain("DISTS_VM", word, "a template's name");
    const [dist = "", flavor, ...options] = word.split("+");
    return name === null ? [] : [{ name, dist, flavor: flavor ?? null, options, timeoutSeconds: 21_600 }];
  });

  const skipped = new Set(words("NO_CHECK"));
  const plugins = new Set(words("BUILDER_PLUGINS"));
  const component = (name: ComponentName): ComponentConfiguration | null => {
    // v1 writes a component's own variables with its dashes as underscores.
    const suffix = name.replaceAll("-", "_");
    const made = `${value("GIT_BASEURL", "https://github.com")}/${value("GIT_PREFIX")}${name}${value("GIT_SUFFIX", ".git")}`;
    const url = value(`GIT_URL_${suffix}`, made);
    const branch = value(`BRANCH_${suffix}`, value("BRANCH", "master"));
    if (parseSourceUrl(url) === null) return complain(`GIT_URL_${suffix}`, url, "a URL");
    if (parseBranch(branch) === null) return complain(`BRANCH_${suffix}`, branch, "a branch's name");
    return {
      name,
      url,
      branch,
      packages: !plugins.has(name),
      fetchVersionsOnly: true,
      maintainers,
      minDistinctMaintainers: 1,
      timeoutSeconds: 21_600,
      verificationMode: skipped.has(name) ? "insecure-skip-checking" : "signed-tag",
    };
  };
  const components = words("COMPONENTS").flatMap((word) => {
    const name = parseComponentName(word) ?? complain("COMPONENTS", word, "a component's name");
    return name === null ? [] : (component(name) ?? []);
  });

  const grants = new Map<Fingerprint, Grant>();
  for (const name of values.keys()) {
    const fingerprint = name.startsWith(grantPrefix) ? parseFingerprint(name.slice(grantPrefix.length)) : null;
    if (fingerprint !== null) grants.set(fingerprint, grantOf(words(name), distributions, templates));
  }
  const signKey = parseFingerprint(value("SIGN_KEY").replace(/^0x/, ""));
  const days = Number(value("MIN_AGE_DAYS", "5"));
  if (!Number.isInteger(days) || days < 0 || days > 3650)
    complain("MIN_AGE_DAYS", value("MIN_AGE_DAYS"), "a number of days");
  if (problems.length > 0) return no(problems);
  return ok({
    release: release as Release,
    distributions,
    components,
    templates,
    grants,
    gitMaintainers: maintainers,
    minAgeDays: days,
    timeoutSeconds: 21_600,
    repositoryPublish: { components: "current-testing", templates: "templates-itl-testing", iso: "iso-testing" },
    uploadTo: {},
    signKeys: signKey === null ? {} : { rpm: signKey, deb: signKey, archlinux: signKey },
    gpgClient: "gpg",
    artifactsDir: "artifacts",
    keyDirs: ["keys"],
    github: {
      apiKey: values.get("GITHUB_API_KEY")?.trim() || null,
      stateDir: values.get("GITHUB_STATE_DIR")?.trim() || null,
      buildReportRepo: value("GITHUB_BUILD_REPORT_REPO", "QubesOS/updates-status"),
      issuesRepo: "QubesOS/qubes-issues",
      logsRepo: "QubesOS/build-logs",
      logsBranch: "master",
      isoBaseUrl: null,
      messageTemplatesDir: null,
      dryRun: false,
      apiUrl: null,
    },
    backend: "qubes-builder",
    promotion: "native",
    tree: {},
  });
}

/**
 * `ALLOWED_DISTS_FINGERPRINT`: names of VM distributions, and `dom0` for the host's. Matched word by word: a part of a
 * name grants nothing. All components, and the templates of those distributions; no ISO, no hold.
 */
function grantOf(
  words: readonly string[],
  distributions: readonly Distribution[],
  templates: readonly TemplateConfiguration[],
): Grant {
  const allowed: DistributionName[] = distributions
    .filter(({ set, dist }) => (set === "host" ? words.includes("dom0") : words.includes(dist)))
    .map(({ name }) => name);
  const named: TemplateName[] = templates.filter(({ name }) => words.includes(name)).map(({ name }) => name);
  return {
    components: "_all_",
    distributions: allowed,
    templates: named,
    iso: false,
    hold: false,
    unhold: false,
    withdraw: false,
  };
}
