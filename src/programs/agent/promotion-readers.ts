import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import { AdapterError, type SourceHistory, type Subject } from "../../domain/index.ts";
import type { CommentSource } from "../../work/index.ts";
import type { Planned, PromotionCommand } from "./promotion-plan.ts";
import type { World } from "./world.ts";

/** What a promotion asks of GitHub and of the sources. Nothing of it changes anything there. */
export interface PromotionReaders {
  /** The status issue's labels, null where there is none. Throws AdapterError where GitHub cannot be asked. */
  readonly labels: (subject: Subject) => Promise<readonly string[] | null>;
  /** What the status issue is about. Throws AdapterError where the sources cannot be asked. */
  readonly subject: (builder: LoadedBuilder, wanted: PromotionCommand, signal: AbortSignal) => Promise<Subject>;
  /** The commits that the target did not have before; null where they are not known. */
  readonly history: (
    builder: LoadedBuilder,
    wanted: PromotionCommand,
    planned: Planned,
    signal: AbortSignal,
  ) => Promise<SourceHistory | null>;
}

/** What the readers read. */
export interface ReaderSources {
  readonly store: Pick<AgentStore, "builds">;
  readonly comments: CommentSource;
  readonly world: Pick<World, "sources" | "shelf">;
}

/** Joins {@link PromotionReaders} to GitHub, to the sources and to what stands. */
export function promotionReaders({ store, comments, world }: ReaderSources): PromotionReaders {
  return {
    labels: (subject) => comments.labels(subject),
    subject: async (builder, wanted, signal) => {
      const { release } = wanted;
      if (wanted.kind === "upload-template") {
        return { kind: "template", release, template: wanted.template, version: wanted.version };
      }
      const { component, commit } = wanted;
      const built = await store.builds.versionOf(release, component, commit);
      if (built !== null) return { kind: "component", release, component, commit, version: built };
      const configured = builder.configuration.components.find(({ name }) => name === component);
      if (configured === undefined) throw new AdapterError("CONFIGURATION", `${component} is not configured any more`);
      const source = await world.sources.fetch(configured, builder, signal);
      return { kind: "component", release, component, commit, version: await source.describe(commit) };
    },
    history: async (builder, wanted, { plan }, signal) => {
      if (wanted.kind !== "upload-component") return null;
      const { release, component, commit, repository } = wanted;
      const standing = await world.shelf(builder).standing(release, component);
      const before = standing.find((entry) => entry.repository === repository && entry.distribution === plan.dist);
      const configured = builder.configuration.components.find(({ name }) => name === component);
      if (configured === undefined) return null;
      try {
        const source = await world.sources.fetch(configured, builder, signal);
        const grown = before?.commit != null && (await source.descends(commit, before.commit)) ? before.commit : null;
        return await source.history(grown, commit);
      } catch (error) {
        // Which issues it fixes is worth asking for, and not worth a promotion.
        if (error instanceof AdapterError) return null;
        throw error;
      }
    },
  };
}
