-- What the store itself needs: the dictionary of ids, counters, settings.
CREATE TABLE stoa_head (
  number INTEGER PRIMARY KEY,
  head   TEXT    NOT NULL UNIQUE       -- 7 characters
) STRICT;

CREATE TABLE stoa_id_block (
  prefix TEXT    NOT NULL PRIMARY KEY, -- 3 characters
  next   INTEGER NOT NULL              -- counters below it may have been given out
) STRICT, WITHOUT ROWID;

CREATE TABLE stoa_sequence (
  name TEXT    NOT NULL PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stoa_meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
