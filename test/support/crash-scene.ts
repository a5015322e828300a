import { hash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, NodeDisk } from "../../src/adapters/files/index.ts";
import { openRepositories, type Repositories } from "../../src/adapters/repository/index.ts";
import {
  type Distribution,
  parseComponentName,
  parseTemplateName,
  type RepositoryName,
} from "../../src/domain/index.ts";
import type { PromotionSubject, PublicKeys, Signer } from "../../src/promotion/index.ts";
import { GpgHome } from "./gpg-home.ts";
import { PackageMaker } from "./package-maker.ts";
import { commitOf, distributionOf, ReleaseTree, release } from "./release-tree.ts";
import { makeRepreproArchive, repreproList } from "./reprepro-archive.ts";

/** The kinds of repository, and one distribution of each. */
export const kinds = { rpm: "host-fc41", deb: "vm-bookworm", arch: "vm-archlinux" } as const;
/** One of {@link kinds}. */
export type Kind = keyof typeof kinds;

/** Every engine: the kinds, templates, and an archive whose truth is reprepro's database. */
export const scenes = ["rpm", "template", "deb", "reprepro", "arch"] as const;
/** One of {@link scenes}. */
export type Scene = (typeof scenes)[number];

/** What is done to a prepared tree, and may be cut off anywhere. */
export type Deed = "publish" | "promote" | "withdraw";

/** The three builds of a scene: the first stands in the gated repository, the second waits in testing, the third is new. */
const builds = [
  { version: "1.0-1", commit: "a", template: "4.3.0-202608010000" },
  { version: "2.0-1", commit: "b", template: "4.3.0-202609010000" },
  { version: "3.0-1", commit: "c", template: "4.3.0-202610010000" },
] as const;
type Build = (typeof builds)[number];

const templateName = "debian-13-xfce";

/** Which build a deed is about. */
const buildOf: Readonly<Record<Deed, Build>> = { publish: builds[2], promote: builds[1], withdraw: builds[0] };

function gatedOf(scene: Scene): RepositoryName {
  return scene === "template" ? "templates-itl" : "current";
}

function testingOf(scene: Scene): RepositoryName {
  return scene === "template" ? "templates-itl-testing" : "current-testing";
}

/** The distribution of a scene; null for templates. */
function placeOf(scene: Scene): Distribution | null {
  if (scene === "template") return null;
  return distributionOf(kinds[scene === "reprepro" ? "deb" : scene]);
}

function subjectOf(scene: Scene, build: Build): PromotionSubject {
  const template = parseTemplateName(templateName);
  const component = parseComponentName("alpha");
  if (template === null || component === null) throw new Error("a name does not parse");
  if (scene === "template") return { kind: "template", template, version: build.template };
  return { kind: "component", component, commit: commitOf(build.commit) };
}

/**
 * Trees in which version 1.0 of `alpha` stands in `current` and 2.0 waits in testing, so that each deed changes something
 * that stands: made once, copied for each try.
 */
export class CrashScene {
  readonly gpg = new GpgHome();
  readonly key: string;
  readonly maker: PackageMaker;
  readonly #prepared = new Map<Scene, ReleaseTree>();
  readonly #third = new Map<Scene, string[]>();

  constructor() {
    this.key = this.gpg.makeKey({ algorithm: "rsa2048" });
    this.maker = new PackageMaker(this.gpg);
  }

