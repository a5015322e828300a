import { type CommandLine, concernedPlaces } from "./command-line.ts";
import type { Story } from "./story.ts";

/** What a maintainer wants to promote. */
export interface PromotionWish {
  readonly to: "current" | "security-testing" | "templates-itl" | "templates-community";
  /** Names of components or templates; null: everything that is ready. */
  readonly names: readonly string[] | null;
  /** Null: each distribution that is ready. */
  readonly distributions: readonly string[] | null;
}

/**
 * The command lines for what is ready, one a version, built from the build qubes' own records: never from the text of an
 * issue, which anybody can write. What is not ready is left out; the caller shows why. The lines are still to be parsed by
 * the parser of commands before anybody signs them.
 */
export function promotionLines(stories: readonly Story[], wish: PromotionWish): readonly CommandLine[] {
  const templates = wish.to.startsWith("templates-");
  const does = `to ${wish.to}`;
  return stories.flatMap(({ update, places }): CommandLine[] => {
    const { kind, name, version, release, commit, issue } = update;
    if (wish.names !== null && !wish.names.includes(name)) return [];
    if ((kind === "template") !== templates || kind === "iso") return [];
    const wanted = places.filter(
      ({ distribution }) => wish.distributions === null || wish.distributions.includes(distribution),
    );
    const fit = wanted.filter((place) => {
      const record = update.places.find(({ distribution }) => distribution === place.distribution);
      // Security testing asks for no age; whatever else stands in the way is the build qube's to say.
      const early =
        wish.to === "security-testing" && record?.repository === "current-testing" && record.heldBy === null;
      return place.verdict === "ready" || early;
    });
    if (fit.length === 0) return [];
    const distributions = fit.map(({ distribution }) => distribution).sort();
    const common = { does, issue, name, version };
    if (templates) {
      const line = `Upload-template ${release} ${name} ${version} ${wish.to}`;
      return [{ ...common, line, distributions: [], places: concernedPlaces(update, null) }];
    }
    if (commit === null) return [];
    const line = `Upload-component ${release} ${name} ${commit} ${wish.to} ${distributions.join(",")}`;
    return [{ ...common, line, distributions, places: concernedPlaces(update, distributions) }];
  });
}
