package catalog_test

import (
	"errors"
	"fmt"
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// edge makes changes one by one out of few words, for the cases of this file.
type edge struct {
	*testing.T
	*catalog.Snapshot
}

func newEdge(t *testing.T) *edge {
	t.Helper()
	s, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{t, s}
	e.must(edgeObject("Thing__c"))
	return e
}

func (e *edge) must(changes ...catalog.Change) {
	e.Helper()
	next, err := e.With(changes...)
	if err != nil {
		e.Fatal(err)
	}
	e.Snapshot = next
}

func edgeObject(name string) catalog.Change {
	return catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: "Thing"}}
}

func edgeText(name string) *catalog.FieldDef {
	return &catalog.FieldDef{Object: "Thing__c", Name: name, Label: "Text", Type: "Text", Length: 20}
}

func edgeMaster(object, to string) catalog.Change {
	return catalog.Change{Field: &catalog.FieldDef{
		Object: object, Name: "Master__c", Label: "Master", Type: "MasterDetail", ReferenceTo: []string{to}, RelationshipName: "Details",
	}}
}

// TestRefusalTexts holds the words with which clients are refused.
func TestRefusalTexts(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.must(catalog.Change{Field: edgeText("Size__c")})
	name := "can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores: "
	field := func(d catalog.FieldDef) catalog.Change {
		d.Object, d.Name, d.Label = "Thing__c", "A__c", "A"
		return catalog.Change{Field: &d}
	}
	for _, c := range []struct {
		rule   string
		change catalog.Change
		want   string
	}{
		{"an object's name", edgeObject("1st__c"), "INVALID_FULL_NAME: The Object Name " + name + "1st__c"},
		{"a field's name", catalog.Change{Field: edgeText("A B__c")}, "INVALID_FULL_NAME: The Field Name " + name + "A B__c"},
		{"a name without letters", edgeObject("__c"), "INVALID_FULL_NAME: The Object Name " + name + "__c"},
		{"a namespace is a name too", edgeObject("my ns__Thing__c"), "INVALID_FULL_NAME: The Object Name " + name + "my ns__Thing__c"},
		{"an object that exists", catalog.Change{Object: edgeObject("THING__c").Object, New: true}, "DUPLICATE_DEVELOPER_NAME: There is already a Custom Object named THING__c."},
		{"a field that exists", catalog.Change{Field: edgeText("size__c"), New: true}, "DUPLICATE_DEVELOPER_NAME: There is already a field named size on Thing__c."},
		{"no type", field(catalog.FieldDef{}), "FIELD_INTEGRITY_EXCEPTION: Must specify 'type' for a CustomField"},
		{"no length", field(catalog.FieldDef{Type: "Text"}), "FIELD_INTEGRITY_EXCEPTION: Must specify 'length' for a CustomField of type Text"},
		{"no precision", field(catalog.FieldDef{Type: "Number"}), "FIELD_INTEGRITY_EXCEPTION: Must specify 'precision' for a CustomField of type Number"},
		{"no mask", field(catalog.FieldDef{Type: "EncryptedText", Length: 9}), "FIELD_INTEGRITY_EXCEPTION: Must specify 'maskType' for a CustomField of type EncryptedText"},
		{"no target", field(catalog.FieldDef{Type: "Lookup"}), "FIELD_INTEGRITY_EXCEPTION: Must specify 'referenceTo' for a CustomField of type Lookup"},
		{"too long", field(catalog.FieldDef{Type: "Text", Length: 256}), "FIELD_INTEGRITY_EXCEPTION: Length must be between 1 and 255 for a CustomField of type Text"},
		{"too many digits", field(catalog.FieldDef{Type: "Currency", Precision: 19}), "FIELD_INTEGRITY_EXCEPTION: Precision must be between 1 and 18 for a CustomField of type Currency"},
		{"more places than digits", field(catalog.FieldDef{Type: "Number", Precision: 3, Scale: 4}), "FIELD_INTEGRITY_EXCEPTION: Scale must be between 0 and the precision for a CustomField of type Number"},
		{"a type that loses values", catalog.Change{Field: &catalog.FieldDef{Object: "Thing__c", Name: "Size__c", Label: "Size", Type: "Number", Precision: 9}}, "FIELD_INTEGRITY_EXCEPTION: Cannot change the type of field Thing__c.Size__c from Text to Number"},
		{"dropping no field", catalog.Change{Drop: "Thing__c.No__c"}, "INVALID_FIELD: No CustomField named: Thing__c.No__c found"},
		{"dropping no object", catalog.Change{Drop: "No__c"}, "INVALID_TYPE: No CustomObject named: No__c found"},
		{"dropping a standard object", catalog.Change{Drop: "Account"}, "INVALID_TYPE: No CustomObject named: Account found"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			_, err := e.With(c.change)
			var f *fault.Error
			if !errors.As(err, &f) || f.Error() != c.want {
				t.Errorf("answered %v\nnot      %s", err, c.want)
			}
		})
	}
}

