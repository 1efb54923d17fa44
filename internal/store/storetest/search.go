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

func word(w string) store.Match { return store.Match{Op: store.Word, Words: []string{w}} }

func phrase(w ...string) store.Match { return store.Match{Op: store.Phrase, Words: w} }

func both(op store.MatchOp, args ...store.Match) store.Match { return store.Match{Op: op, Args: args} }

func in(g store.SearchGroup, m store.Match) store.Match { m.In = g; return m }

func addDocs(t *testing.T, db store.DB) []record.ID {
	var made []record.ID
	write(t, db, func(ctx context.Context, tx store.Tx) (err error) {
		for _, table := range []string{"Case", "Contact", `O"ther`} {
			if err := tx.CreateTable(ctx, store.Table{Name: table, Columns: thingColumns, Searched: true}); err != nil {
				return err
			}
		}
		if made, err = tx.NewIDs(ctx, "500", 5); err != nil {
			return err
		}
		person, err := tx.NewIDs(ctx, "003", 1)
		if err != nil {
			return err
		}
		made = append(made, person[0])
		if err := tx.Index(ctx, "Contact", []store.Doc{{ID: made[5], Name: "Lamp, Ann", Body: "broken"}}); err != nil {
			return err
		}
		return tx.Index(ctx, "Case", []store.Doc{
			{ID: made[0], Name: "Broken street lamp", Body: "The lamp at Grand-Rue 12 flickers. Phone: none"},
			{ID: made[1], Name: "Pothole", Key: "HV-4KQ7-92", Body: "Deep pothole in front of the café, near a broken lamp"},
			{ID: made[2], Name: "Größe", Email: "ann.smith@harborview.example", Phone: "5550100 15550100", Body: "smooth smith smyth"},
			{ID: made[3], Name: "道路の穴", Body: "道路に大きな穴があります"},
			{ID: made[4]},
		})
	})
	return made
}

func find(t *testing.T, db store.DB, table string, m store.Match) (ids []record.ID) {
	t.Helper()
	read(t, db, func(ctx context.Context, tx store.Tx) (err error) {
		ids, err = findIn(ctx, tx, table, m)
		return err
	})
	return ids
}

func findIn(ctx context.Context, tx store.Tx, table string, m store.Match) ([]record.ID, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT s.id, s.rank FROM (")
	tx.Dialect().Search(q, table, m)
	q.Raw(") s ORDER BY s.rank, s.id")
	p, err := all(ctx, tx, q, store.Out{Class: store.ID}, store.Out{Class: store.Int})
	if err != nil {
		return nil, err
	}
	ids := []record.ID{}
	for i := range p.Len() {
		ids = append(ids, p.ID(i, 0))
	}
	return ids, nil
}

type searchCase struct {
	m    store.Match
	want []int // in the order of made
}

func searchCases(t *testing.T, db store.DB, made []record.ID, cases []searchCase) {
	t.Helper()
	for _, c := range cases {
		want := []record.ID{}
		for _, i := range c.want {
			want = append(want, made[i])
		}
		got := find(t, db, "Case", c.m)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.m, diff)
		}
	}
}

func search(t *testing.T, db store.DB) {
	made := addDocs(t, db)
	searchCases(t, db, made, []searchCase{
		{word("lamp"), []int{0, 1}},
		{word("LAMP"), []int{0, 1}},
		{word("lam"), nil},
		{word("cafe"), []int{1}},
		{word("café"), []int{1}},
		{word("grosse"), nil},
		{word("große"), []int{2}},
		{word("größe"), []int{2}},
		{word("groß"), nil},
		{word("道路"), []int{3}},
		{word("路に大"), []int{3}},
		{word("大道"), nil},
		{word("ann.smith@harborview.example"), []int{2}},
		{word("nothing"), nil},
		{word("."), nil},
		{both(store.And, word("broken"), word("lamp")), []int{0, 1}},
		{both(store.And, word("broken"), word("pothole")), []int{1}},
		{both(store.Or, word("flickers"), word("smyth")), []int{0, 2}},
		{both(store.AndNot, word("lamp"), word("flickers")), []int{1}},
		{both(store.AndNot, both(store.Or, word("lamp"), word("smyth")), word("flickers")), []int{1, 2}},
		{phrase("broken", "lamp"), []int{1}},
		{phrase("street", "lamp"), []int{0}},
		{phrase("lamp", "the"), nil}, // the one ends the name, the other begins the body
		{phrase("grand-rue", "12"), []int{0}},
		{in(store.InName, word("broken")), []int{0}},
		{in(store.InName, word("smith")), nil},
		{in(store.InEmail, word("smith")), []int{2}},
		{in(store.InPhone, word("5550100")), []int{2}},
		{in(store.InPhone, word("5550101")), nil},
		{in(store.InKey, word("HV-4KQ7-92")), []int{1}},
		{in(store.InKey, word("4kq7")), []int{1}},
		{in(store.InKey, word("pothole")), nil},
		{in(store.InName, word("4kq7")), nil},
		{word("hv-4kq7-92"), []int{1}},
		{in(store.InName, word("道路")), []int{3}},
		{in(store.InName, phrase("street", "lamp")), []int{0}},
	})
	if got := find(t, db, "Case", word("lamp")); !slices.Equal(got, []record.ID{made[0], made[1]}) {
		t.Errorf("a name counts more than a body: %v", got)
	}
	if got := find(t, db, "Contact", word("lamp")); len(got) != 1 || got[0] != made[5] {
		t.Errorf("contacts: %v", got)
	}
	if got := find(t, db, `O"ther`, word("lamp")); len(got) != 0 {
		t.Errorf("others: %v", got)
	}
	// A document replaces the one before; an error brings it back.
	_ = db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		if err := tx.Unindex(t.Context(), "Case", made); err != nil {
			return err
		}
		return errUndo
	})
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		for range 2 {
			if err := tx.Index(ctx, "Case", []store.Doc{{ID: made[0], Name: "other"}, {ID: made[0], Name: "Mended"}}); err != nil {
				return err
			}
		}
		return tx.Unindex(ctx, "Case", []record.ID{made[1], "500XXXXXXXXXXXXY55"})
	})
	searchCases(t, db, made, []searchCase{{word("lamp"), nil}, {word("mended"), []int{0}}, {word("other"), nil}, {word("pothole"), nil}, {word("smyth"), []int{2}}})
}

