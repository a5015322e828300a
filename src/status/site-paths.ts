import type { StatusUpdate } from "./status-data.ts";

/** Gives every page its file name: of a plain alphabet, and no name twice, whatever the versions are called. */
export class SitePaths {
  /** Lower case: some disks make no difference. */
  readonly #used = new Map<string, number>([["feed", 1]]);

  ofUpdate({ release, kind, name, version }: StatusUpdate): string {
    return `update/${this.#unused(updateStem([release, kind, name, version]), ".html")}`;
  }

  /** A release's stem: `r4.3` for `r4.3-1.html`, `r4.3-images.html`, `r4.3.atom`. */
  ofRelease(release: string): string {
    return this.#unused(plain(release), "");
  }

  #unused(stem: string, ending: string): string {
    const key = stem.toLowerCase();
    for (let copy = (this.#used.get(key) ?? 0) + 1; ; copy++) {
      this.#used.set(key, copy);
      if (copy === 1) return `${stem}${ending}`;
      const numbered = `${stem}_${copy}`;
      if (this.#used.has(numbered.toLowerCase())) continue;
      this.#used.set(numbered.toLowerCase(), 1);
      return `${numbered}${ending}`;
    }
  }
}

/** `r4.3_component_core-admin_v4.3.12`; the search's script makes the same of the same words. */
export function updateStem(words: readonly string[]): string {
  return words.map(plain).join("_");
}

function plain(untrusted: string): string {
  return untrusted.replace(/[^A-Za-z0-9._+-]/g, "_").slice(0, 60);
}
