-- What went into the recycle bin together, and the lookups that were cleared on the way.
CREATE TABLE stoa_bin (
  id     INTEGER PRIMARY KEY,
  root   INTEGER NOT NULL,
  object TEXT    NOT NULL,
  at     INTEGER NOT NULL
) STRICT;
CREATE INDEX stoa_bin_root ON stoa_bin (root);
CREATE INDEX stoa_bin_at ON stoa_bin (at);

CREATE TABLE stoa_bin_link (
  child  INTEGER NOT NULL,
  field  TEXT    NOT NULL,
  object TEXT    NOT NULL,
  parent INTEGER NOT NULL,
  root   INTEGER NOT NULL,
  PRIMARY KEY (child, field, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX stoa_bin_link_root ON stoa_bin_link (root);
