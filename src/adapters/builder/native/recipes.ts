import type { FetchedSource } from "../../../build/ports.ts";
import { type CommitSha, type Distribution, no, ok, type Result } from "../../../domain/index.ts";
import { parseTree, type Tree, type TreeMap } from "../../../formats/builder-yml/index.ts";

/** How a component is packed for a distribution, as `.qubesbuilder` or the layout of its files says. */
export interface Recipes {
  /** Spec files (as they will be named: without `.in`), or directories (`debian`, `archlinux`). */
  readonly build: readonly string[];
  /** Sources that the recipe wants from the network. */
  readonly wantsNetwork: boolean;
}

const path = /^[A-Za-z0-9_+][A-Za-z0-9_.+-]*(?:\/[A-Za-z0-9_+][A-Za-z0-9_.+-]*)*$/;

function child(map: TreeMap | null, key: string): TreeMap | null {
  const value = map?.entries.get(key)?.value;
  return value?.kind === "map" ? value : null;
}

function texts(map: TreeMap | null, key: string): string[] | null {
  const value = map?.entries.get(key)?.value;
  if (value === undefined) return null;
  const items: readonly Tree[] = value.kind === "list" ? value.items : [];
  return items.flatMap((item) => (item.kind === "scalar" && typeof item.value === "string" ? [item.value] : []));
}

/** What `.qubesbuilder` says: `host`/`vm`, and the distribution's own name where it differs. */
function written(tree: TreeMap, distribution: Distribution): Recipes {
  const own = child(child(tree, distribution.name), distribution.type);
  const set = child(child(tree, distribution.set), distribution.type);
  const build = texts(own, "build") ?? texts(set, "build") ?? [];
  const files = child(tree, "source")?.entries.get("files")?.value;
  return { build, wantsNetwork: files !== undefined && !(files.kind === "scalar" && files.value === null) };
}

/** Without `.qubesbuilder`: every spec of `rpm_spec/`, `debian/`, `archlinux/` or a PKGBUILD at the top. */
function found(files: readonly string[], distribution: Distribution): Recipes {
  const names = new Set(files);
  const none = { build: [], wantsNetwork: false };
  switch (distribution.type) {
    case "rpm": {
      const specs = files.filter((name) => /^rpm_spec\/[^/]+\.spec(?:\.in)?$/.test(name));
      return { ...none, build: [...new Set(specs.map((name) => name.replace(/\.in$/, "")))].sort() };
    }
    case "deb":
      return { ...none, build: names.has("debian/control") ? ["debian"] : [] };
    case "archlinux":
      if (names.has("archlinux/PKGBUILD") || names.has("archlinux/PKGBUILD.in"))
        return { ...none, build: ["archlinux"] };
      return { ...none, build: names.has("PKGBUILD") || names.has("PKGBUILD.in") ? ["."] : [] };
    case "gentoo":
    case "windows":
      return none;
  }
}

/** Finds a component's recipes for a distribution, in git's objects: nothing is unpacked for it, and no link is followed. */
export async function findRecipes(
  source: FetchedSource,
  commit: CommitSha,
  distribution: Distribution,
): Promise<Result<Recipes, string>> {
  const text = await source.file(commit, ".qubesbuilder");
  if (text === null) return ok(found(await source.files(commit), distribution));
  const tree = parseTree(".qubesbuilder", text.toString("utf8"));
  if (!tree.ok || tree.value.kind !== "map") {
    const problem = tree.ok ? undefined : tree.error[0];
    return no(`.qubesbuilder:${problem?.line ?? 1}: ${problem?.message ?? "is to be a map"}`);
  }
  const recipes = written(tree.value, distribution);
  const wrong = recipes.build.find((name) => name !== "." && (!path.test(name) || name.length > 200));
  return wrong === undefined
    ? ok(recipes)
    : no(`.qubesbuilder: '${wrong.slice(0, 60)}' is not a path inside the component`);
}