  #packages(scene: Scene, { version, template }: Build): string[] {
    const names = ["alpha", "alpha-doc"];
    switch (scene) {
      case "rpm":
        return names.map((name) => this.maker.rpm({ name, version }, this.key));
      case "template":
        return [this.maker.rpm({ name: `qubes-template-${templateName}`, version: template }, this.key)];
      case "arch":
        return names.map((name) => this.maker.arch({ name, version, source: "alpha" }, this.key));
      case "deb":
      case "reprepro": {
        const source = this.maker.debSource({ name: "alpha", version: version.replace("-1", "") });
        return [...names.map((name) => this.maker.deb({ name, version, source: "alpha" })), ...source];
      }
    }
  }

  async prepare(scene: Scene): Promise<void> {
    const tree = new ReleaseTree(this.gpg, this.key);
    this.#prepared.set(scene, tree);
    if (scene === "reprepro") {
      const old = this.maker.deb({ name: "old", version: "1.0-1" });
      makeRepreproArchive(join(tree.root, "deb/r4.3/vm"), this.gpg, this.key, old);
    }
    const [first, second, third] = builds;
    for (const build of [first, second]) {
      tree.pass(1);
      await this.#publish(scene, build, tree.repositories, this.#packages(scene, build));
      if (build === first) await this.#change(scene, "promote", build, tree.repositories, tree.signer);
    }
    this.#third.set(scene, this.#packages(scene, third));
  }

  #tree(): ReleaseTree {
    const [tree] = this.#prepared.values();
    if (tree === undefined) throw new Error("nothing was prepared");
    return tree;
  }

  /** A copy to work on; answers its root. */
  copy(scene: Scene): string {
    const prepared = this.#prepared.get(scene);
    if (prepared === undefined) throw new Error(`${scene} was not prepared`);
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
    return this.#tree().signer;
  }

  /** Does the deed; throws what the world throws. */
  async run(scene: Scene, deed: Deed, repositories: Repositories, signer: Signer = this.signer()): Promise<void> {
    if (deed === "publish") await this.#publish(scene, builds[2], repositories, this.#third.get(scene) ?? [], signer);
    else await this.#change(scene, deed, buildOf[deed], repositories, signer);
  }

  async #publish(
    scene: Scene,
    build: Build,
    repositories: Repositories,
    files: readonly string[],
    signer: Signer = this.signer(),
  ): Promise<void> {
    const subject = subjectOf(scene, build);
    const request = {
      release,
      distribution: placeOf(scene),
      repository: testingOf(scene),
      subject: subject.kind === "template" ? subject : { ...subject, version: null },
      files,
      signKey: this.#tree().key,
    };
    const published = await repositories.publish(request, signer);
    if (!published.ok) throw new Error(published.error.message);
  }

  async #change(
    scene: Scene,
    deed: "promote" | "withdraw",
    build: Build,
    repositories: Repositories,
    signer: Signer,
  ): Promise<void> {
    const targets = [{ distribution: placeOf(scene), signKey: this.#tree().key }];
    const common = { release, subject: subjectOf(scene, build), targets };
    const gate = { holds: new Set<never>(), buggy: false, formerKeys: [], minAgeDays: 0, now: new Date() };
    const [plan] =
      deed === "promote"
        ? await repositories.plan({ ...common, ...gate, to: gatedOf(scene), from: null })
        : await repositories.planWithdrawal({ ...common, repository: gatedOf(scene) });
    if (plan === undefined) throw new Error("there is no plan");
    if (plan.refused !== undefined) throw new Error(plan.refused.code);
    await repositories.apply(plan, signer);
  }

  /** The words with which the command line does the deed. */
  words(scene: Scene, deed: Deed, root: string): string[] {
    const build = buildOf[deed];
    const subject =
      scene === "template"
        ? ["--template", templateName, ...(deed === "publish" ? [] : ["--version", build.template])]
        : ["--dist", placeOf(scene)?.name ?? "", "--component", "alpha", "--commit", commitOf(build.commit)];
    const common = ["--root", root, "--release", release, "--sign-key", this.key, ...subject];
    switch (deed) {
      case "publish":
        return [deed, ...common, "--repository", testingOf(scene), ...(this.#third.get(scene) ?? [])];
      case "promote":
        return [deed, ...common, "--to", gatedOf(scene), "--min-age-days", "0"];
      case "withdraw":
        return [deed, ...common, "--repository", gatedOf(scene)];
    }
  }

  /** Publishes another component, `omega`, to testing. Not of templates. */
  async publishOther(scene: Scene, root: string): Promise<void> {
    const tree = this.#tree();
    const subject = tree.subject("omega", "d");
    if (subject.kind !== "component") throw new Error("omega is a component");
    const where = { release, distribution: placeOf(scene), repository: testingOf(scene), signKey: tree.key };
    const wish = { name: "omega", version: "1.0-1" };
    const file =
      scene === "rpm"
        ? this.maker.rpm(wish, this.key)
        : scene === "arch"
          ? this.maker.arch(wish, this.key)
          : this.maker.deb(wish);
    const request = { ...where, subject: { ...subject, version: null }, files: [file] };
    const published = await this.open(root).publish(request, this.signer());
    if (!published.ok) throw new Error(published.error.message);
  }

  /** Promotes it; answers "done", or the refusal. */
  async promoteOther(scene: Scene, root: string): Promise<string> {
    const tree = this.#tree();
    const repositories = this.open(root);
    const targets = [{ distribution: placeOf(scene), signKey: tree.key }];
    const asked = { release, subject: tree.subject("omega", "d"), to: "current", from: null, targets } as const;
    const [plan] = await repositories.plan({
      ...asked,
      holds: new Set(),
      buggy: false,
      formerKeys: [],
      minAgeDays: 0,
      now: new Date(),
    });
    if (plan === undefined || plan.refused !== undefined) return plan?.refused?.code ?? "no plan";
    await repositories.apply(plan, this.signer());
    return "done";
  }

  /** The versions that stand in the repository that the deed changes; where reprepro keeps it, its database must say the same. */
  async standing(scene: Scene, deed: Deed, repositories: Repositories, root?: string): Promise<string> {
    const all = await repositories.standing({ release, component: null, distribution: placeOf(scene) });
    const repository = deed === "publish" ? testingOf(scene) : gatedOf(scene);
    const versions = all
      .filter((one) => one.repository === repository)
      .map((one) => one.version)
      .sort()
      .join(" ");
    if (scene !== "reprepro" || root === undefined) return versions;
    const suite = deed === "publish" ? "bookworm-testing" : "bookworm";
    return `${versions}; reprepro: ${repreproList(join(root, "deb/r4.3/vm"), suite).join(", ")}`;
  }

  remove(): void {
    for (const tree of this.#prepared.values()) tree.remove();
    this.maker.remove();
    this.gpg.remove();
  }
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
