import type { DistributionPlan } from "../../promotion/index.ts";
import { type Database, text } from "./database.ts";

/** A plan that a job began to apply. */
export interface BegunPlan {
  readonly plan: DistributionPlan;
  /** Whether what it did is in the outbox already, to be stated. */
  readonly stated: boolean;
}

/**
 * What jobs began to apply: noted before anything of it is applied, so that a job that is taken up again after a crash knows
 * which changes that it finds are its own.
 */
export class BegunPlans {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Durable when it resolves. What jobs that are over had begun is forgotten. */
  async begin(job: number, plan: DistributionPlan): Promise<void> {
    await this.#database.commit(() => {
      this.#database.run(
        "DELETE FROM begun_plans WHERE job NOT IN (SELECT id FROM jobs WHERE state IN ('queued', 'running'))",
      );
      this.#database.run(
        "INSERT OR REPLACE INTO begun_plans VALUES (?, ?, ?, 0)",
        job,
        plan.dist,
        JSON.stringify(plan),
      );
    });
  }

  /** In the order of their distributions' names. */
  async ofJob(job: number): Promise<readonly BegunPlan[]> {
    const rows = this.#database.all("SELECT plan, stated FROM begun_plans WHERE job = ? ORDER BY dist", job);
    return rows.map((row) => ({
      plan: JSON.parse(text(row, "plan")) as DistributionPlan,
      stated: row["stated"] === 1,
    }));
  }

  /** These need not be stated again. */
  async stated(job: number, plans: readonly DistributionPlan[]): Promise<void> {
    await this.#database.commit(() => {
      for (const { dist } of plans) {
        this.#database.run("UPDATE begun_plans SET stated = 1 WHERE job = ? AND dist = ?", job, dist);
      }
    });
  }
}
