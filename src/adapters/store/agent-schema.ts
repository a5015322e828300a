import { outboxSchema } from "./outbox-store.ts";

/**
 * The agent's state. Times are milliseconds since the epoch. `messages` is the ledger of signatures: a row is never
 * removed, since what it knows must never run again.
 */
export const agentMigrations: readonly string[] = [
  `${outboxSchema}
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (
    key TEXT PRIMARY KEY, signer TEXT NOT NULL, signed_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    trace TEXT NOT NULL, block TEXT NOT NULL, block_sha256 TEXT NOT NULL, environment TEXT NOT NULL, place_kind TEXT NOT NULL,
    issue INTEGER, comment INTEGER, subject TEXT NOT NULL, answered INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lines (
    message TEXT NOT NULL REFERENCES messages, line INTEGER NOT NULL, text TEXT NOT NULL, tell TEXT NOT NULL, stand TEXT NOT NULL,
    PRIMARY KEY (message, line)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, request TEXT NOT NULL, fold TEXT, trace TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'refused', 'cancelled')),
    attempts INTEGER NOT NULL DEFAULT 0, pinned TEXT, note TEXT NOT NULL DEFAULT '', not_before INTEGER NOT NULL,
    message TEXT, line INTEGER, outcome TEXT, cancel INTEGER NOT NULL DEFAULT 0,
    added_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX jobs_fold ON jobs (fold) WHERE state = 'queued' AND fold IS NOT NULL;
  CREATE INDEX jobs_open ON jobs (queue, id) WHERE state IN ('queued', 'running');
  CREATE INDEX jobs_message ON jobs (message, line) WHERE message IS NOT NULL;
  CREATE TABLE paused (queue TEXT PRIMARY KEY, since INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE ran (
    release TEXT NOT NULL, subject TEXT NOT NULL, distribution TEXT NOT NULL, signed_at INTEGER NOT NULL,
    PRIMARY KEY (release, subject, distribution)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE holds (
    release TEXT NOT NULL, component TEXT NOT NULL, commit_sha TEXT NOT NULL, distribution TEXT NOT NULL,
    signer TEXT NOT NULL, signed_at INTEGER NOT NULL, PRIMARY KEY (release, component, commit_sha, distribution)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE builds (
    job TEXT PRIMARY KEY, release TEXT NOT NULL, component TEXT NOT NULL, commit_sha TEXT, version TEXT,
    begun_at INTEGER NOT NULL, record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX builds_component ON builds (release, component, begun_at) WHERE commit_sha IS NOT NULL;
  CREATE TABLE reactions (at INTEGER NOT NULL) STRICT;
  CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, argument TEXT NOT NULL, source TEXT NOT NULL,
    input BLOB NOT NULL, at INTEGER NOT NULL
  ) STRICT;`,
  `CREATE TABLE images (
    job TEXT PRIMARY KEY, release TEXT NOT NULL, name TEXT NOT NULL, timestamp TEXT NOT NULL, begun_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE seen_tags (
    release TEXT NOT NULL, component TEXT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (release, component)
  ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE awaited_uploads (
    id TEXT PRIMARY KEY, root TEXT NOT NULL, repository TEXT NOT NULL, report TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE rehearsals (
    key TEXT PRIMARY KEY, decided_at INTEGER NOT NULL, settled INTEGER NOT NULL, rehearsal TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rehearsals_decided ON rehearsals (decided_at);
  CREATE TABLE refused_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, line TEXT NOT NULL
  ) STRICT;`,
  `CREATE TABLE begun_plans (
    job INTEGER NOT NULL, dist TEXT NOT NULL, plan TEXT NOT NULL, stated INTEGER NOT NULL, PRIMARY KEY (job, dist)
  ) STRICT, WITHOUT ROWID;`,
];
