-- What was asked for by name, so that nobody gets too much of it, whichever process answers.
CREATE TABLE stoa_allowance (
  name   TEXT    NOT NULL PRIMARY KEY, -- a hash of it
  "full" INTEGER NOT NULL              -- milliseconds since 1970: when all of it is there again
) STRICT, WITHOUT ROWID;
CREATE INDEX stoa_allowance_full ON stoa_allowance ("full");
