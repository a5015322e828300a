import { remoteVersionTags } from "../../adapters/git/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import { scanTags } from "../../build/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { Clock } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { type BuildersSource, lineOf, queueOf } from "./builders.ts";

/** What looking for unannounced tags needs. */
export interface TagWatchParts {
  readonly builders: BuildersSource;
  readonly store: Pick<AgentStore, "jobs" | "seenTags">;
  readonly clock: Clock;
  readonly log: Logger;
  /** For git. */
  readonly environment: Readonly<Record<string, string>>;
  readonly everyMs: number;
}

const remoteLimitMs = 60_000;

/** Looks at all components' remotes at the start and then once in a while, until the end. */
export async function watchTags(parts: TagWatchParts, end: AbortSignal): Promise<void> {
  while (!end.aborted) {
    try {
      await lookOnce(parts, end);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      parts.log.warn({ err: error }, "the remotes' tags could not be looked at");
    }
    await parts.clock.sleep(parts.everyMs, end);
  }
}

async function lookOnce({ builders, store, clock, log, environment }: TagWatchParts, end: AbortSignal): Promise<void> {
  for (const builder of (await builders()).loaded) {
    const { queued, unreachable } = await scanTags(builder.configuration, {
      remoteTags: (component) => remoteVersionTags(component, { environment, limitMs: remoteLimitMs, signal: end }),
      known: (release, component) => store.seenTags.known(release, component),
      remember: (release, component, tags) => store.seenTags.remember(release, component, tags),
      enqueue: async (_release, component) => {
        const request = { kind: "push" as const, builder: lineOf(builder), component };
        await store.jobs.add([{ queue: queueOf(builder), request, trace: null, answers: "nobody" }], clock.now());
      },
    });
    if (end.aborted) return;
    for (const component of queued) log.info({ component }, "a version tag that no push announced");
    if (unreachable.length > 0) log.warn({ unreachable }, "remotes that could not be asked for their tags");
  }
}
