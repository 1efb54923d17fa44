package sqlite

import (
	"context"

	"stoa/internal/store"
)

// What the planner is told about indexes that leave rows out, the same in every
// database: plans never change because of what a table holds.
//
// Unasked, SQLite takes such an index for one with half of its table's rows. So it
// reads a large table by way of it, one look-up a row, where the table itself
// takes a third of the time. Indexes of the rows that are not deleted have nearly
// all of them: 13/16 of a table is enough for them not to be walked without need,
// and too little for a table to be sorted that they have in order. Indexes
// of the rows in which something is false have few, which is why there are such indexes.
//
// Source: SQLite's file format, 2.6.3 sqlite_stat1; a table is taken to have 1,048,576 rows.
const (
	estimateLive   = "851968 10"
	estimateUnique = "851968 1"
	estimateFalse  = "65536 4"
)

// estimateAll makes the table of estimates, and tells those of indexes that are there already.
func estimateAll(c *conn) error {
	n, _, err := c.one("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")
	if err != nil || n > 0 {
		return err
	}
	return c.script(`ANALYZE sqlite_schema;
		INSERT INTO sqlite_stat1 (tbl, idx, stat)
		SELECT tbl_name, name, CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN '` + estimateUnique + `' ELSE '` + estimateLive + `' END
		FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%` + store.Index{Live: true}.Condition(dialect{}) + `';
		ANALYZE sqlite_schema`)
}

// estimate tells the planner about a new index. Connections take it in when they next read the schema, which changed with it.
func (t *tx) estimate(ctx context.Context, table string, i store.Index) error {
	stat := estimateLive
	switch {
	case i.False != "":
		stat = estimateFalse
	case !i.Live || i.Sparse:
		return nil
	case i.Unique:
		stat = estimateUnique
	}
	name := store.IndexName(table, i)
	d := t.db.dialect
	if _, err := t.Exec(ctx, store.NewSQL(d).Raw("DELETE FROM sqlite_stat1 WHERE idx = ").Str(name)); err != nil {
		return err
	}
	_, err := t.Exec(ctx, store.NewSQL(d).Raw("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (").Str(table).Raw(", ").Str(name).Raw(", ").Str(stat).Raw(")"))
	return err
}
