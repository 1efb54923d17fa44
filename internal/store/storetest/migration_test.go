package storetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/store"
)

// TestMigrationsComeInPairs holds that both engines have the same steps.
func TestMigrationsComeInPairs(t *testing.T) {
	names := map[string][]string{}
	for _, engine := range []string{"sqlite", "postgres"} {
		steps, err := store.Migrations(os.DirFS(filepath.Join("..", engine)), "migration")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			names[engine] = append(names[engine], s.Name)
		}
	}
	if diff := cmp.Diff(names["sqlite"], names["postgres"]); diff != "" {
		t.Errorf("steps (-sqlite +postgres):\n%s", diff)
	}
}

// TestSystemTablesAreEqual holds that both engines end up with the same tables and columns.
func TestSystemTablesAreEqual(t *testing.T) {
	tables := map[string][][]string{}
	Each(t, func(t *testing.T, db store.DB) {
		read(t, db, func(ctx context.Context, tx store.Tx) error {
			q := store.NewSQL(tx.Dialect())
			if tx.Dialect().Name() == "sqlite" {
				q.Raw("SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'")
			} else {
				q.Raw("SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema IN (SELECT schemaname FROM pg_tables WHERE schemaname || '.' = replace(").
					Str(string(tx.Dialect().AppendTable(nil, ""))).Raw(", '\"', ''))")
			}
			q.Raw(" ORDER BY 1, 2")
			p, err := all(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Text})
			tables[tx.Dialect().Name()] = rowsOf(p)
			return err
		})
	})
	if len(tables["sqlite"]) == 0 {
		t.Fatal("no tables")
	}
	if _, ok := tables["postgres"]; !ok {
		return // there is no server
	}
	if diff := cmp.Diff(tables["sqlite"], tables["postgres"]); diff != "" {
		t.Errorf("tables and columns (-sqlite +postgres):\n%s", diff)
	}
}
