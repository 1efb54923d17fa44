-- Jobs that load or export many records, the batches of the older kind of them, what was uploaded and what came of it.
CREATE TABLE stoa_bulk_job (
  id          bigint           NOT NULL PRIMARY KEY,
  api         bigint           NOT NULL, -- 1 or 2
  operation   text COLLATE "C" NOT NULL,
  object      text COLLATE "C" NOT NULL,
  external_id text COLLATE "C",
  soql        text COLLATE "C", -- of an export
  format      text COLLATE "C" NOT NULL, -- CSV, JSON, XML or ZIP_…
  delimiter   text COLLATE "C" NOT NULL,
  line_ending text COLLATE "C" NOT NULL,
  concurrency text COLLATE "C" NOT NULL,
  version     bigint           NOT NULL, -- of the API in the request
  options     text COLLATE "C", -- JSON
  owner       bigint           NOT NULL,
  purpose     text COLLATE "C" NOT NULL,
  app         text COLLATE "C",
  state       text COLLATE "C" NOT NULL,
  error       text COLLATE "C",
  created     timestamptz      NOT NULL,
  modified    timestamptz      NOT NULL,
  upload      bigint, -- number of what was uploaded, or of the pages of an export
  header      text COLLATE "C",
  mark        text COLLATE "C", -- the last id that an export has read
  total       bigint           NOT NULL, -- rows uploaded
  done        bigint           NOT NULL, -- parts that are done
  processed   bigint           NOT NULL, -- rows
  failed      bigint           NOT NULL,
  millis      bigint           NOT NULL,
  retries     bigint           NOT NULL
);
CREATE INDEX stoa_bulk_job_owner ON stoa_bulk_job (owner);
CREATE INDEX stoa_bulk_job_modified ON stoa_bulk_job (modified);
CREATE INDEX stoa_bulk_job_upload ON stoa_bulk_job (upload);

CREATE TABLE stoa_bulk_batch (
  id          bigint           NOT NULL PRIMARY KEY,
  job         bigint           NOT NULL,
  seq         bigint           NOT NULL,
  state       text COLLATE "C" NOT NULL,
  error       text COLLATE "C",
  created     timestamptz      NOT NULL,
  modified    timestamptz      NOT NULL,
  upload      bigint           NOT NULL,
  soql        text COLLATE "C",
  above       text COLLATE "C", -- an export of ids above this one,
  upto        text COLLATE "C", -- up to this one
  done        bigint           NOT NULL,
  processed   bigint           NOT NULL,
  failed      bigint           NOT NULL,
  millis      bigint           NOT NULL
);
CREATE UNIQUE INDEX stoa_bulk_batch_job ON stoa_bulk_batch (job, seq);
CREATE INDEX stoa_bulk_batch_upload ON stoa_bulk_batch (upload);

CREATE TABLE stoa_bulk_part (
  upload      bigint           NOT NULL,
  seq         bigint           NOT NULL,
  rows        bigint           NOT NULL,
  body   bytea,
  PRIMARY KEY (upload, seq)
);

CREATE TABLE stoa_bulk_result (
  upload      bigint           NOT NULL,
  seq         bigint           NOT NULL,
  rows        bigint           NOT NULL,
  body   bytea,
  PRIMARY KEY (upload, seq)
);

CREATE TABLE stoa_bulk_upload (
  upload bigint      NOT NULL PRIMARY KEY,
  due    timestamptz NOT NULL -- when it goes, unless a job has it
);
CREATE INDEX stoa_bulk_upload_due ON stoa_bulk_upload (due);
