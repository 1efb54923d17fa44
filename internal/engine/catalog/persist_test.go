package catalog_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

var ticket = store.Issue("005Sa0000000001AAA", "testing", "test")

func write(t *testing.T, db store.DB, f func(store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), ticket, f); err != nil {
		t.Fatal(err)
	}
}

// keep does what a change of metadata does: tables, then definitions, then back from the store.
func keep(t *testing.T, db store.DB, base, from, to *catalog.Snapshot) *catalog.Snapshot {
	t.Helper()
	var loaded *catalog.Snapshot
	write(t, db, func(tx store.Tx) (err error) {
		if err = catalog.Apply(t.Context(), tx, from, to); err != nil {
			return err
		}
		if err = catalog.Save(t.Context(), tx, to); err != nil {
			return err
		}
		loaded, err = catalog.Load(t.Context(), tx, base)
		return err
	})
	return loaded
}

// differ compares two snapshots by everything that a reader of them can see,
// object by object; those that are the base's own are the same without a look.
func differ(base, a, b *catalog.Snapshot) string {
	if len(a.Objects()) != len(b.Objects()) {
		return fmt.Sprintf("%d objects and %d", len(a.Objects()), len(b.Objects()))
	}
	for i, x := range a.Objects() {
		y := b.Objects()[i]
		if x == y && x == base.Object(x.Name) {
			continue
		}
		if d := cmp.Diff(text(x), text(y)); d != "" {
			return d
		}
	}
	return ""
}

// text writes an object with its fields and children, one a line.
func text(o *catalog.Object) (lines []string) {
	c := *o
	c.Fields, c.Children, c.NameField = nil, nil, nil
	v, err := json.Marshal(c)
	lines = append(lines, string(v), fmt.Sprint(err))
	for _, f := range o.Fields {
		g := *f
		g.Object, g.Type, g.Values = nil, nil, nil
		lines = append(lines, fmt.Sprintf("%s %s %+v", f.Type.Name, summary(f), g))
	}
	for _, r := range o.Children {
		lines = append(lines, fmt.Sprintf("%+v", *r))
	}
	return lines
}

// TestWhatIsSavedIsLoaded makes random changes one after the other and holds
// that each snapshot comes back from the store as it was, and that its tables keep its rows.
func TestWhatIsSavedIsLoaded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		r := rand.New(rand.NewPCG(7, 11))
		base := shipped(t)
		now := with(t, base, each()...)
		var loaded *catalog.Snapshot
		// Of what is shipped, only what the random changes touch.
		for _, name := range []string{"Case", "Contact"} {
			write(t, db, func(tx store.Tx) error { return tx.CreateTable(t.Context(), catalog.Table(base.Object(name))) })
		}
		loaded = keep(t, db, base, base, now)
		for step := range 40 {
			if d := differ(base, now, loaded); d != "" {
				t.Fatalf("step %d: saved and loaded differ: %s", step, d)
			}
			if now.Version != loaded.Version {
				t.Fatalf("step %d: version %d came back as %d", step, now.Version, loaded.Version)
			}
			next, err := loaded.With(random(r)...)
			if err != nil {
				if fault.From(err).Code == fault.UnknownException {
					t.Fatalf("step %d: %v", step, err)
				}
				continue
			}
			loaded, now = keep(t, db, base, loaded, next), next
			insert(t, db, now, "Thing__c")
			insert(t, db, now, "Other__c")
		}
	})
}

func random(r *rand.Rand) []catalog.Change {
	objects := []string{"Thing__c", "Other__c", "Case", "Contact"}
	o := objects[r.IntN(len(objects))]
	name := fmt.Sprintf("F%d__c", r.IntN(6))
	d := catalog.FieldDef{Object: o, Name: name, Label: fmt.Sprint("Field ", r.IntN(100)), TrackHistory: r.IntN(4) == 0}
	switch r.IntN(9) {
	case 0:
		return []catalog.Change{{Drop: o + "." + name}}
	case 1:
		return []catalog.Change{{Drop: objects[r.IntN(2)]}}
	case 2:
		on := r.IntN(2) == 0
		return []catalog.Change{{Object: &catalog.ObjectDef{
			Name: objects[r.IntN(2)], Label: "Thing", LabelPlural: "Things", History: &on, Activities: &on, SharingModel: []string{"Private", "ReadWrite"}[r.IntN(2)],
		}}}
	case 3:
		d.Type, d.ReferenceTo, d.RelationshipName = "Lookup", []string{objects[r.IntN(4)]}, fmt.Sprintf("Rel%d", r.IntN(6))
	case 4:
		d.Type, d.Values = "Picklist", []catalog.ValueDef{{Value: "A", Default: r.IntN(2) == 0}, {Value: "B"}}
	case 5:
		d.Type, d.Precision, d.Scale = "Number", 10, r.IntN(4)
	case 6:
		d.Type, d.Scale = "Location", 5
	default:
		d.Type, d.Length, d.Unique, d.ExternalID = "Text", 20, r.IntN(3) == 0, r.IntN(3) == 0
	}
	return []catalog.Change{{Field: &d}}
}

