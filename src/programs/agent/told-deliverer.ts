import { decodePosting, postingTrace } from "../../report/index.ts";
import type { Deliverer, OutboxEntry } from "../../work/index.ts";
import type { Logger } from "../logging.ts";

/** The same deliverer, whose postings are said in the program's log, with the commands that they are about. */
export function toldDeliverer(deliverer: Deliverer, log: Logger): Deliverer {
  return {
    async deliver(entries) {
      const outcome = await deliverer.deliver(entries);
      if (outcome.kind === "delivered") {
        const posted = entries.slice(0, outcome.count);
        const traces = [...new Set(posted.map(traceOfEntry).filter((trace) => trace !== null))];
        log.info({ lane: entries[0].lane, traces, count: posted.length }, "posted");
      }
      return outcome;
    },
  };
}

/** The command that an entry of GitHub's channel is about. */
export function traceOfEntry({ payload }: OutboxEntry): string | null {
  return postingTrace(decodePosting(payload));
}
