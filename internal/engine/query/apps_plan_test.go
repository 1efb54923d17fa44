package query

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/metadata"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// appsCatalog is the catalog with the metadata of every app, the service app's first: others stand on it.
func appsCatalog(t testing.TB) *catalog.Snapshot {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(appsFolder, "*", "metadata"))
	if err != nil || len(folders) == 0 {
		t.Fatal("no app has metadata", err)
	}
	base := func(a string) int { return strings.Index(a, "service") }
	slices.SortStableFunc(folders, func(a, b string) int { return -cmp.Compare(base(a), base(b)) })
	snap := testCatalog(t)
	for _, folder := range folders {
		p, err := metadata.Read(os.DirFS(folder))
		if err != nil {
			t.Fatal(folder, err)
		}
		if snap, err = snap.With(p.Changes...); err != nil {
			t.Fatal(folder, err)
		}
	}
	return snap
}

// No query of an app reads from end to end, or sorts, a table that grows.
func TestPlansOfTheApps(t *testing.T) {
	if testing.Short() {
		t.Skip("fills tables with 5,000 rows")
	}
	snap := appsCatalog(t)
	queries := appsQueries(t, snap)
	open := map[string]bool{}
	for _, o := range snap.Objects() {
		if !o.Kept() {
			continue
		}
		for _, i := range catalog.Table(o).Indexes {
			open[store.IndexName(o.Table, i)] = i.False != ""
		}
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		rows := 0 // plans of SQLite do not depend on them
		err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
			if tx.Dialect().Name() == "postgres" {
				rows = 5000
			}
			for _, o := range snap.Objects() {
				if !o.Kept() {
					continue
				}
				n := rows
				if !slices.ContainsFunc(queries, func(q string) bool { return strings.Contains(q, " "+o.Name) }) {
					n = 0
				}
				fillTable(t, tx, snap, o.Name, n, ordinary(t))
				if n > 0 {
					if _, err := tx.Exec(t.Context(), store.NewSQL(tx.Dialect()).Raw("ANALYZE ").Table(o.Table)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		env := &Env{Snapshot: snap, Access: access.System(), User: "005Sa0000000007AAA", Zone: time.UTC, Locale: "en_US"}
		if err := db.Read(t.Context(), testTicket, func(tx store.Tx) error {
			r := &run{ctx: t.Context(), tx: clocked{tx}, batch: defaultBatch}
			for _, text := range queries {
				if mayLookThrough(text) {
					continue
				}
				st, err := newBinder(env, text, testNow, false).parseAndBind(text)
				if err != nil {
					t.Error(text, err)
					continue
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				plan := strings.Join(steps, "\n")
				bad := wholeTable(plan, false)
				if of := walked.FindStringSubmatch(plan); of != nil {
					switch {
					case open[of[1]]:
						bad = "" // an index of the open records alone
					case st.where != nil:
						bad = "looks through a whole table"
					}
				}
				if bad != "" {
					t.Errorf("%s\n%s:\n%s", text, bad, plan)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// walked finds what SQLite walks from end to end, and by which index.
var walked = regexp.MustCompile(`(?m)^SCAN t0(?: USING (?:COVERING )?INDEX (\w+))?$`)

// ordinary gives rows values as a large table has them: each lookup another record, most things done, texts all different.
func ordinary(t testing.TB) func(f *catalog.Field, i int) record.Value {
	return func(f *catalog.Field, i int) record.Value {
		switch {
		case f.Type == &catalog.Boolean:
			return record.OfBool(i%50 != 0)
		case f.Type == &catalog.Reference && !f.Polymorphic():
			return rowID(t, "001", 1+i)
		case len(f.Values) > 0:
			if i%50 == 0 {
				return record.OfText(f.Values[0].Value)
			}
			return record.OfText(f.Values[len(f.Values)-1].Value)
		case f.Type.Kind == record.DateTime:
			return record.OfInstant(testNow.Add(-time.Duration(i) * time.Hour))
		case f.Type.Kind == record.Text:
			return record.OfText(fmt.Sprintf("Number %d", i))
		default:
			return record.Value{}
		}
	}
}
