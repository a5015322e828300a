import { promoteByBackend } from "../../adapters/builder/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import type { QubeName } from "../../domain/index.ts";
import type { GithubSide } from "./github.ts";
import type { CommentPoller } from "./poller.ts";
import { type ApplierParts, applierOf } from "./promotion-beside.ts";
import { promotionReaders } from "./promotion-readers.ts";
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
  const publishByBackend: ApplierParts["publishByBackend"] = (builder, plan, log) =>
    promoteByBackend({ environment: world.tools, signing: world.signing, run: world.run }, builder, plan, log);
  return {
    ...promotionReaders({ store, comments: github.comments, world }),
    environment,
    ledger: store.ledger,
    now,
    poller,
    logs: provenance.logs,
    begun: store.begunPlans,
    applied: provenance.applied,
    repositories: world.repositories,
    applier: (task, subject) =>
      applierOf({ ...world, rehearsals: store.rehearsals, publishByBackend, now }, task, subject),
    upload: (builder, { release, repository }, { distribution }, event) =>
      uploads.upload(builder, { release, repository, distribution }, event),
  };
}
