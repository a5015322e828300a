import { parseQubeName, type QubeName } from "../../domain/index.ts";

/** An environment as the policy sees it; its qubes are named after it. */
export interface PolicyEnvironment {
  /** `fedora`: then `build-fedora` and `keys-fedora`. */
  readonly name: string;
  /** The logs qube; environments may share one. */
  readonly logs: QubeName;
  /** Whether it builds with builder v2, in disposables. */
  readonly builderv2: boolean;
  /** Whether it builds for Windows, with a second keys qube. */
  readonly windows: boolean;
}

/** All that the policy depends on. */
export interface PolicyPlan {
  /** The qube that GitHub's webhooks come in by, and ssh goes out by. */
  readonly netvm: QubeName;
  readonly environments: readonly PolicyEnvironment[];
  /** Whether ssh of the build qubes goes by the net qube, past Tor. */
  readonly sshProxy: boolean;
  /** Hosts that build qubes reach by ssh, besides github.com. */
  readonly remoteHosts: readonly { readonly host: string }[];
}

/** The longest name of an environment: `win-keys-` before it must still make a qube's name. */
const longestEnvironmentName = 22;

/** Whether it can name an environment. */
export function isEnvironmentName(untrusted: string): boolean {
  return untrusted.length <= longestEnvironmentName && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(untrusted);
}

/** The qubes of an environment. */
export interface EnvironmentQubes {
  readonly build: QubeName;
  readonly keys: QubeName;
  readonly windowsKeys: QubeName;
  /** The tag that dom0 gives to the disposables that the build qube has made. */
  readonly disposables: string;
}

/** Names an environment's qubes. The name must have passed {@link isEnvironmentName}. */
export function environmentQubes(environment: { readonly name: string }): EnvironmentQubes {
  const { name } = environment;
  const qube = (prefix: string): QubeName => {
    const parsed = isEnvironmentName(name) ? parseQubeName(`${prefix}-${name}`) : null;
    if (parsed === null) throw new Error(`not an environment's name: ${JSON.stringify(name)}`);
    return parsed;
  };
  return {
    build: qube("build"),
    keys: qube("keys"),
    windowsKeys: qube("win-keys"),
    disposables: `@tag:disp-created-by-build-${name}`,
  };
}

/** The hosts that build qubes may reach by ssh through the net qube. */
export function sshHosts(plan: Pick<PolicyPlan, "remoteHosts" | "sshProxy">): readonly string[] {
  if (!plan.sshProxy) return [];
  return [...new Set(["github.com", ...plan.remoteHosts.map(({ host }) => host)])];
}