// insert writes an empty row into an object's table.
func insert(t *testing.T, db store.DB, s *catalog.Snapshot, name string) {
	t.Helper()
	o := s.Object(name)
	if o == nil {
		return
	}
	write(t, db, func(tx store.Tx) error {
		ids, err := tx.NewIDs(t.Context(), o.KeyPrefix, 1)
		if err != nil {
			return err
		}
		table := catalog.Table(o)
		row := make([]record.Value, len(table.Columns))
		for i, c := range table.Columns {
			if c.NotNull {
				row[i] = record.OfBool(false)
			}
		}
		row[0] = record.OfID(ids[0])
		return tx.Insert(t.Context(), table.Name, table.Columns, [][]record.Value{row})
	})
}

// TestTypeChangeKeepsValues holds what becomes of values whose field gets another type.
func TestTypeChangeKeepsValues(t *testing.T) {
	t.Parallel()
	define := func(name, typ string, precision, scale int) catalog.Change {
		d := catalog.FieldDef{Object: "Thing__c", Name: name, Label: name, Type: typ, Precision: precision, Scale: scale}
		if typ == "Text" {
			d.Length = 40
		}
		return catalog.Change{Field: &d}
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		base := shipped(t)
		one := with(t, base, object("Thing__c"), define("Fine__c", "Number", 10, 3), define("Said__c", "Number", 10, 2), define("When__c", "DateTime", 0, 0))
		keep(t, db, base, base, one)
		o := one.Object("Thing__c")
		cols := columns(o, "Id", "IsDeleted", "Fine__c", "Said__c", "When__c")
		var rows [][]record.Value
		ids := store.MakeIDs("a00", store.DefaultPod, 1, 1500)
		for i, id := range ids {
			rows = append(rows, []record.Value{record.OfID(id), record.OfBool(false), record.OfDecimal(int64(i)*1000+256, 3), record.OfDecimal(int64(i)*100+50, 2), record.OfDateTime(int64(i)*86400 - 1)})
		}
		rows[7][2], rows[7][3] = record.Value{}, record.Value{}
		write(t, db, func(tx store.Tx) error { return tx.Insert(t.Context(), o.Table, cols, rows) })

		two := with(t, one, define("Fine__c", "Number", 10, 2), define("Said__c", "Text", 0, 0), define("When__c", "Date", 0, 0))
		keep(t, db, base, one, two)
		o = two.Object("Thing__c")
		for i, want := range map[int]string{0: "0.26 0.5 1969-12-31", 7: "  1970-01-07", 1499: "1499.26 1499.5 1974-02-07"} {
			if got := values(t, db, o, ids[i], "Fine__c", "Said__c", "When__c"); got != want {
				t.Errorf("row %d holds %q, want %q", i, got, want)
			}
		}
	})
}

func columns(o *catalog.Object, names ...string) []store.Column {
	var cols []store.Column
	for _, n := range names {
		cols = append(cols, o.Field(n).StoreColumn())
	}
	return cols
}

func values(t *testing.T, db store.DB, o *catalog.Object, id record.ID, names ...string) (text string) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
		var out []store.Out
		for i, c := range columns(o, names...) {
			if i > 0 {
				q.Raw(", ")
			}
			q.Name(c.Name)
			out = append(out, store.Out{Class: c.Class, Scale: c.Scale})
		}
		q.Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name("Id").In([]record.ID{id})
		rows, err := tx.Query(t.Context(), q, out)
		if err != nil {
			return err
		}
		defer rows.Close()
		p := record.NewPage(len(out), 1)
		if _, err := rows.Fill(p, 2); err != nil {
			return err
		}
		text = ""
		for i := range out {
			if i > 0 {
				text += " "
			}
			text += p.Value(0, i).String()
		}
		return nil
	})
	return text
}

