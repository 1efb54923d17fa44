-- What each person looked at: viewed is null where a record was only referred to.
CREATE TABLE stoa_view (
  actor      INTEGER NOT NULL,
  record     INTEGER NOT NULL,
  object     TEXT    NOT NULL,
  viewed     INTEGER,
  referenced INTEGER NOT NULL,
  PRIMARY KEY (actor, record)
) STRICT, WITHOUT ROWID;
