/**
 * Notes what an agent in shadow mode would have done. Its jobs run through the same code as any agent's, only with ports that
 * change nothing; here it is listened to what they planned, and, when a job has ended, what it came to is kept.
 */
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { ReadingRepositories, RehearsedPlan, Repositories } from "../../adapters/repository/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import { AdapterError, type RefusalCode } from "../../domain/index.ts";
import type { Job, JobOutcome, JobRunner } from "../../work/index.ts";
import { isBuilderLockHeld } from "../builder-lock-held.ts";
import { buildRehearsal } from "./shadow-build.ts";
import { promotionRehearsal } from "./shadow-promotion.ts";
import { wantedPromotion } from "./wanted-promotion.ts";

/** What the desk is made from. */
export interface ShadowDeskParts {
  readonly store: AgentStore;
  readonly repositories: (builder: LoadedBuilder) => ReadingRepositories;
  readonly now: () => Date;
}

const tryAgainMs = 60_000;
const fetchAgainMs = 600_000;
/** What a repository that somebody is just writing to may look like. */
const halfWritten: readonly RefusalCode[] = ["NOT_IN_TESTING", "PACKAGE_CHANGED", "PACKAGE_SIGNATURE_INVALID"];

/** One job of a queue at a time, so that the queue (a builder's directory) says whose plans are made. */
export class ShadowDesk {
  readonly #parts: ShadowDeskParts;
  /** Since when the predecessor may have answered what the queue's job is about. */
  readonly #since = new Map<string, Date>();
  readonly #plans = new Map<string, readonly RehearsedPlan[]>();

  constructor(parts: ShadowDeskParts) {
    this.#parts = parts;
  }

  /** What promotions plan with. */
  repositories(builder: LoadedBuilder): Pick<Repositories, "plan" | "planWithdrawal"> {
    const { directory } = builder;
    const keep = (found: readonly RehearsedPlan[]) => {
      this.#plans.set(directory, found);
      return found.map(({ plan }) => plan);
    };
    const reading = this.#parts.repositories(builder);
    return {
      plan: async (request) => keep(await reading.rehearse(request, this.#since.get(directory) ?? request.now)),
      planWithdrawal: async (request) =>
        keep((await reading.planWithdrawal(request)).map((plan) => ({ plan, at: null }))),
    };
  }

  /** The runner, with each job's end kept. */
  runner(inner: JobRunner): JobRunner {
    return {
      run: async (job, context): Promise<JobOutcome> => {
        const { queue, request } = job;
        this.#plans.delete(queue);
        this.#since.set(queue, request.kind === "command" ? new Date(request.signedAt) : this.#parts.now());
        const busyBefore = isBuilderLockHeld(queue);
        let outcome: JobOutcome;
        try {
          outcome = await inner.run(job, context);
        } catch (error) {
          // What is just being written cannot be read: it is looked at again, and not taken for a decision.
          if (!(error instanceof AdapterError) || context.signal.aborted) throw error;
          return this.#later(tryAgainMs, error.message);
        }
        if (outcome.kind === "postponed" || context.signal.aborted) return outcome;
        const busy = busyBefore || isBuilderLockHeld(queue);
        if (busy && outcome.kind === "refused" && halfWritten.includes(outcome.refusal.code)) {
          return this.#later(
            tryAgainMs,
            `somebody is at work in ${queue}, and it looks so far: ${outcome.refusal.code}`,
          );
        }
        if (outcome.kind === "failed" && /^the source could not be fetched/.test(outcome.reason)) {
          return this.#later(fetchAgainMs, outcome.reason);
        }
        await this.#keep(job, outcome);
        return worded(outcome);
      },
    };
  }

  #later(afterMs: number, reason: string): JobOutcome {
    return { kind: "postponed", untilMs: this.#parts.now().getTime() + afterMs, reason };
  }

  async #keep(job: Job, outcome: Exclude<JobOutcome, { kind: "postponed" }>): Promise<void> {
    const { store, now } = this.#parts;
    const wanted = wantedPromotion(job);
    const plans = this.#plans.get(job.queue) ?? [];
    const rehearsal =
      wanted === null
        ? await buildRehearsal(store, job, outcome, now())
        : promotionRehearsal({ job, wanted, plans, outcome, now: now() });
    if (rehearsal !== null) await store.rehearsals.keep(rehearsal);
  }
}

/** So that nobody who reads the queue or the log believes that it was done. */
function worded(outcome: Exclude<JobOutcome, { kind: "postponed" }>): JobOutcome {
  return outcome.kind === "done" ? { ...outcome, summary: `in shadow, not done: ${outcome.summary}` } : outcome;
}
