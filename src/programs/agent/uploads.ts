import type { Repositories } from "../../adapters/repository/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import type { BuilderPlace, BuildTask } from "../../build/index.ts";
import {
  AdapterError,
  type Distribution,
  type QubeName,
  type Release,
  type RepositoryName,
  type StatusEvent,
} from "../../domain/index.ts";
import { type Clock, eventId } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import type { BuildersSource } from "./builders.ts";

/** One repository of a builder's tree; a template repository has no distribution. */
export interface UploadPlace {
  readonly release: Release;
  readonly repository: RepositoryName;
  readonly distribution: Distribution | null;
}

/** What uploading needs. */
export interface UploadParts {
  readonly repositories: (builder: BuilderPlace) => Repositories;
  readonly awaited: AgentStore["awaitedUploads"];
  readonly builders: BuildersSource;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often it is looked for what is published and not uploaded. Each has its own back-off besides. */
const everyMs = 30_000;

/** Brings repositories to their mirrors. */
export class Uploads {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  /**
   * Uploads one repository now; nothing where no mirror is configured for it. Throws AdapterError where it could not; it is
   * tried again by {@link watch}, which tells `event` when it is through.
   */
  async upload(builder: BuilderPlace, place: UploadPlace, event: StatusEvent): Promise<void> {
    const to = builder.configuration.uploadTo[place.distribution?.type ?? "rpm"];
    if (to === undefined) return;
    try {
      await this.#parts.repositories(builder).upload(place, { to, rsh: null });
    } catch (error) {
      if (error instanceof AdapterError) await this.#parts.awaited.add(awaitedPlace(builder, place), event);
      throw error;
    }
  }

  /** Uploads what is published and not uploaded, again and again, until the end. */
  async watch(end: AbortSignal): Promise<void> {
    const { builders, clock, log } = this.#parts;
    while (!end.aborted) {
      try {
        for (const builder of (await builders()).loaded) await this.#lookOnce(builder, end);
      } catch (error) {
        log.error({ err: error }, "what is not uploaded could not be looked for");
      }
      await clock.sleep(everyMs, end);
    }
  }

  async #lookOnce(builder: BuilderPlace, end: AbortSignal): Promise<void> {
    const { repositories, awaited, clock, log } = this.#parts;
    const tree = repositories(builder);
    for (const { release, repository, distribution, to, retryAt } of tree.pendingUploads()) {
      if (end.aborted) return;
      if (retryAt !== null && retryAt > clock.now()) continue;
      const place = { release, repository, distribution };
      try {
        await tree.upload(place, { to, rsh: null });
        await awaited.reached(awaitedPlace(builder, place), clock.now());
        log.info({ repository, distribution: distribution?.name, to }, "uploaded");
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        log.warn({ repository, distribution: distribution?.name, to, err: error }, "published, not uploaded");
      }
    }
  }
}

/** The repository that a build publishes to. */
export function placeOf({ builder, repository, distribution }: BuildTask): UploadPlace {
  return { release: builder.configuration.release, repository, distribution };
}

/** What is told where a build's upload went through later than the build. */
export function uploadedEvent(task: BuildTask, environment: QubeName, at: Date): StatusEvent {
  const { builder, component, commit, version, distribution, repository } = task;
  const { release } = builder.configuration;
  const subject = { kind: "component", release, component: component.name, commit, version } as const;
  const id = eventId("l", environment, release, component.name, commit, distribution.name, repository);
  const facts = { id, trace: null, subject, environment, at, repository, distribution: distribution.name };
  return { ...facts, type: "uploaded", log: null, plan: null, history: null };
}

function awaitedPlace({ configuration }: BuilderPlace, { release, repository, distribution }: UploadPlace) {
  return { root: configuration.artifactsDir, repository: `${release} ${repository} ${distribution?.name ?? ""}` };
}
