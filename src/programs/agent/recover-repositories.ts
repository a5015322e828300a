import { AdapterError } from "../../domain/index.ts";
import type { Logger } from "../logging.ts";
import type { Builders } from "./builders.ts";
import type { World } from "./world.ts";

/** What a crash left half is finished or undone before anything else runs there. */
export async function recoverRepositories(world: World, { loaded }: Builders, log: Logger): Promise<void> {
  for (const builder of loaded) {
    try {
      for (const done of await world.repositories(builder).recover()) log.info({ done }, "a repository was mended");
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      log.error({ alarm: "repository", err: error }, "a repository could not be mended");
    }
  }
}
