import { hash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, NodeDisk } from "../../src/adapters/files/index.ts";
import { openRepositories, type Repositories } from "../../src/adapters/repository/index.ts";
import type { PromotionSubject, PublicKeys, Signer } from "../../src/promotion/index.ts";
import { GpgHome } from "./gpg-home.ts";
import { PackageMaker } from "./package-maker.ts";
import { commitOf, distributionOf, ReleaseTree, release } from "./release-tree.ts";

/** The kinds of repository, and one distribution of each. */
export const kinds = { rpm: "host-fc41", deb: "vm-bookworm", arch: "vm-archlinux" } as const;
/** One of {@link kinds}. */
export type Kind = keyof typeof kinds;

/** What is done to a prepared tree, and may be cut off anywhere. */
export type Deed = "publish" | "promote" | "withdraw";

/**
 * Trees in which version 1.0 of `alpha` stands in `current` and 2.0 waits in testing, so that each deed changes something
 * that stands: made once, copied for each try.
 */
export class CrashScene {
  readonly gpg = new GpgHome();
  readonly key: string;
  readonly maker: PackageMaker;
  readonly #prepared = new Map<Kind, ReleaseTree>();
  readonly #third = new Map<Kind, string[]>();

  constructor() {
    this.key = this.gpg.makeKey({ algorithm: "rsa2048" });
    this.maker = new PackageMaker(this.gpg);
  }

