/** Where each repository lies under the root, and what its files are called: builder v2's lay-out. */
import {
  AdapterError,
  type Distribution,
  parseTemplateRepository,
  type Release,
  type RepositoryName,
} from "../../domain/index.ts";

/** One repository: what one signature covers and a client names in one line of its configuration. */
export interface Place {
  readonly type: "rpm" | "deb" | "archlinux";
  readonly release: Release;
  readonly repository: RepositoryName;
  /** The distribution's name (`host-fc41`); null for templates. */
  readonly dist: string | null;
  /** Relative to the root; what paths in the metadata start from. */
  readonly base: string;
  /** A debian suite, an Arch database's name; "" for rpm. */
  readonly suite: string;
  /** Unique among all, usable as a file name: `rpm_r4.3_current_host_fc41`. */
  readonly key: string;
  /** The same for what it shares with others and must not change beside them: a debian pool. */
  readonly sharedKey: string | null;
}

/** What people know it by: its directory, with a debian suite's or an Arch database's name. */
export function placeName({ base, suite }: Place): string {
  return `${base} ${suite}`.trim();
}

const suiteSuffix: Readonly<Partial<Record<RepositoryName, string>>> = {
  current: "",
  "current-testing": "-testing",
  "security-testing": "-securitytesting",
  unstable: "-unstable",
};

/** The repository of a distribution, or of templates (distribution null). Throws AdapterError `CONFIGURATION` for what has none. */
export function placeOf(release: Release, repository: RepositoryName, distribution: Distribution | null): Place {
  if (distribution === null) {
    if (parseTemplateRepository(repository) === null) {
      throw new AdapterError("CONFIGURATION", `${repository} holds no templates`);
    }
    return rpmPlace(release, repository, `rpm/${release}/${repository}`, null);
  }
  const { set, type } = distribution;
  // Another architecture has its own directory, under the name that its distribution is configured by.
  const dist = distribution.name.slice(set.length + 1);
  const suffix = suiteSuffix[repository];
  if (suffix === undefined) throw new AdapterError("CONFIGURATION", `${repository} holds no components`);
  switch (type) {
    case "rpm":
      return rpmPlace(release, repository, `rpm/${release}/${repository}/${set}/${dist}`, distribution.name);
    case "deb": {
      const base = `deb/${release}/${set}`;
      const suite = `${distribution.dist}${suffix}`;
      const sharedKey = keyOf(`${base}/pool`);
      return {
        type,
        release,
        repository,
        dist: distribution.name,
        base,
        suite,
        key: keyOf(`${base}/${suite}`),
        sharedKey,
      };
    }
    case "archlinux": {
      const base = `archlinux/${release}/${repository}/${set}/${dist}/pkgs`;
      const suite = `qubes-${release}-${repository}`;
      return { type, release, repository, dist: distribution.name, base, suite, key: keyOf(base), sharedKey: null };
    }
    case "gentoo":
    case "windows":
      throw new AdapterError("CONFIGURATION", `${type} packages have no repository here`);
  }
}

function rpmPlace(release: Release, repository: RepositoryName, base: string, dist: string | null): Place {
  return { type: "rpm", release, repository, dist, base, suite: "", key: keyOf(base), sharedKey: null };
}

function keyOf(path: string): string {
  return path.replaceAll("/", "_");
}

/** The key of what a repository of that key shares with others: debian suites their pool. */
export function sharedKeyOf(key: string): string[] {
  return key.startsWith("deb_") ? [`${key.slice(0, key.lastIndexOf("_"))}_pool`] : [];
}

/** What our own state is kept under, relative to the root; no client reads it and no upload takes it along. */
export const stateDirectory = ".release-bot";
