-- The search index. The vector is made by store.Tokens: weight A is the name, B
-- the e-mail addresses, C the phone numbers, D the rest.
CREATE TABLE stoa_search (
  id     bigint           NOT NULL PRIMARY KEY,
  object text COLLATE "C" NOT NULL, -- API name in lower case
  words  tsvector         NOT NULL
);
CREATE INDEX stoa_search_words ON stoa_search USING gin (words);
