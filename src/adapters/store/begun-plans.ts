import type { DistributionPlan } from "../../promotion/index.ts";
import type { Job } from "../../work/index.ts";
import { type Database, integer, text } from "./database.ts";
import { readJob } from "./job-store.ts";

/** Plans that a job began to apply and of which nobody has stated yet what became of them. */
export interface LeftPlans {
  readonly job: Job;
  readonly plans: readonly DistributionPlan[];
}

/**
 * What jobs began to apply: noted before anything of it is applied, so that it is known after a crash which changes are whose,
 * whatever becomes of the job meanwhile.
 */
export class BegunPlans {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Durable when it resolves. What jobs that are over had begun is forgotten, where it is stated. */
  async begin(job: number, plan: DistributionPlan): Promise<void> {
    await this.#database.commit(() => {
      this.#database.run(
        "DELETE FROM begun_plans WHERE stated = 1 AND job NOT IN (SELECT id FROM jobs WHERE state IN ('queued', 'running'))",
      );
      this.#database.run(
        "INSERT OR REPLACE INTO begun_plans VALUES (?, ?, ?, 0)",
        job,
        plan.dist,
        JSON.stringify(plan),
      );
    });
  }

  /** What the job has applied, as far as that is in the outbox to be stated; in the order of the distributions' names. */
  async statedOf(job: number): Promise<readonly DistributionPlan[]> {
    const rows = this.#database.all("SELECT plan FROM begun_plans WHERE job = ? AND stated = 1 ORDER BY dist", job);
    return rows.map((row) => JSON.parse(text(row, "plan")) as DistributionPlan);
  }

  /** What is left in a queue, of jobs that wait or are over, too. The oldest job's first. */
  async left(queue: string): Promise<readonly LeftPlans[]> {
    const rows = this.#database.all(
      "SELECT jobs.*, plan FROM begun_plans JOIN jobs ON jobs.id = job WHERE stated = 0 AND queue = ? ORDER BY job, dist",
      queue,
    );
    const found = new Map<number, { job: Job; plans: DistributionPlan[] }>();
    for (const row of rows) {
      const id = integer(row, "id");
      const one = found.get(id) ?? { job: readJob(row), plans: [] };
      one.plans.push(JSON.parse(text(row, "plan")) as DistributionPlan);
      found.set(id, one);
    }
    return [...found.values()];
  }

  /** The queues in which something is left of jobs that are over: no turn of theirs will come. */
  async leftQueues(): Promise<readonly string[]> {
    const rows = this.#database.all(
      "SELECT DISTINCT queue FROM begun_plans JOIN jobs ON jobs.id = job WHERE stated = 0 AND state NOT IN ('queued', 'running')",
    );
    return rows.map((row) => text(row, "queue"));
  }

  /** These need not be stated again. */
  async stated(job: number, plans: readonly DistributionPlan[]): Promise<void> {
    await this.#database.commit(() => {
      for (const { dist } of plans) {
        this.#database.run("UPDATE begun_plans SET stated = 1 WHERE job = ? AND dist = ?", job, dist);
      }
    });
  }

  /** Nothing came of these. */
  async forget(job: number, plans: readonly DistributionPlan[]): Promise<void> {
    await this.#database.commit(() => {
      for (const { dist } of plans) {
        this.#database.run("DELETE FROM begun_plans WHERE job = ? AND dist = ?", job, dist);
      }
    });
  }
}