// searchWithin holds that a transaction finds what it has written, and that what is undone within it is undone in the index.
func searchWithin(t *testing.T, db store.DB) {
	made := addDocs(t, db)
	finds := func(ctx context.Context, tx store.Tx, when string, want ...record.ID) error {
		got, err := findIn(ctx, tx, "Case", word("lamp"))
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		return err
	}
	lamp := func(id record.ID) []store.Doc { return []store.Doc{{ID: id, Name: "Lamp"}} }
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		if err := tx.Index(ctx, "Case", lamp(made[2])); err != nil {
			return err
		}
		err := tx.Try(ctx, func() error {
			if err := errors.Join(tx.Index(ctx, "Case", lamp(made[3])), tx.Unindex(ctx, "Case", made[:1])); err != nil {
				return err
			}
			if err := finds(ctx, tx, "inside", made[1], made[2], made[3]); err != nil {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			return err
		}
		if err := finds(ctx, tx, "after it was undone", made[0], made[1], made[2]); err != nil {
			return err
		}
		if err := errors.Join(tx.Unindex(ctx, "Case", made[2:3]), tx.Try(ctx, func() error { return tx.Index(ctx, "Case", lamp(made[4])) })); err != nil {
			return err
		}
		return finds(ctx, tx, "before the end", made[0], made[1], made[4])
	})
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		return finds(ctx, tx, "afterwards", made[0], made[1], made[4])
	})
	_ = db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return errors.Join(tx.Index(t.Context(), "Case", lamp(made[3])), finds(t.Context(), tx, "in one that fails", made[0], made[1], made[3], made[4]), errUndo)
	})
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		return finds(ctx, tx, "after one that failed", made[0], made[1], made[4])
	})
}

func wildcards(t *testing.T, db store.DB) {
	made := addDocs(t, db)
	searchCases(t, db, made, []searchCase{
		{word("pot*"), []int{1}},
		{word("POT*"), []int{1}},
		{word("pot**"), []int{1}},
		{word("pothole*"), []int{1}},
		{word("sm?th"), []int{2}},
		{word("smy?h"), []int{2}},
		{word("sm??th"), []int{2}},
		{word("s*th"), []int{2}},
		{word("s*the"), nil},
		{word("l?mp"), []int{0, 1}},
		{word("lam?"), []int{0, 1}},
		{word("lamp?"), nil},
		{word("caf?"), []int{1}},
		{word("*"), nil},
		{word("*hole"), []int{1}},
		{in(store.InName, word("l?mp")), []int{0}},
		{in(store.InEmail, word("sm?th")), []int{2}},
		{in(store.InEmail, word("sm?oth")), nil},
		{in(store.InPhone, word("5550*")), []int{2}},
		{in(store.InKey, word("4k*")), []int{1}},
		{in(store.InKey, word("4k?7")), []int{1}},
		{word("4k?7"), []int{1}},
		{both(store.And, word("l?mp"), word("pot*")), []int{1}},
		{both(store.AndNot, word("broken"), word("p?thole")), []int{0}},
		{both(store.AndNot, word("l?mp"), word("flick*")), []int{1}},
		{both(store.Or, word("p?thole"), word("smyth")), []int{1, 2}},
		{phrase("street", "la*"), []int{0}},
	})
}
