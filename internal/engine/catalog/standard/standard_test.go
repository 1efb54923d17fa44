package standard_test

import (
	"strings"
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/record"
	"stoa/internal/store"
)

func snapshot(t testing.TB) *catalog.Snapshot {
	t.Helper()
	s, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReferencesResolve holds that each reference points to objects that
// exist, and that each of them knows the relationship from its own side.
func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	for _, o := range s.Objects() {
		for _, f := range o.Fields {
			if f.Type != &catalog.Reference {
				continue
			}
			if len(f.ReferenceTo) == 0 {
				t.Errorf("%s.%s points nowhere", o.Name, f.Name)
			}
			for _, to := range f.ReferenceTo {
				parent := s.Object(to)
				if parent == nil {
					t.Errorf("%s.%s points to %s, which does not exist", o.Name, f.Name, to)
					continue
				}
				if childOf(parent, o.Name, f.Name) == nil {
					t.Errorf("%s does not list %s.%s among its children", to, o.Name, f.Name)
				}
			}
		}
		for _, r := range o.Children {
			child := s.Object(r.Object)
			if child == nil {
				t.Errorf("%s has children of %s, which does not exist", o.Name, r.Object)
				continue
			}
			f := child.Field(r.Field)
			if f == nil || f.Type != &catalog.Reference {
				t.Errorf("%s has children by %s.%s, which is no reference", o.Name, r.Object, r.Field)
				continue
			}
			points := false
			for _, to := range f.ReferenceTo {
				points = points || to == o.Name
			}
			if !points {
				t.Errorf("%s has children by %s.%s, which does not point to it", o.Name, r.Object, r.Field)
			}
			if r.Name != "" && o.Child(r.Name) != r {
				t.Errorf("%s has two children named %s", o.Name, r.Name)
			}
		}
	}
}

func childOf(parent *catalog.Object, object, field string) *catalog.Relationship {
	for _, r := range parent.Children {
		if r.Object == object && r.Field == field {
			return r
		}
	}
	return nil
}

// TestObjects holds what every object must have.
func TestObjects(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	prefixes := map[string]string{}
	for _, o := range s.Objects() {
		if o.Label == "" || o.LabelPlural == "" || o.Group == "" {
			t.Errorf("%s lacks a label or a group", o.Name)
		}
		if o.KeyPrefix != "" {
			if other := prefixes[o.KeyPrefix]; other != "" {
				t.Errorf("%s and %s have the key prefix %s", other, o.Name, o.KeyPrefix)
			}
			prefixes[o.KeyPrefix] = o.Name
			if !store.ValidPrefix(o.KeyPrefix) || s.ByPrefix(o.KeyPrefix) != o {
				t.Errorf("%s has the key prefix %q, which does not lead to it", o.Name, o.KeyPrefix)
			}
			if c := o.KeyPrefix[0]; c == 'a' || c == 'c' || c == 'e' || c == 'f' || c == 'h' || c == 'm' {
				t.Errorf("%s has the key prefix %s, which is kept for custom objects", o.Name, o.KeyPrefix)
			}
		}
		if f := o.Field("Id"); f == nil || f.Type != &catalog.ID {
			t.Errorf("%s has no id", o.Name)
		}
		if o.Undeletable && o.Field("IsDeleted") == nil {
			t.Errorf("%s can be undeleted but keeps no mark of deletion", o.Name)
		}
		if p := o.SharingParent; p != "" && o.Field(p) == nil {
			t.Errorf("%s is shared by %s, which it does not have", o.Name, p)
		}
		if o.CompanionOf != "" && s.Object(o.CompanionOf) == nil {
			t.Errorf("%s is a companion of %s, which does not exist", o.Name, o.CompanionOf)
		}
		if o.Setup && o.ShareObject {
			t.Errorf("%s is setup and shared", o.Name)
		}
		names := 0
		for _, f := range o.Fields {
			if f.IsName {
				names++
			}
		}
		if names > 1 || names == 1 && o.NameField == nil {
			t.Errorf("%s has %d name fields", o.Name, names)
		}
	}
}

