-- Metadata, the use register, secrets, cursors and jobs.
CREATE TABLE stoa_metadata (
  kind    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  body    TEXT,
  version INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE stoa_use_entry (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  header TEXT    NOT NULL,
  body   BLOB,
  leaf   INTEGER                       -- its place in the log, once it has one
) STRICT;
CREATE INDEX stoa_use_entry_at ON stoa_use_entry (at);
CREATE UNIQUE INDEX stoa_use_entry_leaf ON stoa_use_entry (leaf) WHERE leaf IS NOT NULL;
CREATE INDEX stoa_use_entry_new ON stoa_use_entry (seq) WHERE leaf IS NULL;

CREATE TABLE stoa_vault (
  kind    TEXT NOT NULL,
  key     TEXT NOT NULL,
  owner   TEXT,
  body    BLOB,
  expires INTEGER,
  PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX stoa_vault_owner ON stoa_vault (kind, owner);
CREATE INDEX stoa_vault_expires ON stoa_vault (expires);

CREATE TABLE stoa_query_cursor (
  id      TEXT    NOT NULL PRIMARY KEY,
  actor   TEXT    NOT NULL,
  soql    TEXT,
  deleted INTEGER NOT NULL DEFAULT 0,
  ids     BLOB,
  created INTEGER NOT NULL
) STRICT;
CREATE INDEX stoa_query_cursor_actor ON stoa_query_cursor (actor);
CREATE INDEX stoa_query_cursor_created ON stoa_query_cursor (created);

CREATE TABLE stoa_job (
  id          INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL,
  key         TEXT    UNIQUE,
  owner       INTEGER,
  purpose     TEXT,
  body        BLOB,
  state       TEXT    NOT NULL,
  run_at      INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  worker      TEXT,
  lease_until INTEGER,
  created     INTEGER NOT NULL,
  started     INTEGER,
  finished    INTEGER,
  total       INTEGER,
  done        INTEGER,
  failed      INTEGER,
  error       TEXT,
  cron        TEXT
) STRICT;
CREATE INDEX stoa_job_due ON stoa_job (state, run_at);
CREATE INDEX stoa_job_kind ON stoa_job (kind, state);
