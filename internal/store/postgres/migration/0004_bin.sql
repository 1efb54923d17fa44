-- What went into the recycle bin together, and the lookups that were cleared on the way.
CREATE TABLE stoa_bin (
  id     bigint           PRIMARY KEY,
  root   bigint           NOT NULL,
  object text COLLATE "C" NOT NULL,
  at     timestamptz      NOT NULL
);
CREATE INDEX stoa_bin_root ON stoa_bin (root);
CREATE INDEX stoa_bin_at ON stoa_bin (at);

CREATE TABLE stoa_bin_link (
  child  bigint           NOT NULL,
  field  text COLLATE "C" NOT NULL,
  object text COLLATE "C" NOT NULL,
  parent bigint           NOT NULL,
  root   bigint           NOT NULL,
  PRIMARY KEY (child, field, parent)
);
CREATE INDEX stoa_bin_link_root ON stoa_bin_link (root);
