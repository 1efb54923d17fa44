-- What each person looked at: viewed is null where a record was only referred to.
CREATE TABLE stoa_view (
  actor      bigint           NOT NULL,
  record     bigint           NOT NULL,
  object     text COLLATE "C" NOT NULL,
  viewed     timestamptz,
  referenced timestamptz      NOT NULL,
  PRIMARY KEY (actor, record)
);