func TestObjectDroppedByTheChangesThatGaveItAField(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.must(catalog.Change{Field: edgeText("Size__c")}, catalog.Change{Drop: "Thing__c"})
	if e.Object("Thing__c") != nil {
		t.Error("the object is still there")
	}
}

func TestObjectWithALookupToItIsNotDropped(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.must(edgeObject("Other__c"), edgeMaster("Other__c", "Thing__c"))
	_, err := e.With(catalog.Change{Drop: "Thing__c"})
	if want := "DEPENDENCY_EXISTS: Cannot delete object Thing__c: field Other__c.Master__c refers to it"; err == nil || err.Error() != want {
		t.Errorf("answered %v", err)
	}
	e.must(catalog.Change{Drop: "Other__c.Master__c"}, catalog.Change{Drop: "Thing__c"})
}

// A master above a chain counts for the details at its end too.
func TestMastersAreThreeDeepFromEitherEnd(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.must(edgeObject("A__c"), edgeObject("B__c"), edgeObject("C__c"), edgeObject("D__c"),
		edgeMaster("B__c", "A__c"), edgeMaster("C__c", "B__c"), edgeMaster("D__c", "C__c"))
	want := "LIMIT_EXCEEDED: Master-detail relationships can be at most 3 levels deep"
	for object, to := range map[string]string{"Thing__c": "D__c", "A__c": "Thing__c"} {
		if _, err := e.With(edgeMaster(object, to)); err == nil || err.Error() != want {
			t.Errorf("%s below %s: answered %v", object, to, err)
		}
	}
}

func TestSuffixesAreLowerCase(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.must(edgeObject("Upper__C"), catalog.Change{Field: edgeText("Size__C")})
	if o := e.Object("upper__c"); o.Name != "Upper__c" {
		t.Errorf("the object is called %s", o.Name)
	}
	if f := e.Object("Thing__c").Field("size__c"); f.Name != "Size__c" {
		t.Errorf("the field is called %s", f.Name)
	}
}

// kept is an org's one table of things in a store.
type kept struct {
	*edge
	db store.DB
}

func (k *kept) write(f func(store.Tx) error) error {
	return k.db.Write(k.Context(), store.Issue("005Sa0000000001AAA", "testing", "test"), f)
}

// change makes changes in the catalog and in the store.
func (k *kept) change(changes ...catalog.Change) error {
	next, err := k.With(changes...)
	if err != nil {
		return err
	}
	if err = k.write(func(tx store.Tx) error { return catalog.Apply(k.Context(), tx, k.Snapshot, next) }); err == nil {
		k.Snapshot = next
	}
	return err
}

// put inserts a thing with one value, of a field or, where that is "", of none.
func (k *kept) put(n int, field string, v record.Value) record.ID {
	k.Helper()
	id := store.MakeIDs("a00", store.DefaultPod, int64(n), 1)[0]
	o := k.Object("Thing__c")
	table := catalog.Table(o)
	row := make([]record.Value, len(table.Columns))
	for i, c := range table.Columns {
		switch {
		case i == 0:
			row[i] = record.OfID(id)
		case field != "" && c.Name == o.Field(field).Column:
			row[i] = v
		case c.NotNull:
			row[i] = record.OfBool(false)
		}
	}
	if err := k.write(func(tx store.Tx) error { return tx.Insert(k.Context(), o.Table, table.Columns, [][]record.Value{row}) }); err != nil {
		k.Fatal(err)
	}
	return id
}

