package storetest

import (
	"context"
	"testing"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Run is the suite that every dialect passes. fresh returns an Opener of an empty store.
func Run(t *testing.T, fresh func(testing.TB) Opener) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, db store.DB)
	}{
		{"values come back as they went in", values},
		{"what does not fit a column is refused", ranges},
		{"update, delete and missing rows", updates},
		{"comparison with fractions is exact", fractions},
		{"aggregates", aggregates},
		{"a page is filled in any portions", portions},
		{"queries of one transaction may overlap", overlap},
		{"ids of any origin", ids},
		{"ids compare as their text", idOrder},
		{"new ids grow and never come twice", newIDs},
		{"sequences start at 1 and never repeat", sequences},
		{"fold of the engine is record.Fold", fold},
		{"folded columns", folded},
		{"unique indexes say where", unique},
		{"live indexes forget the deleted", live},
		{"sparse indexes forget those without a value", sparse},
		{"try undoes only itself", try},
		{"tries in one another undo what is in them", nested},
		{"an error undoes its transaction only", isolation},
		{"a panic undoes its transaction only", panics},
		{"after commit", afterCommit},
		{"a ticket is required", tickets},
		{"a read transaction sees one state and writes nothing", snapshot},
		{"readers and writers at once", concurrency},
		{"locked rows wait for their turn", locks},
		{"a context that ends", contexts},
		{"wait", wait},
		{"search", search},
		{"search within a transaction", searchWithin},
		{"search by wildcards", wildcards},
		{"schema changes while others read", schema},
		{"schema changes are undone with their transaction", schemaUndone},
		{"system tables", system},
		{"dates in parts", dateParts},
		{"distance", distance},
		{"stats and check", health},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t, fresh(t))) })
	}
	t.Run("a store opened again", func(t *testing.T) { reopen(t, fresh(t)) })
}

// ticket is what the suite reads and writes with.
func ticket() store.Ticket { return store.Issue("005000000000001AAA", "test", "system") }

// write and read run f and fail the test on an error.
func write(t testing.TB, db store.DB, f func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), ticket(), func(tx store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func read(t testing.TB, db store.DB, f func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := db.Read(t.Context(), ticket(), func(tx store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// all returns every row of a query.
func all(ctx context.Context, tx store.Tx, q *store.SQL, cols ...store.Out) (*record.Page, error) {
	rows, err := tx.Query(ctx, q, cols)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(len(cols), 16)
	for {
		done, err := rows.Fill(p, 100)
		if err != nil || done {
			return p, err
		}
	}
}

// column returns the first column of a query's rows, as text.
func column(t testing.TB, db store.DB, out store.Out, build func(q *store.SQL)) (texts []string) {
	t.Helper()
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		q := store.NewSQL(tx.Dialect())
		build(q)
		p, err := all(ctx, tx, q, out)
		if err != nil {
			return err
		}
		texts = []string{}
		for i := range p.Len() {
			texts = append(texts, p.Value(i, 0).String())
		}
		return nil
	})
	return texts
}

// outs returns how columns are read.
func outs(cols []store.Column) []store.Out {
	o := make([]store.Out, len(cols))
	for i, c := range cols {
		o[i] = store.Out{Class: c.Class, Scale: c.Scale}
	}
	return o
}

// selectAll is SELECT of cols FROM table ORDER BY Id.
func selectAll(d store.Dialect, table string, cols []store.Column) *store.SQL {
	q := store.NewSQL(d).Raw("SELECT ")
	for i, c := range cols {
		if i > 0 {
			q.Raw(", ")
		}
		q.Name(c.Name)
	}
	return q.Raw(" FROM ").Table(table).Raw(" ORDER BY ").Name(store.IDColumn)
}

// rowsOf returns a page as texts, row by row.
func rowsOf(p *record.Page) [][]string {
	out := make([][]string, p.Len())
	for i := range out {
		out[i] = make([]string, p.Width())
		for j := range out[i] {
			out[i][j] = p.Value(i, j).String()
		}
	}
	return out
}

// things is the table that most cases use.
const things = "Thing__c"

var thingColumns = []store.Column{
	{Name: "Id", Class: store.ID},
	{Name: "Name", Class: store.Text, Folded: true},
	{Name: "Amount__c", Class: store.Decimal, Scale: 2},
	{Name: "IsDeleted", Class: store.Bool},
}

// makeThings creates the table and puts n rows into it, named N1 to Nn with that amount, and returns their ids.
func makeThings(t testing.TB, db store.DB, n int, indexes ...store.Index) (made []record.ID) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx store.Tx) (err error) {
		if err := tx.CreateTable(ctx, store.Table{Name: things, Columns: thingColumns, Indexes: indexes}); err != nil {
			return err
		}
		made, err = addThings(ctx, tx, n)
		return err
	})
	return made
}

func addThings(ctx context.Context, tx store.Tx, n int) ([]record.ID, error) {
	made, err := tx.NewIDs(ctx, "a00", n)
	if err != nil {
		return nil, err
	}
	rows := make([][]record.Value, n)
	for i, id := range made {
		rows[i] = thing(id, "N"+record.OfInt(int64(i+1)).String(), int64(i+1))
	}
	return made, tx.Insert(ctx, things, thingColumns, rows)
}

func thing(id record.ID, name string, amount int64) []record.Value {
	return []record.Value{record.OfID(id), record.OfText(name), record.OfInt(amount), record.OfBool(false)}
}

// count returns how many things there are.
func count(t testing.TB, db store.DB) string {
	t.Helper()
	return column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) { q.Raw("SELECT count(*) FROM ").Table(things) })[0]
}
