-- The register keeps entries of one second together.
CREATE TABLE stoa_use_page (
  seq     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  sets    TEXT,
  headers TEXT    NOT NULL,
  bodies  BLOB    NOT NULL,
  leaf    INTEGER                       -- of its first entry, once it has one
) STRICT;
INSERT INTO stoa_use_page (seq, at, n, headers, bodies, leaf)
SELECT seq, at, 1, header, CAST(unhex(printf('%08x', length(body))) || body AS BLOB), leaf
FROM stoa_use_entry
WHERE body IS NOT NULL
ORDER BY seq;
DROP TABLE stoa_use_entry;
CREATE UNIQUE INDEX stoa_use_page_leaf ON stoa_use_page (leaf) WHERE leaf IS NOT NULL;
