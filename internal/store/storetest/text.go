package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
	"stoa/internal/store"
)

// fold compares the engine's fold with record.Fold for every letter of the
// basic plane and of the planes that have letter case.
func fold(t *testing.T, db store.DB) {
	var texts []string
	for from := rune(1); from < 0x20000; from += 0x100 {
		if from >= 0xD700 && from < 0xE000 {
			continue
		}
		var b strings.Builder
		for r := from; r < from+0x100; r++ {
			b.WriteRune(r)
		}
		texts = append(texts, b.String())
	}
	texts = append(texts, "", "ASCII only", "İstanbul", "ΣΊΣΥΦΟΣ", "K (kelvin)", "Straße", "ÉTÉ")
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		for _, text := range texts {
			q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
			tx.Dialect().Fold(q, func() { q.Str(text) })
			p, err := all(ctx, tx, q, store.Out{Class: store.Text})
			if err != nil {
				return err
			}
			if got, want := p.Value(0, 0).Text(), record.Fold(text); got != want {
				a, b := []rune(got), []rune(want)
				for i := range min(len(a), len(b)) {
					if a[i] != b[i] {
						t.Errorf("fold of %q: %U, want %U", text, a[i], b[i])
					}
				}
				if len(a) != len(b) {
					t.Errorf("fold of %q is %d letters, want %d", text, len(a), len(b))
				}
			}
		}
		return nil
	})
}

func folded(t *testing.T, db store.DB) {
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		plain := []store.Column{{Name: "Id", Class: store.ID}, {Name: "Name", Class: store.Text}}
		if err := tx.CreateTable(ctx, store.Table{Name: things, Columns: plain}); err != nil {
			return err
		}
		made, err := tx.NewIDs(ctx, "a00", 3)
		if err != nil {
			return err
		}
		if err := tx.Insert(ctx, things, plain, [][]record.Value{
			{record.OfID(made[0]), record.OfText("ÉTÉ")}, {record.OfID(made[1]), record.OfText("été")}, {record.OfID(made[2]), {}},
		}); err != nil {
			return err
		}
		// The column becomes folded while it has rows.
		return tx.AddColumn(ctx, things, store.Column{Name: "Name", Class: store.Text, Folded: true})
	})
	got := column(t, db, store.Out{Class: store.Text}, func(q *store.SQL) {
		q.Raw("SELECT ").Name("Name").Raw(" FROM ").Table(things).Raw(" WHERE ").Name(store.Shadow("Name")).Raw(" = ").Str(record.Fold("Été")).Raw(" ORDER BY 1")
	})
	if diff := cmp.Diff([]string{"ÉTÉ", "été"}, got); diff != "" {
		t.Errorf("by the shadow (-want +got):\n%s", diff)
	}
	got = column(t, db, store.Out{Class: store.Text}, func(q *store.SQL) {
		q.Raw("SELECT ").Name("Name").Raw(" FROM ").Table(things).Raw(" WHERE ")
		q.Dialect().Fold(q, func() { q.Name("Name") })
		q.Raw(" LIKE ").Str("ét_").Raw(" ORDER BY 1")
	})
	if diff := cmp.Diff([]string{"ÉTÉ", "été"}, got); diff != "" {
		t.Errorf("by LIKE (-want +got):\n%s", diff)
	}
	// It stops being folded, is written without its shadow, and becomes folded again.
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(things).Raw(" SET ").Name("Name").Raw(" = ").Str("HIVER").Raw(" WHERE ").Name("Name").Raw(" = ").Str("ÉTÉ")
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
		return tx.AddColumn(ctx, things, store.Column{Name: "Name", Class: store.Text, Folded: true})
	})
	got = column(t, db, store.Out{Class: store.Text}, func(q *store.SQL) {
		q.Raw("SELECT ").Name(store.Shadow("Name")).Raw(" FROM ").Table(things).Raw(" WHERE ").Name("Name").Raw(" IS NOT NULL ORDER BY 1")
	})
	if diff := cmp.Diff([]string{"hiver", "été"}, got); diff != "" {
		t.Errorf("shadows of a column that is folded again (-want +got):\n%s", diff)
	}
}

