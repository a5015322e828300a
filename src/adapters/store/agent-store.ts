import type { Report } from "../../domain/index.ts";
import type { NewOutboxEntry } from "../../work/index.ts";
import { agentMigrations } from "./agent-schema.ts";
import { AwaitedUploads } from "./awaited-uploads.ts";
import { BegunPlans } from "./begun-plans.ts";
import { SqliteBuildRecords } from "./build-records.ts";
import { Database } from "./database.ts";
import { SqliteImageRecords } from "./image-records.ts";
import { SqliteJobs } from "./job-store.ts";
import { SqliteLedger } from "./ledger-store.ts";
import { SqliteOutbox } from "./outbox-store.ts";
import { QueueDesk } from "./queue-desk.ts";
import { RecordedCalls } from "./recorded-calls.ts";
import { Rehearsals } from "./rehearsals.ts";
import { SeenTags } from "./seen-tags.ts";

/** The agent's whole state: one SQLite file. */
export interface AgentStore {
  readonly database: Database;
  readonly jobs: SqliteJobs;
  readonly ledger: SqliteLedger;
  readonly outbox: SqliteOutbox;
  /** Calls that came while no agent ran. */
  readonly calls: RecordedCalls;
  readonly builds: SqliteBuildRecords;
  readonly images: SqliteImageRecords;
  /** Version tags that the daily look at the remotes has seen. */
  readonly seenTags: SeenTags;
  /** What is to be told once a mirror has it. */
  readonly awaitedUploads: AwaitedUploads;
  /** What promotions and withdrawals have begun to apply. */
  readonly begunPlans: BegunPlans;
  /** What would have been done, beside what somebody else did. */
  readonly rehearsals: Rehearsals;
  /** What an operator sees and does. */
  readonly desk: QueueDesk;
}

/** Opens the agent's state; `entries` says what the outbox gets for a report. Throws AdapterError where the file is newer than this program. */
export function openAgentStore(path: string, entries: (report: Report) => readonly NewOutboxEntry[]): AgentStore {
  const database = new Database(path, agentMigrations);
  const jobs = new SqliteJobs({ database, entries });
  return {
    database,
    jobs,
    ledger: new SqliteLedger(database, entries),
    outbox: new SqliteOutbox(database),
    calls: new RecordedCalls(database),
    builds: new SqliteBuildRecords(database),
    images: new SqliteImageRecords(database),
    seenTags: new SeenTags(database),
    awaitedUploads: new AwaitedUploads(database, entries),
    begunPlans: new BegunPlans(database),
    rehearsals: new Rehearsals(database),
    desk: new QueueDesk(database, jobs),
  };
}
