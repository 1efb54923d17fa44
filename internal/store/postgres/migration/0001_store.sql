-- What the store itself needs: the dictionary of ids, counters, settings.
CREATE TABLE stoa_head (
  number bigint           NOT NULL PRIMARY KEY,
  head   text COLLATE "C" NOT NULL UNIQUE       -- 7 characters
);

CREATE TABLE stoa_id_block (
  prefix text COLLATE "C" NOT NULL PRIMARY KEY, -- 3 characters
  next   bigint           NOT NULL              -- counters below it may have been given out
);

CREATE TABLE stoa_sequence (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  next bigint           NOT NULL
);

CREATE TABLE stoa_meta (
  key   text COLLATE "C" NOT NULL PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);
