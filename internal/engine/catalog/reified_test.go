package catalog_test

import (
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// TestReified holds the rows about objects and fields to the fields of their own objects.
func TestReified(t *testing.T) {
	t.Parallel()
	s := with(t, shipped(t), each()...)
	rows := catalog.Reified(s.Objects()...)
	ids := map[record.ID]bool{}
	types := map[string]string{}
	for _, d := range rows {
		o := s.Object(d.Object)
		if ids[d.ID] || s.Of(d.ID) != o {
			t.Fatalf("%s has the id %s, twice or wrong", d.Object, d.ID)
		}
		ids[d.ID] = true
		for _, v := range d.Fields {
			f := o.Field(v.Name)
			if f == nil {
				t.Fatalf("%s has no field %s", d.Object, v.Name)
			}
			if text := v.Value.Text(); f.Length > 0 && len([]rune(text)) > f.Length {
				t.Errorf("%s.%s is too long: %s", d.Object, v.Name, text)
			}
		}
		if name, _ := d.Get("DurableId"); d.Object == "FieldDefinition" {
			v, _ := d.Get("DataType")
			types[name.Text()] = v.Text()
			if e, _ := d.Get("EntityDefinitionId"); !ids[e.ID()] {
				t.Errorf("%s belongs to %s, which comes later or never", name, e)
			}
		}
	}
	for name, want := range map[string]string{
		"Thing__c.Text__c": "Text(40)", "Thing__c.Number__c": "Number(9, 3)", "Thing__c.Check__c": "Checkbox", "Thing__c.Serial__c": "Auto Number",
		"Thing__c.Case__c": "Lookup(Case)", "Thing__c.Many__c": "Picklist (Multi-Select)", "Contact.Name": "Name", "Case.Description": "Long Text Area(32000)",
		"Account.NumberOfEmployees": "Number(8, 0)", "Case.OwnerId": "Lookup(Group,User)",
	} {
		if types[name] != want {
			t.Errorf("%s is %q, want %q", name, types[name], want)
		}
	}
	again := catalog.Reified(s.Objects()...)
	if again[5].ID != rows[5].ID {
		t.Error("ids change")
	}
}

// TestReify holds that only the rows that change are written again, and that those of dropped things go.
func TestReify(t *testing.T) {
	t.Parallel()
	one := with(t, shipped(t), each()...)
	two := with(t, one, catalog.Change{Drop: "Thing__c.Key__c"}, field(catalog.FieldDef{Object: "Thing__c", Name: "Lines__c", Type: "TextArea", Label: "Other"}))
	gone, rows := catalog.Reify(one, two)
	if len(rows) != 1 || len(gone["FieldDefinition"]) != 2 || len(gone["EntityDefinition"]) != 0 {
		t.Errorf("%d rows written, %d and %d removed", len(rows), len(gone["FieldDefinition"]), len(gone["EntityDefinition"]))
	}
	three := with(t, two, catalog.Change{Drop: "Thing__c"})
	gone, _ = catalog.Reify(two, three)
	if fields := len(two.Object("Thing__c").Fields); len(gone["EntityDefinition"]) != 1 || len(gone["FieldDefinition"]) < fields {
		t.Errorf("%v removed, of %d fields", gone, fields)
	}
}
