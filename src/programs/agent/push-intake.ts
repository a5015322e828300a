import type { SqliteJobs } from "../../adapters/store/index.ts";
import { matchComponents, parsePushedName } from "../../build/index.ts";
import type { Clock } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { type BuildersSource, lineOf, queueOf } from "./builders.ts";

/** What taking a push in needs. */
export interface PushIntakeParts {
  readonly builders: BuildersSource;
  readonly jobs: SqliteJobs;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Queues a job for each builder's component that the pushed repository is of. Unknown here: nothing happens. */
export async function takePush(parts: PushIntakeParts, untrustedName: string): Promise<void> {
  const { builders, jobs, clock, log } = parts;
  const name = parsePushedName(untrustedName);
  if (name === null) {
    log.warn({ length: untrustedName.length }, "a push of what is no component's name");
    return;
  }
  const found = (await builders()).loaded.flatMap((builder) =>
    matchComponents(builder.configuration, name).map((component) => ({
      queue: queueOf(builder),
      request: { kind: "push" as const, builder: lineOf(builder), component: component.name },
      trace: null,
      answers: "nobody" as const,
    })),
  );
  const added = found.length === 0 ? 0 : await jobs.add(found, clock.now());
  log.info({ name, jobs: added, folded: found.length - added }, "push");
}