// TestNewUniqueFieldHoldsFromThenOn holds that a field may become unique while its values allow it.
func TestNewUniqueFieldHoldsFromThenOn(t *testing.T) {
	t.Parallel()
	code := func(unique bool) catalog.Change {
		return catalog.Change{Field: &catalog.FieldDef{Object: "Thing__c", Name: "Code__c", Label: "Code", Type: "Text", Length: 20, Unique: unique}}
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		base := shipped(t)
		one := with(t, base, object("Thing__c"), code(false))
		keep(t, db, base, base, one)
		o := one.Object("Thing__c")
		ids := store.MakeIDs("a00", store.DefaultPod, 1, 3)
		put := func(o *catalog.Object, id record.ID, code string) error {
			return db.Write(t.Context(), ticket, func(tx store.Tx) error {
				return tx.Insert(t.Context(), o.Table, columns(o, "Id", "IsDeleted", "Code__c"), [][]record.Value{{record.OfID(id), record.OfBool(false), record.OfText(code)}})
			})
		}
		if err := put(o, ids[0], "Straße"); err != nil {
			t.Fatal(err)
		}
		two := with(t, one, code(true))
		keep(t, db, base, one, two)
		o = two.Object("Thing__c")
		if err := put(o, ids[1], "STRAßE"); err == nil {
			t.Error("a second row got the same code in another letter case")
		}
		if err := put(o, ids[2], "Gasse"); err != nil {
			t.Error(err)
		}
	})
}

// TestFirstTables makes the tables of an empty org, twice, since the second time must change nothing.
func TestFirstTables(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		s := shipped(t)
		for range 2 {
			write(t, db, func(tx store.Tx) error { return catalog.Apply(t.Context(), tx, nil, s) })
		}
		for _, name := range []string{"Account", "CaseHistory", "CaseShare", "CaseFeed", "Knowledge__kav"} {
			insert(t, db, s, name)
		}
	})
}

func BenchmarkFirstTables(b *testing.B) {
	s := shipped(b)
	for b.Loop() {
		db, err := storetest.SQLite(b)(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Write(b.Context(), ticket, func(tx store.Tx) error { return catalog.Apply(b.Context(), tx, nil, s) }); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkWith(b *testing.B) {
	s := with(b, shipped(b), each()...)
	for b.Loop() {
		with(b, s, catalog.Change{Field: &catalog.FieldDef{Object: "Thing__c", Name: "More__c", Label: "More", Type: "Text", Length: 20}})
	}
}

// TestRowsThatForbidAChange holds that a change which the rows of an object do not allow is refused in words.
func TestRowsThatForbidAChange(t *testing.T) {
	t.Parallel()
	master := func(object, typ string) catalog.Change {
		return catalog.Change{Field: &catalog.FieldDef{Object: object, Name: "Master__c", Label: "Master", Type: typ, ReferenceTo: []string{"Account"}, RelationshipName: "R" + object[:5]}}
	}
	code := func(unique bool) catalog.Change {
		return catalog.Change{Field: &catalog.FieldDef{Object: "Thing__c", Name: "Code__c", Label: "Code", Type: "Text", Length: 20, Unique: unique}}
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		base := shipped(t)
		one := with(t, base, object("Thing__c"), object("Empty__c"), code(false), master("Thing__c", "Lookup"))
		keep(t, db, base, base, one)
		o := one.Object("Thing__c")
		ids := store.MakeIDs("a00", store.DefaultPod, 1, 2)
		write(t, db, func(tx store.Tx) error {
			var rows [][]record.Value
			for _, id := range ids {
				rows = append(rows, []record.Value{record.OfID(id), record.OfBool(false), record.OfText("same")})
			}
			return tx.Insert(t.Context(), o.Table, columns(o, "Id", "IsDeleted", "Code__c"), rows)
		})
		for _, c := range []struct {
			change catalog.Change
			code   fault.Code
		}{
			{code(true), fault.DuplicateValue},
			{master("Thing__c", "MasterDetail"), fault.FieldIntegrity},
			{master("Empty__c", "MasterDetail"), ""},
		} {
			two := with(t, one, c.change)
			err := db.Write(t.Context(), ticket, func(tx store.Tx) error { return catalog.Apply(t.Context(), tx, one, two) })
			if c.code == "" && err != nil || c.code != "" && fault.From(err).Code != c.code {
				t.Errorf("%s of %s: %v, want %s", c.change.Field.Type, c.change.Field.Object, err, c.code)
			}
		}
	})
}

// TestAutoNumbersStartWhereTheyAreTold holds the first number of a new auto-number field.
func TestAutoNumbersStartWhereTheyAreTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		base := shipped(t)
		one := with(t, base, catalog.Change{Object: &catalog.ObjectDef{
			Name: "Thing__c", Label: "Thing", NameField: &catalog.NameDef{Type: "AutoNumber", DisplayFormat: "T-{0000}", StartingNumber: 500},
		}})
		keep(t, db, base, base, one)
		two := with(t, one, field(catalog.FieldDef{Object: "Thing__c", Name: "Other__c", Type: "Text", Length: 10}))
		keep(t, db, base, one, two)
		write(t, db, func(tx store.Tx) error {
			n, err := tx.NewNumbers(t.Context(), two.Object("Thing__c").NameField.Sequence(), 1)
			if n != 500 {
				t.Errorf("the first number is %d", n)
			}
			return err
		})
	})
}
