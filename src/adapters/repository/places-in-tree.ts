import { type Distribution, parseDistribution, parseRelease } from "../../domain/index.ts";
import { type Place, placeOf } from "./place.ts";
import { parseRepositoryName } from "./repository-names.ts";
import type { Tree } from "./tree.ts";

/** A repository that is there, and its distribution. */
export interface FoundPlace {
  readonly place: Place;
  readonly distribution: Distribution | null;
}

const suffixes = {
  "": "current",
  "-testing": "current-testing",
  "-securitytesting": "security-testing",
  "-unstable": "unstable",
};

/** Every repository in the tree that has the lay-out of one; what is none of ours is passed over. */
export function placesInTree(tree: Tree): FoundPlace[] {
  return [...rpmPlaces(tree), ...debPlaces(tree), ...archPlaces(tree)];
}

function list(tree: Tree, path: string): string[] {
  const { disk } = tree.options;
  return disk
    .list(tree.at(path))
    .filter((name) => !name.startsWith(".") && disk.stat(tree.at(`${path}/${name}`))?.directory);
}

function found(tree: Tree, release: string, repository: string, name: string | null): FoundPlace[] {
  const known = { release: parseRelease(release), repository: parseRepositoryName(repository) };
  const distribution = name === null ? null : parseDistribution(name);
  if (known.release === null || known.repository === null || (name !== null && distribution === null)) return [];
  const place = placeOf(known.release, known.repository, distribution);
  return tree.engine(place).isThere(place) ? [{ place, distribution }] : [];
}

function rpmPlaces(tree: Tree): FoundPlace[] {
  return list(tree, "rpm").flatMap((release) =>
    list(tree, `rpm/${release}`).flatMap((repository) => {
      const base = `rpm/${release}/${repository}`;
      if (repository.startsWith("templates-")) return found(tree, release, repository, null);
      const sets = list(tree, base).filter((set) => set === "host" || set === "vm");
      return sets.flatMap((set) =>
        list(tree, `${base}/${set}`).flatMap((dist) => found(tree, release, repository, `${set}-${dist}`)),
      );
    }),
  );
}

function debPlaces(tree: Tree): FoundPlace[] {
  return list(tree, "deb").flatMap((release) =>
    list(tree, `deb/${release}`).flatMap((set) =>
      list(tree, `deb/${release}/${set}/dists`).flatMap((suite) => {
        const parts = /^([a-z]+)(|-testing|-securitytesting|-unstable)$/.exec(suite);
        const repository = suffixes[(parts?.[2] ?? "") as keyof typeof suffixes];
        return found(tree, release, repository, `${set}-${parts?.[1] ?? ""}`);
      }),
    ),
  );
}

function archPlaces(tree: Tree): FoundPlace[] {
  return list(tree, "archlinux").flatMap((release) =>
    list(tree, `archlinux/${release}`).flatMap((repository) =>
      list(tree, `archlinux/${release}/${repository}`).flatMap((set) =>
        list(tree, `archlinux/${release}/${repository}/${set}`).flatMap((dist) =>
          found(tree, release, repository, `${set}-${dist}`),
        ),
      ),
    ),
  );
}
