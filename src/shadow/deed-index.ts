import type { Deed, Rehearsal, RehearsedPlace } from "./rehearsal.ts";

/** The predecessor's deeds, to be found by what was asked for; remembers which of them something explains. */
export class DeedIndex {
  readonly #byPlace = new Map<string, Deed[]>();
  readonly #byName = new Map<string, Deed[]>();
  readonly #explained = new Set<Deed>();
  readonly #all: readonly Deed[];

  constructor(deeds: readonly Deed[]) {
    this.#all = deeds;
    for (const deed of deeds) {
      const places = [deed.dist, "all"].map((dist) => [deed.release, deed.name, dist, deed.repository].join("\n"));
      for (const place of places) this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), deed]);
      this.#byName.set(deed.name, [...(this.#byName.get(deed.name) ?? []), deed]);
    }
  }

  /** The deed that answers it: not before it was asked for, except a build, which a push may be noticed long after. */
  of(rehearsal: Rehearsal, { dist }: Pick<RehearsedPlace, "dist">): Deed | null {
    const { release, name, repository, action, asked } = rehearsal;
    if (action === "withdraw") return null;
    const since =
      action === "build" ? 0 : minuteOf(Date.parse(asked.kind === "command" ? asked.signedAt : rehearsal.asOf));
    const candidates = this.#byPlace.get([release, name, dist, repository].join("\n")) ?? [];
    const found = candidates.filter((deed) => deed.at.getTime() >= since && isSameBuild(rehearsal, deed));
    for (const deed of found) this.#explained.add(deed);
    return found[0] ?? null;
  }

  /** Whether something else has come to that repository since: what stood there may have had to go. */
  isOvertaken({
    release,
    name,
    dist,
    repository,
    at,
  }: Pick<Deed, "release" | "name" | "dist" | "repository" | "at">): boolean {
    const others = this.#byPlace.get([release, name, dist, repository].join("\n")) ?? [];
    return others.some((other) => other.at > at);
  }

  /** Deeds since then that a text names by component and by commit (or a template's version). */
  named(untrustedText: string, at: string): readonly Deed[] {
    const words = new Set(
      untrustedText
        .split(/\s+/)
        .filter((word) => word.length <= 100)
        .slice(0, 2000),
    );
    const since = Date.parse(at) - 7 * 86_400_000;
    const found = [...words]
      .flatMap((word) => this.#byName.get(word) ?? [])
      .filter(
        (deed) => deed.at.getTime() >= since && words.has(deed.commit ?? deed.version) && words.has(deed.repository),
      )
      .filter((deed) => !this.#explained.has(deed));
    for (const deed of found) this.#explained.add(deed);
    return found;
  }

  unexplained(): readonly Deed[] {
    return this.#all.filter((deed) => !this.#explained.has(deed));
  }
}

/** By the commit; where the predecessor's records do not tell it, by the version in the status issue's title. */
function isSameBuild({ kind, version, title }: Rehearsal, deed: Deed): boolean {
  if (kind !== "component") return deed.version === version;
  if (deed.commit !== null) return deed.commit === version;
  const upstream = deed.version.replace(/-[^-]*$/, "");
  return title?.includes(` v${upstream} (`) === true;
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000) * 60_000;
}
