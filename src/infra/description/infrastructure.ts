import type { Fingerprint, QubeName, Release } from "../../domain/index.ts";
import type { PolicyEnvironment, PolicyPlan } from "../policy/plan.ts";

/** A secret: named by the file that holds it in its qube, or, as pillars have them, written out. */
export type Secret =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "inline"; readonly text: string };

/** How a keys qube's gate signs. */
export interface KeyGateSettings {
  /** `log`: the weaker rule, for tools that announce nothing. */
  readonly mode: "announce" | "log";
  readonly windowSeconds: number;
  /** The genuine split-gpg server, absolute, that stands behind the gate; null: gpg itself does. */
  readonly server: string | null;
}

/** What can be said for all environments and for one. */
export interface EnvironmentSettings {
  readonly isoBaseUrl: string | null;
  readonly openqa: { readonly server: string; readonly key: Secret; readonly secret: Secret } | null;
  readonly githubApiKey: Secret | null;
  /** The deploy key of the logs repository: it lies in the logs qube. */
  readonly githubSshKey: Secret | null;
  readonly mirrorSshKey: Secret | null;
  readonly keyGate: KeyGateSettings;
}

/** Where a builder's configuration comes from. */
export interface ConfigurationSource {
  /** Begins every component's repository: `https://github.com/QubesOS/qubes-`. */
  readonly baseUrl: string;
  readonly component: string;
  readonly branch: string;
  readonly maintainers: readonly Fingerprint[];
}

/** A builder's directory in a build qube. */
export interface BuilderDirectory {
  /** Absolute. */
  readonly directory: string;
  readonly release: Release;
  /** Whose signatures count for the builder's own sources: v1 has them in its keyring, v2's checkout is brought forward by them. */
  readonly keys: readonly Fingerprint[];
  /** In the configuration's repository; null where the builder is set up by hand. */
  readonly file: string | null;
  readonly source: ConfigurationSource;
}

/** A build environment: a build qube and its keys qube. */
export interface Environment extends PolicyEnvironment {
  /** `100GiB`; null leaves the volume as it is. */
  readonly volumeSize: string | null;
  readonly builders: readonly BuilderDirectory[];
  readonly settings: EnvironmentSettings;
}

/** A host that build qubes upload to by ssh. */
export interface RemoteHost {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  /** `ssh-ed25519` and the key itself, as known_hosts has them. */
  readonly keyType: string;
  readonly key: string;
}

/** How GitHub reaches the net qube. */
export interface Webhook {
  readonly serverName: string;
  /** Paths in the net qube; null: plain HTTP, for a machine behind something that ends TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly secret: Secret | null;
  /** Address ranges that hooks come from. */
  readonly ranges: readonly string[];
}

/** All of build-infra.yml, or of the pillar file of Qubes' own formulas. */
export interface Infrastructure extends PolicyPlan {
  readonly buildTemplate: QubeName;
  readonly buildNetvm: QubeName;
  readonly logsTemplate: QubeName;
  readonly logsNetvm: QubeName;
  readonly keysTemplate: QubeName;
  /** A template with Windows in it, for the disposables of builds for Windows; null: builder-windows-dvm is the operator's. */
  readonly windowsTemplate: QubeName | null;
  /** The template of the net qube. */
  readonly netTemplate: QubeName;
  readonly logsKey: Fingerprint | null;
  readonly logsPublicKey: string | null;
  readonly commandsPublicKeys: string | null;
  readonly logsRepository: string;
  readonly reportRepository: string;
  /** Where the mirrors serve `release-status/`, with `/` at the end; null: each build qube's page stays by itself. */
  readonly statusUrl: string | null;
  readonly botName: string;
  readonly botEmail: string;
  readonly webhook: Webhook;
  /** Base addresses of the mirrors, best first, for dom0's metalinks; none: those that builder v2 lists. */
  readonly mirrors: readonly string[];
  readonly environments: readonly Environment[];
  readonly remoteHosts: readonly RemoteHost[];
}

/** A mistake or a warning, and where it stands. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `FILE:LINE: what`. */
export function formatFinding({ file, line, message }: Finding): string {
  return `${file}:${line}: ${message}`;
}
