import { promoteByBackend } from "../../adapters/builder/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import { AdapterError, type QubeName } from "../../domain/index.ts";
import type { GithubSide } from "./github.ts";
import type { CommentPoller } from "./poller.ts";
import type { PromotionParts } from "./promotion-runner.ts";
import type { Provenance } from "./provenance.ts";
import type { Uploads } from "./uploads.ts";
import type { World } from "./world.ts";

/** What promotions are joined from. */
export interface PromotionSources {
  readonly environment: QubeName;
  readonly store: AgentStore;
  readonly poller: CommentPoller;
  readonly github: GithubSide;
  readonly world: World;
  readonly uploads: Uploads;
  readonly provenance: Provenance;
  readonly now: () => Date;
}

/** Joins the promotion runner to the agent's state and the world. */
export function promotionParts(sources: PromotionSources): PromotionParts {
  const { environment, store, poller, github, world, uploads, provenance, now } = sources;
  return {
    environment,
    ledger: store.ledger,
    now,
    poller,
    logs: provenance.logs,
    applied: provenance.applied,
    repositories: world.repositories,
    signer: world.signer,
    publishByBackend: (builder, plan, log) =>
      promoteByBackend({ environment: world.tools, signing: world.signing, run: world.run }, builder, plan, log),
    upload: (builder, { release, repository }, { distribution }, event) =>
      uploads.upload(builder, { release, repository, distribution }, event),
    labels: (subject) => github.comments.labels(subject),
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
