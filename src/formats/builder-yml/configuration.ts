import type {
  ComponentName,
  Distribution,
  DistributionName,
  Fingerprint,
  Release,
  RepositoryName,
  TemplateName,
} from "../../domain/index.ts";

/** What one signer may do with one builder. What is not granted is refused. */
export interface Grant {
  readonly components: "_all_" | readonly ComponentName[];
  readonly distributions: "_all_" | readonly DistributionName[];
  readonly templates: "_all_" | readonly TemplateName[];
  readonly iso: boolean;
  readonly hold: boolean;
  readonly unhold: boolean;
  readonly withdraw: boolean;
}

/** How a component's source must be signed before it is even unpacked. */
export type VerificationMode = "signed-tag" | "less-secure-signed-commits-sufficient" | "insecure-skip-checking";

/** A component as the configuration understands it, defaults filled in. */
export interface ComponentConfiguration {
  readonly name: ComponentName;
  readonly url: string;
  readonly branch: string;
  /** False: fetched for other builds, never built. */
  readonly packages: boolean;
  /** True: a head without a `v*` tag leaves the sources untouched. */
  readonly fetchVersionsOnly: boolean;
  /** Who may sign its tags; never empty unless the mode skips checking. */
  readonly maintainers: readonly Fingerprint[];
  readonly minDistinctMaintainers: number;
  readonly timeoutSeconds: number;
  readonly verificationMode: VerificationMode;
}

/** A template that this builder builds. */
export interface TemplateConfiguration {
  readonly name: TemplateName;
  /** Without the package set: `fc42`, `bookworm`. */
  readonly dist: string;
  readonly flavor: string | null;
  readonly options: readonly string[];
  readonly timeoutSeconds: number;
}

/** What of `github:` concerns the bot. */
export interface GithubConfiguration {
  readonly apiKey: string | null;
  readonly stateDir: string | null;
  /** `OWNER/REPO` */
  readonly buildReportRepo: string;
  readonly issuesRepo: string;
  readonly logsRepo: string;
  readonly logsBranch: string;
  readonly isoBaseUrl: string | null;
  readonly messageTemplatesDir: string | null;
  readonly dryRun: boolean;
  readonly apiUrl: string | null;
}

/** A builder.yml with its includes, understood. */
export interface BuilderConfiguration {
  readonly release: Release;
  readonly distributions: readonly Distribution[];
  readonly components: readonly ComponentConfiguration[];
  readonly templates: readonly TemplateConfiguration[];
  readonly grants: ReadonlyMap<Fingerprint, Grant>;
  /** `git.maintainers`: the default for each component. */
  readonly gitMaintainers: readonly Fingerprint[];
  readonly minAgeDays: number;
  readonly timeoutSeconds: number;
  readonly repositoryPublish: {
    readonly components: RepositoryName | null;
    readonly templates: RepositoryName | null;
    readonly iso: RepositoryName | null;
  };
  /** Package type → rsync target. */
  readonly uploadTo: Readonly<Record<string, string>>;
  /** Distribution or package type → key. */
  readonly signKeys: Readonly<Record<string, Fingerprint>>;
  readonly gpgClient: string;
  readonly artifactsDir: string;
  /** Directories of `FINGERPRINT.asc` files of source maintainers (`key-dirs`). */
  readonly keyDirs: readonly string[];
  readonly github: GithubConfiguration;
  readonly backend: "native" | "qubes-builderv2" | "qubes-builder";
  readonly promotion: "native" | "backend";
  /** The file's own tree after merging, unknown keys included: it belongs to builder v2. */
  readonly tree: Readonly<Record<string, unknown>>;
}
