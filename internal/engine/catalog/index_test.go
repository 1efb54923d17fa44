package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

func index(object, name string, fields ...string) catalog.Change {
	d := &catalog.IndexDef{Object: object, Name: name}
	for _, f := range fields {
		d.Fields = append(d.Fields, catalog.IndexedField{Name: f})
	}
	return catalog.Change{Index: d}
}

// has reports whether the table of an object has an index over columns of live rows.
func has(s *catalog.Snapshot, object string, columns ...store.IndexColumn) bool {
	for _, i := range catalog.Table(s.Object(object)).Indexes {
		if i.Live && cmp.Equal(i.Columns, columns) {
			return true
		}
	}
	return false
}

func TestIndexIsMadeChangedAndDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		t.Parallel()
		base := shipped(t)
		write(t, db, func(tx store.Tx) error { return tx.CreateTable(t.Context(), catalog.Table(base.Object("Case"))) })
		byKey := index("thing__c", "By_Key", "key__c", "Moment__c")
		byKey.Index.Fields[1].Desc = true
		one := with(t, base, append(each(), byKey, index("Case", "By_Age", "Status", "ClosedDate"))...)
		columns := []store.IndexColumn{{Name: "Key__c", Folded: true}, {Name: "Moment__c", Desc: true}}
		if !has(one, "Thing__c", columns...) || !has(one, "Case", store.IndexColumn{Name: "Status"}, store.IndexColumn{Name: "ClosedDate"}) {
			t.Fatal("a table lacks its index")
		}
		loaded := keep(t, db, base, base, one)
		if d := differ(base, one, loaded); d != "" {
			t.Fatal(d)
		}
		if _, err := loaded.With(catalog.Change{Drop: "Thing__c.Moment__c"}); fault.From(err).Code != fault.DependencyExists {
			t.Errorf("a field of an index is dropped: %v", err)
		}
		if _, err := loaded.With(field(catalog.FieldDef{Object: "Thing__c", Name: "Key__c", Type: "LongTextArea"})); fault.From(err).Code != fault.FieldIntegrity {
			t.Errorf("a field of an index becomes one that cannot be sorted by: %v", err)
		}
		two := with(t, loaded, index("Thing__c", "BY_KEY", "Moment__c"))
		if has(two, "Thing__c", columns...) || !has(two, "Thing__c", store.IndexColumn{Name: "Moment__c"}) {
			t.Error("the index is not what it was changed to")
		}
		if !two.Object("Thing__c").Field("Moment__c").Ordered(func(string) bool { return false }) {
			t.Error("no index has the rows in the order of the field that it begins with")
		}
		three := with(t, keep(t, db, base, loaded, two), catalog.Change{Drop: "Thing__c.By_Key"})
		if loaded = keep(t, db, base, two, three); len(loaded.Object("Thing__c").Indexes) != 0 {
			t.Error("a dropped index is still there")
		}
		if _, err := loaded.With(catalog.Change{Drop: "Thing__c.By_Key"}); fault.From(err).Code != fault.InvalidField {
			t.Errorf("an index is dropped twice: %v", err)
		}
	})
}

func TestIndexGoesWithItsObject(t *testing.T) {
	t.Parallel()
	one := with(t, shipped(t), append(each(), index("Thing__c", "By_Key", "Key__c", "Moment__c"))...)
	two := with(t, with(t, one, catalog.Change{Drop: "Thing__c"}), object("Thing__c"))
	if n := len(two.Object("Thing__c").Indexes); n != 0 {
		t.Errorf("the new object has %d indexes of the old", n)
	}
}