// column reads a column of a thing as text.
func (k *kept) column(id record.ID, name string) (text string) {
	k.Helper()
	err := k.write(func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name(name).Raw(" FROM ").Table("Thing__c").Raw(" WHERE ").Name("Id").In([]record.ID{id})
		rows, err := tx.Query(k.Context(), q, []store.Out{{Class: store.Text}})
		if err != nil {
			return err
		}
		defer rows.Close()
		p := record.NewPage(1, 1)
		if _, err := rows.Fill(p, 2); err != nil {
			return err
		}
		text = fmt.Sprint(p.Len(), " ", p.Value(0, 0).String())
		return nil
	})
	if err != nil {
		k.Fatal(err)
	}
	return text
}

func eachKept(t *testing.T, f func(k *kept)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		k := &kept{newEdge(t), db}
		if err := k.write(func(tx store.Tx) error { return tx.CreateTable(t.Context(), catalog.Table(k.Object("Thing__c"))) }); err != nil {
			t.Fatal(err)
		}
		f(k)
	})
}

func TestUniqueFieldOverEqualValuesIsRefused(t *testing.T) {
	eachKept(t, func(k *kept) {
		if err := k.change(catalog.Change{Field: edgeText("Code__c")}); err != nil {
			k.Fatal(err)
		}
		k.put(1, "Code__c", record.OfText("same"))
		k.put(2, "Code__c", record.OfText("SAME"))
		d := edgeText("Code__c")
		d.Unique = true
		if f := fault.From(k.change(catalog.Change{Field: d})); f.Code != fault.DuplicateValue || len(f.Fields) != 1 || f.Fields[0] != "Code__c" {
			k.Errorf("answered %v of %v", f, f.Fields)
		}
		d.CaseSensitive = true
		if err := k.change(catalog.Change{Field: d}); err != nil {
			k.Errorf("where letter case counts: %v", err)
		}
	})
}

func TestDroppedColumnStaysAndIsNotGivenOutAgain(t *testing.T) {
	eachKept(t, func(k *kept) {
		if err := k.change(catalog.Change{Field: edgeText("Code__c")}); err != nil {
			k.Fatal(err)
		}
		id := k.put(1, "Code__c", record.OfText("old"))
		// Dropped and made again by one deployment, it is another field all the same.
		if err := k.change(catalog.Change{Drop: "Thing__c.Code__c"}, catalog.Change{Field: edgeText("Code__c")}); err != nil {
			k.Fatal(err)
		}
		if got := k.column(id, "Code__c"); got != "1 old" {
			k.Errorf("the dropped column holds %q", got)
		}
		if got := k.column(id, k.Object("Thing__c").Field("Code__c").Column); got != "1 " {
			k.Errorf("the new column holds %q", got)
		}
	})
}

func TestDroppedCheckboxDoesNotStopInserts(t *testing.T) {
	eachKept(t, func(k *kept) {
		box := catalog.Change{Field: &catalog.FieldDef{Object: "Thing__c", Name: "Box__c", Label: "Box", Type: "Checkbox"}}
		k.must(box)
		if err := k.write(func(tx store.Tx) error { // in the table from its start
			t := catalog.Table(k.Object("Thing__c"))
			t.Name, t.Indexes = "Boxed", nil
			if err := tx.CreateTable(k.Context(), t); err != nil {
				return err
			}
			return tx.AddColumn(k.Context(), "Thing__c", k.Object("Thing__c").Field("Box__c").StoreColumn())
		}); err != nil {
			k.Fatal(err)
		}
		if err := k.change(catalog.Change{Drop: "Thing__c.Box__c"}); err != nil {
			k.Fatal(err)
		}
		k.put(1, "", record.Value{})
		table := catalog.Table(k.Object("Thing__c"))
		row := make([]record.Value, len(table.Columns))
		for i, c := range table.Columns {
			if c.NotNull {
				row[i] = record.OfBool(false)
			}
		}
		row[0] = record.OfID(store.MakeIDs("a00", store.DefaultPod, 2, 1)[0])
		if err := k.write(func(tx store.Tx) error { return tx.Insert(k.Context(), "Boxed", table.Columns, [][]record.Value{row}) }); err != nil {
			k.Error(err)
		}
	})
}
