import type { Brand } from "./brand.ts";

/** Packages for dom0 (`host`) or for qubes (`vm`). */
export type PackageSet = "host" | "vm";
/** How a distribution packs: decides engine, sign key and upload host. */
export type PackageType = "rpm" | "deb" | "archlinux" | "gentoo" | "windows";
/** A distribution as it is written everywhere: `host-fc41`, `vm-bookworm`, `vm-fc42.ppc64le`. */
export type DistributionName = Brand<string, "DistributionName">;

/** A distribution that packages are built for. */
export interface Distribution {
  /** The whole name, `vm-bookworm`. */
  readonly name: DistributionName;
  readonly set: PackageSet;
  /** Without the package set, and without the architecture: `bookworm`. */
  readonly dist: string;
  /** `x86_64` unless the name ends in `.ARCH`. */
  readonly arch: string;
  readonly type: PackageType;
  /** `fedora`, `debian`, …: the family, as message templates and back-ends name it. */
  readonly fullName: string;
}

const pattern = /^(host|vm)-([a-z][a-z0-9-]{0,31})(?:\.([a-z0-9_]{1,16}))?$/;
const debian = new Set(["bullseye", "bookworm", "trixie", "forky", "sid"]);
const ubuntu = new Set(["focal", "jammy", "noble"]);

function family(dist: string): { type: PackageType; fullName: string } | null {
  if (/^fc[0-9]{1,3}$/.test(dist)) return { type: "rpm", fullName: "fedora" };
  if (/^centos-stream[0-9]{1,2}$/.test(dist)) return { type: "rpm", fullName: "centos-stream" };
  if (debian.has(dist)) return { type: "deb", fullName: "debian" };
  if (ubuntu.has(dist)) return { type: "deb", fullName: "ubuntu" };
  if (dist === "archlinux") return { type: "archlinux", fullName: "archlinux" };
  if (dist === "gentoo") return { type: "gentoo", fullName: "gentoo" };
  if (/^win(10|11)$/.test(dist)) return { type: "windows", fullName: "windows" };
  return null;
}

/**
 * Parses the *form* of a distribution's name as commands use it (`host-NAME`, `vm-NAME`, v1's `dom0-NAME`); null where
 * it has not that form. Whether the distribution is one that exists is {@link parseDistribution}'s question.
 */
export function parseDistributionName(untrusted: string): DistributionName | null {
  const name = untrusted.startsWith("dom0-") ? `host-${untrusted.slice("dom0-".length)}` : untrusted;
  return pattern.test(name) ? (name as DistributionName) : null;
}

/** Parses a distribution that packages can be built for; null for a wrong form and for an unknown family. */
export function parseDistribution(untrusted: string): Distribution | null {
  const name = parseDistributionName(untrusted);
  const parts = name === null ? null : pattern.exec(name);
  if (name === null || parts === null) return null;
  const [, set, dist, arch] = parts;
  const known = dist === undefined ? null : family(dist);
  if (dist === undefined || known === null) return null;
  return { name, set: set === "host" ? "host" : "vm", dist, arch: arch ?? "x86_64", ...known };
}

/** The label prefix's last part and the word used in messages: `host`, or `vm-bookworm`. */
export function distributionLabel(distribution: Distribution): string {
  return distribution.set === "host" ? "host" : distribution.name;
}
