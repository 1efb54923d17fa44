-- What was asked for by name, so that nobody gets too much of it, whichever process answers.
CREATE TABLE stoa_allowance (
  name   text COLLATE "C" NOT NULL PRIMARY KEY, -- a hash of it
  "full" bigint           NOT NULL             -- milliseconds since 1970: when all of it is there again
);
CREATE INDEX stoa_allowance_full ON stoa_allowance ("full");
