-- Metadata, the use register, secrets, cursors and jobs.
CREATE TABLE stoa_metadata (
  kind    text COLLATE "C" NOT NULL,
  name    text COLLATE "C" NOT NULL,
  body    text COLLATE "C",
  version bigint           NOT NULL,
  PRIMARY KEY (kind, name)
);

CREATE TABLE stoa_use_entry (
  seq    bigint           NOT NULL PRIMARY KEY,
  at     timestamptz      NOT NULL,
  header text COLLATE "C" NOT NULL,
  body   bytea
);
CREATE INDEX stoa_use_entry_at ON stoa_use_entry (at);

CREATE TABLE stoa_vault (
  kind    text COLLATE "C" NOT NULL,
  key     text COLLATE "C" NOT NULL,
  owner   text COLLATE "C",
  body    bytea,
  expires timestamptz,
  PRIMARY KEY (kind, key)
);
CREATE INDEX stoa_vault_owner ON stoa_vault (kind, owner);
CREATE INDEX stoa_vault_expires ON stoa_vault (expires);

CREATE TABLE stoa_query_cursor (
  id      text COLLATE "C" NOT NULL PRIMARY KEY,
  actor   text COLLATE "C" NOT NULL,
  soql    text COLLATE "C",
  deleted boolean          NOT NULL DEFAULT false,
  ids     bytea,
  created timestamptz      NOT NULL
);
CREATE INDEX stoa_query_cursor_actor ON stoa_query_cursor (actor);
CREATE INDEX stoa_query_cursor_created ON stoa_query_cursor (created);

CREATE TABLE stoa_job (
  id          bigint           NOT NULL PRIMARY KEY,
  kind        text COLLATE "C" NOT NULL,
  key         text COLLATE "C" UNIQUE,
  owner       bigint,
  purpose     text COLLATE "C",
  body        bytea,
  state       text COLLATE "C" NOT NULL,
  run_at      timestamptz      NOT NULL,
  attempts    bigint           NOT NULL DEFAULT 0,
  worker      text COLLATE "C",
  lease_until timestamptz,
  created     timestamptz      NOT NULL,
  started     timestamptz,
  finished    timestamptz,
  total       bigint,
  done        bigint,
  failed      bigint,
  error       text COLLATE "C",
  cron        text COLLATE "C"
);
CREATE INDEX stoa_job_due ON stoa_job (state, run_at);
CREATE INDEX stoa_job_kind ON stoa_job (kind, state);
