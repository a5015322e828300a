import { Readable } from "node:stream";
import type { AgentStore } from "../../adapters/store/index.ts";
import { parseQubeName } from "../../domain/index.ts";
import type { Clock } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { agentServices, type CallHandlers, takeCall } from "./services.ts";

/** How often it is looked for calls that a service's executable recorded while the socket was not there yet. */
const everyMs = 5000;

/** Takes in the calls that came while no agent ran; until the end, since one may be recorded in the moment of the start. */
export async function takeRecordedCalls(
  store: AgentStore,
  handlers: CallHandlers,
  clock: Clock,
  log: Logger,
  end: AbortSignal,
): Promise<void> {
  while (!end.aborted) {
    try {
      for (const { id, service: name, untrustedArgument, source: caller, input } of await store.calls.list(100)) {
        const service = agentServices.find((candidate) => candidate === name);
        const source = parseQubeName(caller);
        if (service !== undefined && source !== null) {
          await takeCall(service, { input: Readable.from([input]), untrustedArgument, source }, handlers, log);
        }
        await store.calls.remove(id);
      }
    } catch (error) {
      log.error({ err: error }, "a recorded call could not be taken in");
    }
    await clock.sleep(everyMs, end);
  }
}