  #packages(kind: Kind, version: string): string[] {
    if (kind === "rpm") return ["alpha", "alpha-doc"].map((name) => this.maker.rpm({ name, version }, this.key));
    if (kind === "deb") return ["alpha", "alpha-doc"].map((name) => this.maker.deb({ name, version, source: "alpha" }));
    return ["alpha", "alpha-doc"].map((name) => this.maker.arch({ name, version, source: "alpha" }, this.key));
  }

  async prepare(kind: Kind): Promise<void> {
    const tree = new ReleaseTree(this.gpg, this.key);
    const dist = kinds[kind];
    for (const [version, commit] of [
      ["1.0-1", "a"],
      ["2.0-1", "b"],
    ] as const) {
      tree.pass(1);
      const refused = await tree.publish({ dist, component: "alpha", commit, files: this.#packages(kind, version) });
      if (refused !== null) throw new Error(refused);
      if (commit === "a") {
        const [outcome] = await tree.promote({ dists: [dist], component: "alpha", commit, minAgeDays: 0 });
        if (outcome !== "done") throw new Error(outcome);
      }
    }
    this.#third.set(kind, this.#packages(kind, "3.0-1"));
    this.#prepared.set(kind, tree);
  }

  /** A copy to work on; answers its root. */
  copy(kind: Kind): string {
    const prepared = this.#prepared.get(kind);
    if (prepared === undefined) throw new Error(`${kind} was not prepared`);
    const root = mkdtempSync(join(tmpdir(), "rb-crash-"));
    cpSync(prepared.root, root, { recursive: true, preserveTimestamps: true });
    return root;
  }

  open(root: string, disk: Disk = new NodeDisk()): Repositories {
    return openRepositories({
      root,
      artifacts: null,
      disk,
      clock: () => new Date(),
      keys: this.signer(),
      debEngine: "auto",
    });
  }

  signer(): Signer & PublicKeys {
    const tree = [...this.#prepared.values()][0];
    if (tree === undefined) throw new Error("nothing was prepared");
    return tree.signer;
  }

  /** Does the deed; throws what the world throws. */
  async run(kind: Kind, deed: Deed, repositories: Repositories, signer: Signer = this.signer()): Promise<void> {
    const [tree] = this.#prepared.values();
    if (tree === undefined) throw new Error("nothing was prepared");
    const distribution = distributionOf(kinds[kind]);
    const target = { distribution, signKey: tree.key };
    const subject = tree.subject("alpha", deed === "withdraw" ? "a" : "b");
    if (deed === "publish") {
      const request = { release, distribution, repository: "current-testing", signKey: tree.key } as const;
      const { component } = namedSubject(tree);
      const subject = { kind: "component", component, commit: commitOf("c"), version: null } as const;
      const files = this.#third.get(kind) ?? [];
      const published = await repositories.publish({ ...request, subject, files }, signer);
      if (!published.ok) throw new Error(published.error.message);
      return;
    }
    const common = { release, subject, targets: [target] };
    const [plan] =
      deed === "promote"
        ? await repositories.plan({
            ...common,
            to: "current",
            from: null,
            holds: new Set(),
            buggy: false,
            minAgeDays: 0,
            now: new Date(),
          })
        : await repositories.planWithdrawal({ ...common, repository: "current" });
    if (plan === undefined) throw new Error("there is no plan");
    if (plan.refused !== undefined) throw new Error(plan.refused.code);
    await repositories.apply(plan, signer);
  }

  /** The words with which the command line does the deed. */
  words(kind: Kind, deed: Deed, root: string): string[] {
    const common = [
      "--root",
      root,
      "--release",
      "r4.3",
      "--dist",
      kinds[kind],
      "--component",
      "alpha",
      "--sign-key",
      this.key,
    ];
    const commit = (digit: string): string[] => ["--commit", digit.repeat(40)];
    switch (deed) {
      case "publish":
        return [
          "publish",
          ...common,
          ...commit("c"),
          "--repository",
          "current-testing",
          ...(this.#third.get(kind) ?? []),
        ];
      case "promote":
        return ["promote", ...common, ...commit("b"), "--to", "current", "--min-age-days", "0"];
      case "withdraw":
        return ["withdraw", ...common, ...commit("a"), "--repository", "current"];
    }
  }

  /** Publishes another component, `omega`, to testing. */
  async publishOther(root: string, file: string): Promise<void> {
    const [tree] = this.#prepared.values();
    const subject = tree?.subject("omega", "d");
    if (tree === undefined || subject?.kind !== "component") throw new Error("nothing was prepared");
    const where = {
      release,
      distribution: distributionOf("host-fc41"),
      repository: "current-testing",
      signKey: tree.key,
    } as const;
    const request = { ...where, subject: { ...subject, version: null }, files: [file] };
    const published = await this.open(root).publish(request, this.signer());
    if (!published.ok) throw new Error(published.error.message);
  }

  /** Promotes it; answers "done", or the refusal. */
  async promoteOther(root: string): Promise<string> {
    const [tree] = this.#prepared.values();
    if (tree === undefined) throw new Error("nothing was prepared");
    const repositories = this.open(root);
    const targets = [{ distribution: distributionOf("host-fc41"), signKey: tree.key }];
    const asked = { release, subject: tree.subject("omega", "d"), to: "current", from: null, targets } as const;
    const [plan] = await repositories.plan({
      ...asked,
      holds: new Set(),
      buggy: false,
      minAgeDays: 0,
      now: new Date(),
    });
    if (plan === undefined || plan.refused !== undefined) return plan?.refused?.code ?? "no plan";
    await repositories.apply(plan, this.signer());
    return "done";
  }

  /** The versions that stand in the repository that the deed changes. */
  async standing(kind: Kind, deed: Deed, repositories: Repositories): Promise<string> {
    const all = await repositories.standing({ release, component: null, distribution: distributionOf(kinds[kind]) });
    const repository = deed === "publish" ? "current-testing" : "current";
    return all
      .filter((one) => one.repository === repository)
      .map((one) => one.version)
      .sort()
      .join(" ");
  }

  remove(): void {
    for (const tree of this.#prepared.values()) tree.remove();
    this.maker.remove();
    this.gpg.remove();
  }
}

function namedSubject(tree: ReleaseTree): Extract<PromotionSubject, { kind: "component" }> {
  const subject = tree.subject("alpha", "c");
  if (subject.kind !== "component") throw new Error("alpha is a component");
  return subject;
}

/** Every file below a directory with a digest of its content, but for locks: two trees with the same list are the same. */
export function filesBelow(root: string, directory = ""): string[] {
  return readdirSync(join(root, directory)).flatMap((name) => {
    const path = join(directory, name);
    if (name.endsWith(".lock")) return [];
    if (statSync(join(root, path)).isDirectory()) return filesBelow(root, path);
    return [`${path} ${hash("sha256", readFileSync(join(root, path)))}`];
  });
}

/** Removes a copy. */
export function forget(root: string): void {
  rmSync(root, { recursive: true, force: true });
}
