package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
	"stoa/internal/store"
)

// imported are ids of other origins, in an order that is not that of their text.
func imported() []record.ID {
	var out []record.ID
	for _, short := range []string{
		"a00zz0000000001", "a00000000000001", "a00B0000004CqXz", "a00zz00ZZZZZZZZ", "a00000zzzzzzzzz", "a00B0000004CqXA", "a00B0000004CqX0", "a00zz0000000000",
	} {
		id, err := record.ParseID(short)
		if err != nil {
			panic(err) // the list is ours
		}
		out = append(out, id)
	}
	return out
}

func addImported(t *testing.T, db store.DB) []record.ID {
	made := imported()
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		if err := tx.CreateTable(ctx, store.Table{Name: things, Columns: thingColumns}); err != nil {
			return err
		}
		for i, id := range made { // one by one, so that heads come in this order
			if err := tx.Insert(ctx, things, thingColumns, [][]record.Value{thing(id, "x", int64(i))}); err != nil {
				return err
			}
		}
		return nil
	})
	return made
}

func ids(t *testing.T, db store.DB) {
	made := addImported(t, db)
	slices.Sort(made)
	for range 2 { // the second time with statements that are prepared
		got := column(t, db, store.Out{Class: store.ID}, func(q *store.SQL) {
			q.Raw("SELECT ").Name("Id").Raw(" FROM ").Table(things).Raw(" ORDER BY ")
			q.Dialect().IDOrder(q, "a00", func() { q.Name("Id") })
		})
		if diff := cmp.Diff(texts(made), got); diff != "" {
			t.Fatalf("ids in order (-want +got):\n%s", diff)
		}
	}
	got := column(t, db, store.Out{Class: store.ID}, func(q *store.SQL) {
		q.Raw("SELECT ").Name("Id").Raw(" FROM ").Table(things).Raw(" WHERE ").Name("Id").
			In([]record.ID{made[2], "001XXXXXXXXXXXXY55", made[5]}).Raw(" ORDER BY ")
		q.Dialect().IDOrder(q, "a00", func() { q.Name("Id") })
		q.Raw(" DESC")
	})
	if diff := cmp.Diff(texts([]record.ID{made[5], made[2]}), got); diff != "" {
		t.Errorf("rows of a set (-want +got):\n%s", diff)
	}
	for _, none := range [][]record.ID{nil, {"001XXXXXXXXXXXXY55"}} {
		got := column(t, db, store.Out{Class: store.ID}, func(q *store.SQL) {
			q.Raw("SELECT ").Name("Id").Raw(" FROM ").Table(things).Raw(" WHERE ").Name("Id").In(none)
		})
		if len(got) != 0 {
			t.Errorf("the set %v finds %v", none, got)
		}
	}
	got = column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) {
		q.Raw("SELECT count(*) FROM ").Table(things).Raw(" WHERE ").Name("Id").Raw(" = ").Arg(store.ID, record.OfID("001XXXXXXXXXXXXY55"))
	})
	if got[0] != "0" {
		t.Errorf("an id that nobody has finds %s rows", got[0])
	}
	for prefix, want := range map[string]string{"a00": "8", "a01": "0", "": "8"} {
		got := column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) {
			q.Raw("SELECT count(*) FROM ").Table(things).Raw(" WHERE ")
			q.Dialect().IDHasPrefix(q, prefix, func() { q.Name("Id") })
		})
		if got[0] != want {
			t.Errorf("prefix %q finds %s rows, want %s", prefix, got[0], want)
		}
	}
}

func texts(ids []record.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

func idOrder(t *testing.T, db store.DB) {
	made := addImported(t, db)
	slices.Sort(made)
	bounds := append([]record.ID{"a00AA0000000001AAA", "001000000000001AAA", "zzz000000000001AAA", "a00B00000000000AAA"}, made...)
	for _, bound := range bounds {
		for _, greater := range []bool{false, true} {
			for _, orEqual := range []bool{false, true} {
				want := []string{}
				for _, id := range made {
					if id.Short() == bound.Short() && orEqual || id.Short() != bound.Short() && (id.Short() > bound.Short()) == greater {
						want = append(want, string(id))
					}
				}
				got := column(t, db, store.Out{Class: store.ID}, func(q *store.SQL) {
					q.Raw("SELECT ").Name("Id").Raw(" FROM ").Table(things).Raw(" WHERE ")
					q.Dialect().IDCompare(q, "a00", greater, orEqual, bound, func() { q.Name("Id") })
					q.Raw(" ORDER BY ")
					q.Dialect().IDOrder(q, "a00", func() { q.Name("Id") })
				})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("greater %v, equal %v than %s (-want +got):\n%s", greater, orEqual, bound, diff)
				}
			}
		}
	}
}

func newIDs(t *testing.T, db store.DB) {
	seen := map[record.ID]bool{}
	newest := record.ID("")
	take := func(tx store.Tx, n int) error {
		made, err := tx.NewIDs(t.Context(), "500", n)
		if err != nil {
			return err
		}
		for _, id := range made {
			if parsed, err := record.ParseID(string(id)); err != nil || parsed != id || id.Prefix() != "500" || id[3:6] != store.DefaultPod+"0" {
				t.Errorf("%q is no id of the org", id)
			}
			if seen[id] || id <= newest {
				t.Errorf("%s came after %s", id, newest)
			}
			seen[id], newest = true, id
		}
		return nil
	}
	undo := errors.New("undo")
	for _, n := range []int{1, 2, 999, 1, 2500, 0, 1} {
		write(t, db, func(_ context.Context, tx store.Tx) error { return take(tx, n) })
		// What is undone is not given out again.
		if err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			if err := take(tx, n); err != nil {
				return err
			}
			return undo
		}); !errors.Is(err, undo) {
			t.Fatal(err)
		}
	}
	// An imported id of the org's own form is not given out.
	makeThings(t, db, 1)
	future, err := record.ParseID("a00" + store.DefaultPod + "000000000z")
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		return tx.Insert(ctx, things, thingColumns, [][]record.Value{thing(future, "imported", 1)})
	})
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		_, err := addThings(ctx, tx, 3000)
		return err
	})
	if err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		_, err := tx.NewIDs(t.Context(), "5!", 1)
		return err
	}); err == nil {
		t.Error("ids of a prefix that is none")
	}
}

func sequences(t *testing.T, db store.DB) {
	next := func(name string, n int, want int64) {
		t.Helper()
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			got, err := tx.NewNumbers(ctx, name, n)
			if got != want {
				t.Errorf("%d numbers of %s begin at %d, want %d", n, name, got, want)
			}
			return err
		})
	}
	next("Case.CaseNumber", 1, 1)
	next("Case.CaseNumber", 10, 2)
	next("Other", 1, 1)
	next("Case.CaseNumber", 1, 12)
	undo := errors.New("undo")
	if err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		if _, err := tx.NewNumbers(t.Context(), "Other", 5); err != nil {
			return err
		}
		return undo
	}); !errors.Is(err, undo) {
		t.Fatal(err)
	}
	next("Other", 1, 7)
}