func unique(t *testing.T, db store.DB) {
	made := makeThings(t, db, 3, store.Index{Columns: []store.IndexColumn{{Name: "Name", Folded: true}}, Unique: true})
	insert := func(tx store.Tx, rows ...[]record.Value) error {
		return tx.Insert(t.Context(), things, thingColumns, rows)
	}
	check := func(what string, err error, columns ...string) {
		t.Helper()
		var u *store.UniqueError
		if !errors.Is(err, store.ErrUnique) || !errors.As(err, &u) {
			t.Fatalf("%s: %v, want ErrUnique", what, err)
		}
		if diff := cmp.Diff(&store.UniqueError{Table: things, Columns: columns}, u); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	for _, many := range []int{1, 150} {
		err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			ids, err := tx.NewIDs(t.Context(), "a00", many)
			if err != nil {
				return err
			}
			var rows [][]record.Value
			for i, id := range ids {
				rows = append(rows, thing(id, fmt.Sprint("new ", i), 1))
			}
			rows[many-1] = thing(ids[many-1], "n2", 1)
			return insert(tx, rows...)
		})
		check(fmt.Sprint("an equal name but for its case, in ", many), err, "Name")
		err = db.Write(t.Context(), ticket(), func(tx store.Tx) error { return insert(tx, thing(made[0], "again", 1)) })
		check("an id that is there", err, "Id")
	}
	err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return tx.Update(t.Context(), things, thingColumns[1:2], made[:1], [][]record.Value{{record.OfText("N2")}})
	})
	check("update to a name that is there", err, "Name")
	// Nulls never collide.
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		return tx.Update(ctx, things, thingColumns[1:2], made, [][]record.Value{{{}}, {{}}, {{}}})
	})
	// An index that the rows break already.
	err = db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return tx.CreateIndex(t.Context(), things, store.Index{Columns: []store.IndexColumn{{Name: "IsDeleted"}}, Unique: true})
	})
	if !errors.Is(err, store.ErrUnique) {
		t.Errorf("a unique index over equal rows: %v, want ErrUnique", err)
	}
}

func live(t *testing.T, db store.DB) {
	index := store.Index{Columns: []store.IndexColumn{{Name: "Name", Folded: true}, {Name: "Amount__c", Desc: true}}, Unique: true, Live: true}
	made := makeThings(t, db, 2, index)
	again := func(tx store.Tx) error {
		id, err := tx.NewIDs(t.Context(), "a00", 1)
		if err != nil {
			return err
		}
		return tx.Insert(t.Context(), things, thingColumns, [][]record.Value{thing(id[0], "N1", 1)})
	}
	if err := db.Write(t.Context(), ticket(), again); !errors.Is(err, store.ErrUnique) {
		t.Errorf("the name of a live row: %v, want ErrUnique", err)
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		if err := tx.Update(ctx, things, thingColumns[3:], made[:1], [][]record.Value{{record.OfBool(true)}}); err != nil {
			return err
		}
		return again(tx)
	})
	got := column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) {
		q.Raw("SELECT count(*) FROM ").Table(things).Raw(" c WHERE ")
		q.Dialect().Live(q, "c")
		q.Raw(" AND ").Col("c", store.Shadow("Name")).Raw(" = ").Str("n1")
	})
	if got[0] != "1" {
		t.Errorf("%s live rows of the name, want 1", got[0])
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		if err := tx.DropIndex(ctx, things, index); err != nil {
			return err
		}
		if err := tx.DropIndex(ctx, things, index); err != nil { // there is none any more
			return err
		}
		return again(tx)
	})
}

// sparse indexes hold only the rows that have a value, and keep them apart.
func sparse(t *testing.T, db store.DB) {
	index := store.Index{Columns: []store.IndexColumn{{Name: "Name", Folded: true}, {Name: "IsDeleted"}}, Unique: true, Live: true, Sparse: true}
	made := makeThings(t, db, 3, index)
	set := func(name record.Value) error {
		return db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			return tx.Update(t.Context(), things, thingColumns[1:2], made, [][]record.Value{{name}, {name}, {record.OfText("other")}})
		})
	}
	if err := set(record.Value{}); err != nil {
		t.Errorf("two rows without a name: %v", err)
	}
	if err := set(record.OfText("x")); !errors.Is(err, store.ErrUnique) {
		t.Errorf("two rows with one name: %v, want ErrUnique", err)
	}
}
