-- Jobs that load or export many records, the batches of the older kind of them, what was uploaded and what came of it.
CREATE TABLE stoa_bulk_job (
  id          INTEGER PRIMARY KEY,
  api         INTEGER NOT NULL, -- 1 or 2
  operation   TEXT    NOT NULL,
  object      TEXT    NOT NULL,
  external_id TEXT,
  soql        TEXT,             -- of an export
  format      TEXT    NOT NULL, -- CSV, JSON, XML or ZIP_…
  delimiter   TEXT    NOT NULL,
  line_ending TEXT    NOT NULL,
  concurrency TEXT    NOT NULL,
  version     INTEGER NOT NULL, -- of the API in the request
  options     TEXT,             -- JSON
  owner       INTEGER NOT NULL,
  purpose     TEXT    NOT NULL,
  app         TEXT,
  state       TEXT    NOT NULL,
  error       TEXT,
  created     INTEGER NOT NULL,
  modified    INTEGER NOT NULL,
  upload      INTEGER,          -- number of what was uploaded, or of the pages of an export
  header      TEXT,
  mark        TEXT,             -- the last id that an export has read
  total       INTEGER NOT NULL, -- rows uploaded
  done        INTEGER NOT NULL, -- parts that are done
  processed   INTEGER NOT NULL, -- rows
  failed      INTEGER NOT NULL,
  millis      INTEGER NOT NULL,
  retries     INTEGER NOT NULL
) STRICT;
CREATE INDEX stoa_bulk_job_owner ON stoa_bulk_job (owner);
CREATE INDEX stoa_bulk_job_modified ON stoa_bulk_job (modified);
CREATE INDEX stoa_bulk_job_upload ON stoa_bulk_job (upload);

CREATE TABLE stoa_bulk_batch (
  id        INTEGER PRIMARY KEY,
  job       INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  state     TEXT    NOT NULL,
  error     TEXT,
  created   INTEGER NOT NULL,
  modified  INTEGER NOT NULL,
  upload    INTEGER NOT NULL,
  soql      TEXT,
  above     TEXT,             -- an export of ids above this one,
  upto      TEXT,             -- up to this one
  done      INTEGER NOT NULL,
  processed INTEGER NOT NULL,
  failed    INTEGER NOT NULL,
  millis    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX stoa_bulk_batch_job ON stoa_bulk_batch (job, seq);
CREATE INDEX stoa_bulk_batch_upload ON stoa_bulk_batch (upload);

CREATE TABLE stoa_bulk_part (
  upload INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  rows   INTEGER NOT NULL,
  body   BLOB,
  PRIMARY KEY (upload, seq)
) STRICT;

CREATE TABLE stoa_bulk_result (
  upload INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  rows   INTEGER NOT NULL,
  body   BLOB,
  PRIMARY KEY (upload, seq)
) STRICT;

CREATE TABLE stoa_bulk_upload (
  upload INTEGER NOT NULL PRIMARY KEY,
  due    INTEGER NOT NULL -- when it goes, unless a job has it
) STRICT;
CREATE INDEX stoa_bulk_upload_due ON stoa_bulk_upload (due);