// TestFields holds what every field must have.
func TestFields(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	for _, o := range s.Objects() {
		seen := map[string]bool{}
		for _, f := range o.Fields {
			name := o.Name + "." + f.Name
			if seen[catalog.Fold(f.Name)] {
				t.Errorf("%s is there twice", name)
			}
			seen[catalog.Fold(f.Name)] = true
			if f.Label == "" || f.Object != o || o.Field(strings.ToUpper(f.Name)) != f {
				t.Errorf("%s lacks a label or cannot be found", name)
			}
			if f.Type.Kind == record.Text && f.Length == 0 && f.Type != &catalog.AnyType {
				t.Errorf("%s has no length", name)
			}
			if f.Type.Class == store.Decimal && !f.Type.Compound && f.Precision == 0 {
				t.Errorf("%s has no precision", name)
			}
			kept := o.Table != "" && !f.Type.Compound && f.Path == "" && !f.PerUser()
			if kept != (f.Column != "") {
				t.Errorf("%s: column %q, kept %t", name, f.Column, kept)
			}
			if f.AutoNumber && (f.DisplayFormat == "" || f.Createable) {
				t.Errorf("%s numbers itself by %q and can be written: %t", name, f.DisplayFormat, f.Createable)
			}
			if f.Type == &catalog.Boolean && (f.Nillable || f.Default.IsNull()) {
				t.Errorf("%s may be null", name)
			}
			if f.Compound != "" && o.Field(f.Compound) == nil {
				t.Errorf("%s is a part of %s, which does not exist", name, f.Compound)
			}
			if f.Type.Compound && len(f.Parts) < 2 {
				t.Errorf("%s has the parts %v", name, f.Parts)
			}
			if f.Path != "" {
				relationship, target, _ := strings.Cut(f.Path, ".")
				via := o.Relationship(relationship)
				if via == nil || s.Object(via.ReferenceTo[0]).Field(target) == nil || via.Column == "" {
					t.Errorf("%s stands for %s, which leads nowhere", name, f.Path)
				}
			}
			if f.Restricted && !f.Default.IsNull() && f.Value(f.Default.Text()) == nil {
				t.Errorf("%s has a default that its set does not know: %s", name, f.Default)
			}
		}
	}
}

// TestPeople names the objects whose every use is logged.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	for _, name := range []string{"Contact", "Lead", "Case", "User", "Individual", "EmailMessage", "Task", "Event", "CaseHistory", "ContactHistory", "CaseFeed"} {
		if o := s.Object(name); o == nil || !o.Person {
			t.Errorf("%s is not about people", name)
		}
	}
	for _, name := range []string{"Account", "Product2", "Report"} {
		if s.Object(name).Person {
			t.Errorf("%s is about people", name)
		}
	}
}

// TestRows holds the first rows to the fields and value sets of their objects.
func TestRows(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	count := map[string]int{}
	for _, d := range standard.Rows() {
		o := s.Object(d.Object)
		if o == nil {
			t.Fatalf("rows of %s, which does not exist", d.Object)
		}
		count[o.Name]++
		for _, v := range d.Fields {
			f := o.Field(v.Name)
			if f == nil {
				t.Errorf("%s has no field %s", o.Name, v.Name)
				continue
			}
			if f.Type.Kind != v.Value.Kind() && f.Type.Kind != record.Text {
				t.Errorf("%s.%s cannot hold %s", o.Name, f.Name, v.Value)
			}
			if f.Restricted && f.Value(v.Value.Text()) == nil {
				t.Errorf("%s.%s does not know %s", o.Name, f.Name, v.Value)
			}
		}
	}
	for object, field := range map[string]*catalog.Field{
		"CaseStatus": s.Object("Case").Field("Status"), "TaskStatus": s.Object("Task").Field("Status"),
		"LeadStatus": s.Object("Lead").Field("Status"), "OpportunityStage": s.Object("Opportunity").Field("StageName"),
	} {
		if count[object] != len(field.Values) {
			t.Errorf("%s has %d rows for the %d values of %s", object, count[object], len(field.Values), field.Name)
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		snapshot(b)
	}
}
