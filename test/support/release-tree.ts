import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, NodeDisk } from "../../src/adapters/files/index.ts";
import { openRepositories, type Repositories, type RepositoriesOptions } from "../../src/adapters/repository/index.ts";
import { GpgProgramSigner } from "../../src/adapters/signer/index.ts";
import {
  type CommitSha,
  type Distribution,
  type Fingerprint,
  parseCommitSha,
  parseComponentName,
  parseDistribution,
  parseFingerprint,
  parseRelease,
  type Release,
  type RepositoryName,
} from "../../src/domain/index.ts";
import type { DistributionPlan, PromotionSubject, Signer } from "../../src/promotion/index.ts";
import type { GpgHome } from "./gpg-home.ts";

function known<T>(value: T | null, text: string): T {
  if (value === null) throw new Error(`${text} does not parse`);
  return value;
}

/** `r4.3` */
export const release: Release = known(parseRelease("r4.3"), "r4.3");

/** A distribution by its name. */
export function distributionOf(name: string): Distribution {
  return known(parseDistribution(name), name);
}

/** Forty times one hex digit: commits of a test are told apart by it. A whole commit is itself. */
export function commitOf(digit: string): CommitSha {
  return known(parseCommitSha(digit.length === 1 ? digit.repeat(40) : digit), digit);
}

/** Package repositories in a directory of their own, with a clock that a test can turn. */
export class ReleaseTree {
  readonly root: string;
  readonly signer: GpgProgramSigner;
  readonly key: Fingerprint;
  readonly repositories: Repositories;
  /** What repositories are opened with, where nothing else is said. */
  readonly plain: RepositoriesOptions;
  now = new Date("2026-11-20T10:00:00Z");

  constructor(
    gpg: GpgHome,
    key: string,
    options: { disk?: Disk } & Partial<Pick<RepositoriesOptions, "root" | "artifacts" | "debEngine" | "mirrors">> = {},
  ) {
    this.root = options.root ?? mkdtempSync(join(tmpdir(), "rb-tree-"));
    const environment = { GNUPGHOME: gpg.directory };
    this.signer = new GpgProgramSigner({ program: "gpg", environment, limitMs: 60_000 });
    this.key = known(parseFingerprint(key), key);
    this.plain = {
      root: this.root,
      artifacts: null,
      disk: new NodeDisk(),
      clock: () => this.now,
      keys: this.signer,
      debEngine: "auto",
    };
    this.repositories = openRepositories({ ...this.plain, ...options });
  }

  readonly release = release;

  /** The same repositories, or a copy of them, as another process sees them, which remembers nothing. */
  reopen(otherwise: Partial<RepositoriesOptions> = {}): Repositories {
    return openRepositories({ ...this.plain, ...otherwise });
  }

  /** A distribution by its name. */
  distribution(name: string): Distribution {
    return distributionOf(name);
  }

  /** Lets time go by. */
  pass(days: number): void {
    this.now = new Date(this.now.getTime() + days * 24 * 3600 * 1000);
  }

  /** Publishes; answers the refusal's code, or null. */
  async publish(
    wish: {
      dist: string;
      component: string;
      commit: string;
      files: readonly string[];
      repository?: RepositoryName;
    },
    repositories = this.repositories,
    signer: Signer = this.signer,
  ): Promise<string | null> {
    const component = known(parseComponentName(wish.component), wish.component);
    const subject = { kind: "component", component, commit: commitOf(wish.commit), version: null } as const;
    const repository = wish.repository ?? "current-testing";
    const distribution = distributionOf(wish.dist);
    const { files } = wish;
    const request = { release, distribution, repository, subject, files, signKey: this.key };
    const published = await repositories.publish(request, signer);
    return published.ok ? null : published.error.code;
  }

  /** Plans a promotion to `current`, or to where it is said. */
  plan(
    wish: {
      dists: readonly string[];
      component: string;
      commit: string;
      to?: RepositoryName;
      holds?: readonly string[];
      buggy?: boolean;
      minAgeDays?: number;
    },
    repositories = this.repositories,
  ): Promise<readonly DistributionPlan[]> {
    const targets = wish.dists.map((name) => ({ distribution: distributionOf(name), signKey: this.key }));
    return repositories.plan({
      release,
      subject: this.subject(wish.component, wish.commit),
      to: wish.to ?? "current",
      from: null,
      targets,
      holds: new Set((wish.holds ?? []).map((name) => distributionOf(name).name)),
      buggy: wish.buggy ?? false,
      formerKeys: [],
      minAgeDays: wish.minAgeDays ?? 5,
      now: this.now,
    });
  }

  /** Plans and applies; answers each distribution's refusal code, or "done". */
  async promote(wish: Parameters<ReleaseTree["plan"]>[0], repositories = this.repositories): Promise<string[]> {
    const outcomes: string[] = [];
    for (const plan of await this.plan(wish, repositories)) {
      if (plan.refused === undefined) await repositories.apply(plan, this.signer);
      outcomes.push(plan.refused?.code ?? "done");
    }
    return outcomes;
  }

  /** Takes a version out of a repository; answers the refusal's code, or "done". */
  async withdraw(
    wish: {
      dist: string;
      component: string;
      commit: string;
      repository?: RepositoryName;
    },
    repositories = this.repositories,
  ): Promise<string> {
    const [plan] = await repositories.planWithdrawal({
      release,
      subject: this.subject(wish.component, wish.commit),
      repository: wish.repository ?? "current",
      targets: [{ distribution: distributionOf(wish.dist), signKey: this.key }],
    });
    if (plan === undefined) throw new Error("there is no plan");
    if (plan.refused === undefined) await repositories.apply(plan, this.signer);
    return plan.refused?.code ?? "done";
  }

  subject(component: string, commit: string): PromotionSubject {
    return { kind: "component", component: known(parseComponentName(component), component), commit: commitOf(commit) };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
