-- Jobs as they are worked on, in place of a table that nothing used, and live events.
DROP TABLE stoa_job;
CREATE TABLE stoa_job (
  id       INTEGER PRIMARY KEY,
  kind     TEXT    NOT NULL,
  key      TEXT,
  body     BLOB,
  state    TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
  due      INTEGER NOT NULL, -- when it may be taken; while it runs, the end of its lease
  attempts INTEGER NOT NULL,
  worker   TEXT,             -- who took it last
  created  INTEGER NOT NULL,
  finished INTEGER,
  error    TEXT              -- of the last attempt
) STRICT;
CREATE INDEX stoa_job_due ON stoa_job (due) WHERE state <> 'dead';
CREATE INDEX stoa_job_state ON stoa_job (state, finished);
CREATE UNIQUE INDEX stoa_job_key ON stoa_job (kind, key) WHERE state = 'waiting';

CREATE TABLE stoa_schedule (
  kind TEXT    NOT NULL PRIMARY KEY,
  last INTEGER NOT NULL -- when its job was last put into the queue
) STRICT, WITHOUT ROWID;

CREATE TABLE stoa_live (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT, -- grows, even when all rows are gone
  at    INTEGER NOT NULL,
  topic TEXT    NOT NULL,
  body  TEXT    NOT NULL,
  actor TEXT    NOT NULL
) STRICT;
CREATE INDEX stoa_live_at ON stoa_live (at);
