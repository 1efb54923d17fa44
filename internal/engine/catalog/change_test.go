package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/fault"
	"stoa/internal/record"
)

func shipped(t testing.TB) *catalog.Snapshot {
	t.Helper()
	s, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func with(t testing.TB, s *catalog.Snapshot, changes ...catalog.Change) *catalog.Snapshot {
	t.Helper()
	next, err := s.With(changes...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func object(name string) catalog.Change {
	label := strings.TrimSuffix(name, "__c")
	return catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: label, LabelPlural: label + "s"}}
}

func field(d catalog.FieldDef) catalog.Change {
	if d.Label == "" {
		d.Label = strings.TrimSuffix(d.Name, "__c")
	}
	return catalog.Change{Field: &d}
}

// each lists a definition of every type that an org may define, by the name of its field.
func each() []catalog.Change {
	defs := []catalog.FieldDef{
		{Name: "Text__c", Type: "Text", Length: 40, Default: `"as \"given\""`},
		{Name: "Key__c", Type: "Text", Length: 20, Unique: true, ExternalID: true},
		{Name: "Exact__c", Type: "Text", Length: 20, Unique: true, CaseSensitive: true},
		{Name: "Lines__c", Type: "TextArea"},
		{Name: "Long__c", Type: "LongTextArea"},
		{Name: "Rich__c", Type: "Html", Length: 4000},
		{Name: "Secret__c", Type: "EncryptedText", Length: 20, MaskType: "lastFour", MaskChar: "X"},
		{Name: "Number__c", Type: "Number", Precision: 12, Scale: 3, Default: "1.5", ExternalID: true},
		{Name: "Price__c", Type: "Currency", Precision: 18, Scale: 2},
		{Name: "Share__c", Type: "Percent", Precision: 5, Scale: 2},
		{Name: "Day__c", Type: "Date", Required: true, Default: "TODAY()"},
		{Name: "Moment__c", Type: "DateTime"},
		{Name: "Hour__c", Type: "Time"},
		{Name: "Check__c", Type: "Checkbox", Default: "true"},
		{Name: "Pick__c", Type: "Picklist", Restricted: true, Values: []catalog.ValueDef{{Value: "Red"}, {Value: "Green", Default: true}, {Value: "Old", Inactive: true}}},
		{Name: "Shade__c", Type: "Picklist", Controller: "Pick__c", Values: []catalog.ValueDef{{Value: "Light", Controlling: []string{"Red", "Green"}}, {Value: "Dark", Controlling: []string{"Green"}}}},
		{Name: "Many__c", Type: "MultiselectPicklist", Values: []catalog.ValueDef{{Value: "A"}, {Value: "B"}, {Value: "C"}}},
		{Name: "Mail__c", Type: "Email", ExternalID: true},
		{Name: "Phone__c", Type: "Phone"},
		{Name: "Web__c", Type: "Url"},
		{Name: "Place__c", Type: "Location", Scale: 6},
		{Name: "Serial__c", Type: "AutoNumber", DisplayFormat: "S-{0000}"},
		{Name: "Case__c", Type: "Lookup", ReferenceTo: []string{"case"}, RelationshipName: "Things"},
		{Name: "Strict__c", Type: "Lookup", ReferenceTo: []string{"Contact"}, Required: true},
	}
	changes := []catalog.Change{object("Thing__c")}
	for _, d := range defs {
		d.Object = "thing__C"
		changes = append(changes, field(d))
	}
	return changes
}

// TestEveryType holds that a field of each creatable type can be defined, and how it comes out.
func TestEveryType(t *testing.T) {
	t.Parallel()
	o := with(t, shipped(t), each()...).Object("THING__C")
	defined := map[*catalog.Type]bool{}
	var got []string
	for _, f := range o.Fields {
		if f.Custom {
			defined[f.Type] = true
			got = append(got, summary(f))
		}
	}
	for _, typ := range catalog.Types {
		if typ.Metadata != "" && !defined[typ] {
			t.Errorf("no field of type %s", typ.Metadata)
		}
	}
	want := []string{
		"Text__c string(40) cu nil fsga default=as \"given\"",
		"Key__c string(20) cu nil fsga unique external lookup folded",
		"Exact__c string(20) cu nil fsga unique",
		"Lines__c textarea(255) cu nil fsga",
		"Long__c textarea(32768) cu nil ",
		"Rich__c textarea(4000) cu nil  html",
		"Secret__c encryptedstring(20) cu nil ",
		"Number__c double(12,3) cu nil fsa external lookup default=1.5",
		"Price__c currency(18,2) cu nil fsa",
		"Share__c percent(5,2) cu nil fsa",
		"Day__c date cu fsga required formula=TODAY()",
		"Moment__c datetime cu nil fsa",
		"Hour__c time cu nil fsga",
		"Check__c boolean cu fsg default=true",
		"Pick__c picklist(255) cu nil fsga default=Green [Red Green -Old]",
		"Shade__c picklist(255) cu nil fsga [Light:c0 Dark:40]",
		"Many__c multipicklist(4099) cu nil f [A B C]",
		"Mail__c email(80) cu nil fsga external lookup folded",
		"Phone__c phone(40) cu nil fsga",
		"Web__c url(255) cu nil fsga",
		"Place__Latitude__s double(9,6) cu nil fsa part=Place__c",
		"Place__Longitude__s double(9,6) cu nil fsa part=Place__c",
		"Place__c location cu nil f parts=[Place__Latitude__s Place__Longitude__s] unkept",
		"Serial__c string(30) fsga auto=S-{0000}",
		"Case__c reference(18) cu nil fsga to=[Case] Case__r/Things__r",
		"Strict__c reference(18) cu fsga required to=[Contact] Strict__r/ restrict",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func summary(f *catalog.Field) string {
	var b strings.Builder
	b.WriteString(f.Name + " " + f.Type.Name)
	switch {
	case f.Precision > 0:
		fmt.Fprintf(&b, "(%d,%d)", f.Precision, f.Scale)
	case f.Length > 0:
		fmt.Fprintf(&b, "(%d)", f.Length)
	}
	mark := func(v bool, text string) {
		if v {
			b.WriteString(text)
		}
	}
	mark(f.Createable || f.Updateable, " ")
	mark(f.Createable, "c")
	mark(f.Updateable, "u")
	mark(f.Nillable, " nil")
	b.WriteString(" ")
	mark(f.Filterable, "f")
	mark(f.Sortable, "s")
	mark(f.Groupable, "g")
	mark(f.Aggregatable, "a")
	mark(f.HTML, " html")
	mark(f.Required, " required")
	mark(f.Unique, " unique")
	mark(f.ExternalID, " external")
	mark(f.IDLookup, " lookup")
	mark(f.Folded(), " folded")
	mark(f.AutoNumber, " auto="+f.DisplayFormat)
	mark(!f.Default.IsNull(), " default="+f.Default.String())
	mark(f.DefaultFormula != "", " formula="+f.DefaultFormula)
	if len(f.Values) > 0 {
		var all []string
		for _, v := range f.Values {
			s := v.Value
			if !v.Active {
				s = "-" + s
			}
			if v.ValidFor != nil {
				s += fmt.Sprintf(":%x", v.ValidFor)
			}
			all = append(all, s)
		}
		fmt.Fprintf(&b, " %v", all)
	}
	mark(f.Compound != "", " part="+f.Compound)
	mark(len(f.Parts) > 0, fmt.Sprintf(" parts=%v", f.Parts))
	mark(len(f.ReferenceTo) > 0, fmt.Sprintf(" to=%v %s/%s", f.ReferenceTo, f.RelationshipName, f.ChildRelationshipName))
	mark(f.RestrictedDelete, " restrict")
	mark(f.Column == "", " unkept")
	return b.String()
}

func TestCustomObjectBeginsWithSystemFields(t *testing.T) {
	t.Parallel()
	on := true
	base := shipped(t)
	s := with(t, base, catalog.Change{Object: &catalog.ObjectDef{
		Name: "Visit__c", Label: "Visit", SharingModel: "Private", History: &on, Feed: &on, Activities: &on,
		NameField: &catalog.NameDef{Type: "AutoNumber", DisplayFormat: "V-{0000}"},
	}})
	o := s.Object("Visit__c")
	var names []string
	for _, f := range o.Fields {
		names = append(names, f.Name)
	}
	want := "Id OwnerId IsDeleted Name CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp LastActivityDate LastViewedDate LastReferencedDate"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("fields %s, want %s", got, want)
	}
	if o.KeyPrefix != "a00" || o.LabelPlural != "Visit" || o.ExternalSharingModel != "Private" || !o.NameField.AutoNumber {
		t.Errorf("object %+v", o)
	}
	for name, role := range map[string]catalog.Companion{"Visit__History": catalog.HistoryOf, "Visit__Share": catalog.ShareOf, "Visit__Feed": catalog.FeedOf} {
		c := s.Object(name)
		if c == nil || c.Companion != role || c.CompanionOf != "Visit__c" || s.ByPrefix(c.KeyPrefix) != c || c.Field("ParentId") == nil {
			t.Errorf("%s is %+v", name, c)
		}
	}
	for _, children := range []string{"Histories", "Shares", "Feeds", "Tasks", "Events", "Attachments", "ContentDocumentLinks", "ProcessInstances"} {
		if o.Child(children) == nil {
			t.Errorf("no children %s", children)
		}
	}
	if to := s.Object("Task").Field("WhatId").ReferenceTo; !strings.Contains(strings.Join(to, " "), "Visit__c") {
		t.Errorf("Task.WhatId points to %v", to)
	}
	if base.Object("Visit__c") != nil || strings.Contains(strings.Join(base.Object("Task").Field("WhatId").ReferenceTo, " "), "Visit__c") {
		t.Error("the snapshot that was changed is another one than before")
	}
	if s.Object("Product2") != base.Object("Product2") {
		t.Error("an object that nothing touched was made again")
	}
}

func TestMasterDetailDecidesOwnerAndSharing(t *testing.T) {
	t.Parallel()
	s := with(t, shipped(t), object("Order__c"), object("Line__c"),
		field(catalog.FieldDef{Object: "Line__c", Name: "Order__c", Type: "MasterDetail", ReferenceTo: []string{"Order__c"}, RelationshipName: "Lines"}),
		field(catalog.FieldDef{Object: "Line__c", Name: "Account__c", Type: "MasterDetail", ReferenceTo: []string{"Account"}, RelationshipName: "Lines", Reparentable: true}))
	o := s.Object("Line__c")
	if o.Field("OwnerId") != nil || o.SharingModel != "ControlledByParent" || o.SharingParent != "Order__c" || s.Object("Line__Share") != nil {
		t.Errorf("detail has sharing %s by %s", o.SharingModel, o.SharingParent)
	}
	order, account := o.Field("Order__c"), o.Field("Account__c")
	if order.MasterOrder != 0 || account.MasterOrder != 1 || order.Updateable || !account.Updateable || order.Nillable || !order.Required {
		t.Errorf("masters %+v, %+v", order, account)
	}
	if r := s.Object("Order__c").Child("Lines__r"); r == nil || !r.CascadeDelete {
		t.Errorf("children of the master: %+v", r)
	}
	_, err := s.With(field(catalog.FieldDef{Object: "Line__c", Name: "Third__c", Type: "MasterDetail", ReferenceTo: []string{"Contact"}, RelationshipName: "Lines"}))
	if f := fault.From(err); f.Code != fault.LimitExceeded {
		t.Errorf("a third master: %v", err)
	}
}

// TestRefusals holds the code with which each wrong change is refused.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := with(t, shipped(t), append(each(), object("Other__c"))...)
	text := func(d catalog.FieldDef) catalog.Change {
		d.Object, d.Type, d.Length = "Thing__c", "Text", 20
		return field(d)
	}
	thing := func(d catalog.FieldDef) catalog.Change {
		d.Object = "Thing__c"
		return field(d)
	}
	isNew := func(c catalog.Change) catalog.Change { c.New = true; return c }
	for _, c := range []struct {
		rule   string
		change catalog.Change
		code   fault.Code
	}{
		{"a name begins with a letter", text(catalog.FieldDef{Name: "1st__c"}), fault.InvalidFullName},
		{"a name does not end with an underscore", text(catalog.FieldDef{Name: "First___c"}), fault.InvalidFullName},
		{"a name holds no two underscores", text(catalog.FieldDef{Name: "A_very_long_space__First__c"}), fault.InvalidFullName},
		{"a name has 40 characters", text(catalog.FieldDef{Name: strings.Repeat("a", 41) + "__c"}), fault.StringTooLong},
		{"a label has 40 characters", text(catalog.FieldDef{Name: "L__c", Label: strings.Repeat("a", 41)}), fault.StringTooLong},
		{"a custom field ends in __c", text(catalog.FieldDef{Name: "Plain"}), fault.InvalidField},
		{"a field has an object", field(catalog.FieldDef{Object: "Nothing__c", Name: "A__c", Type: "Text", Length: 5}), fault.InvalidType},
		{"setup has no custom fields", field(catalog.FieldDef{Object: "Profile", Name: "A__c", Type: "Text", Length: 5}), fault.FieldIntegrity},
		{"a type is known", thing(catalog.FieldDef{Name: "A__c", Type: "Blob"}), fault.FieldIntegrity},
		{"a type is given", thing(catalog.FieldDef{Name: "A__c"}), fault.FieldIntegrity},
		{"a text has a length", thing(catalog.FieldDef{Name: "A__c", Type: "Text"}), fault.FieldIntegrity},
		{"a text has at most 255 characters", thing(catalog.FieldDef{Name: "A__c", Type: "Text", Length: 256}), fault.FieldIntegrity},
		{"a long text has at least 256 characters", thing(catalog.FieldDef{Name: "A__c", Type: "LongTextArea", Length: 255}), fault.FieldIntegrity},
		{"a number has a precision", thing(catalog.FieldDef{Name: "A__c", Type: "Number"}), fault.FieldIntegrity},
		{"a number has 18 digits", thing(catalog.FieldDef{Name: "A__c", Type: "Number", Precision: 19}), fault.FieldIntegrity},
		{"a checkbox is not required", thing(catalog.FieldDef{Name: "A__c", Type: "Checkbox", Required: true}), fault.FieldIntegrity},
		{"a checkbox is true or false", thing(catalog.FieldDef{Name: "A__c", Type: "Checkbox", Default: "maybe"}), fault.FieldIntegrity},
		{"a date is no external id", thing(catalog.FieldDef{Name: "A__c", Type: "Date", ExternalID: true}), fault.FieldIntegrity},
		{"a lookup points somewhere", thing(catalog.FieldDef{Name: "A__c", Type: "Lookup"}), fault.FieldIntegrity},
		{"a lookup points to what exists", thing(catalog.FieldDef{Name: "A__c", Type: "Lookup", ReferenceTo: []string{"Nowhere__c"}}), fault.FieldIntegrity},
		{"a required lookup cannot be set to null", thing(catalog.FieldDef{Name: "A__c", Type: "Lookup", ReferenceTo: []string{"Case"}, Required: true, Delete: "SetNull"}), fault.FieldIntegrity},
		{"children of a parent have their own names", thing(catalog.FieldDef{Name: "A__c", Type: "Lookup", ReferenceTo: []string{"Case"}, RelationshipName: "things"}), fault.DuplicateDeveloperName},
		{"a hierarchy is of users", thing(catalog.FieldDef{Name: "A__c", Type: "Hierarchy", ReferenceTo: []string{"User"}}), fault.FieldIntegrity},
		{"picklist values differ", thing(catalog.FieldDef{Name: "A__c", Type: "Picklist", Values: []catalog.ValueDef{{Value: "x"}, {Value: "X"}}}), fault.DuplicateDeveloperName},
		{"one value is the default", thing(catalog.FieldDef{Name: "A__c", Type: "Picklist", Values: []catalog.ValueDef{{Value: "x", Default: true}, {Value: "y", Default: true}}}), fault.FieldIntegrity},
		{"a set's values hold no semicolon", thing(catalog.FieldDef{Name: "A__c", Type: "MultiselectPicklist", Values: []catalog.ValueDef{{Value: "x;y"}}}), fault.FieldIntegrity},
		{"a controlling field exists", thing(catalog.FieldDef{Name: "A__c", Type: "Picklist", Controller: "B__c", Values: []catalog.ValueDef{{Value: "x"}}}), fault.FieldIntegrity},
		{"an auto-number counts", thing(catalog.FieldDef{Name: "A__c", Type: "AutoNumber", DisplayFormat: "no number"}), fault.FieldIntegrity},
		{"a type does not change into any other", thing(catalog.FieldDef{Name: "Check__c", Type: "Date"}), fault.FieldIntegrity},
		{"a lookup does not change its target", thing(catalog.FieldDef{Name: "Case__c", Type: "Lookup", ReferenceTo: []string{"Contact"}}), fault.FieldIntegrity},
		{"a field is made once", isNew(text(catalog.FieldDef{Name: "TEXT__c"})), fault.DuplicateDeveloperName},
		{"an object is made once", isNew(object("thing__C")), fault.DuplicateDeveloperName},
		{"an object has a label", catalog.Change{Object: &catalog.ObjectDef{Name: "New__c"}}, fault.FieldIntegrity},
		{"a standard object exists", catalog.Change{Object: &catalog.ObjectDef{Name: "Nothing"}}, fault.InvalidType},
		{"a sharing model is known", catalog.Change{Object: &catalog.ObjectDef{Name: "Case", SharingModel: "Open"}}, fault.FieldIntegrity},
		{"a value set belongs to a picklist", field(catalog.FieldDef{Object: "Case", Name: "Subject", Values: []catalog.ValueDef{{Value: "x"}}}), fault.FieldIntegrity},
		{"what is dropped exists", catalog.Change{Drop: "Thing__c.Nothing__c"}, fault.InvalidField},
		{"what is dropped is custom", catalog.Change{Drop: "Case.Subject"}, fault.InvalidField},
		{"what controls stays", catalog.Change{Drop: "Thing__c.Pick__c"}, fault.DependencyExists},
		{"no standard object is dropped", catalog.Change{Drop: "Case"}, fault.InvalidType},
		{"an index has fields", index("Thing__c", "Empty"), fault.FieldIntegrity},
		{"an index has fields that are there", index("Thing__c", "By_Nothing", "Nothing__c"), fault.FieldIntegrity},
		{"an index has fields that can be sorted by", index("Thing__c", "By_Long", "Key__c", "Long__c"), fault.FieldIntegrity},
		{"an index has a field once", index("Thing__c", "Twice", "Key__c", "CreatedDate", "key__C"), fault.FieldIntegrity},
		{"an index has at most five fields", index("Thing__c", "Six", "Key__c", "Name", "CreatedDate", "LastModifiedDate", "SystemModstamp", "OwnerId"), fault.FieldIntegrity},
		{"an index has a name", index("Thing__c", "By key", "Key__c"), fault.FieldIntegrity},
		{"an index has an object", index("Nothing__c", "By_Key", "Key__c"), fault.InvalidType},
		{"no index is added to setup", index("Profile", "By_Name", "Name"), fault.FieldIntegrity},
		{"an index that is dropped exists", catalog.Change{Drop: "Thing__c.By_Nothing"}, fault.InvalidField},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			_, err := s.With(object("Before__c"), c.change)
			var r *catalog.Rejection
			if !errors.As(err, &r) || r.Index != 1 || fault.From(err).Code != c.code {
				t.Errorf("answered %v, want %s of change 1", err, c.code)
			}
		})
	}
}

// TestDroppedNamesComeBackFresh holds that neither a column nor a table nor a key prefix is given out twice.
func TestDroppedNamesComeBackFresh(t *testing.T) {
	t.Parallel()
	one := with(t, shipped(t), each()...)
	two := with(t, one, catalog.Change{Drop: "thing__c.TEXT__c"})
	if two.Object("Thing__c").Field("Text__c") != nil {
		t.Fatal("a dropped field is still there")
	}
	three := with(t, two, field(catalog.FieldDef{Object: "Thing__c", Name: "Text__c", Type: "Date"}))
	if f := three.Object("Thing__c").Field("Text__c"); f.Column != "Text__c~2" {
		t.Errorf("the new field has the column %s", f.Column)
	}
	four := with(t, three, catalog.Change{Drop: "Thing__c"})
	if four.Object("Thing__c") != nil || four.Object("Case").Child("Things__r") != nil {
		t.Error("a dropped object is still there")
	}
	five := with(t, four, object("Thing__c"))
	if o := five.Object("Thing__c"); o.Table != "Thing__c~2" || o.KeyPrefix != "a01" || o.Field("Key__c") != nil {
		t.Errorf("the new object has table %s, prefix %s and %d fields", o.Table, o.KeyPrefix, len(o.Fields))
	}
	if five.Version != one.Version+4 {
		t.Errorf("version %d after four changes of %d", five.Version, one.Version)
	}
}

func TestStandardObjectsBend(t *testing.T) {
	t.Parallel()
	s := with(t, shipped(t),
		catalog.Change{Object: &catalog.ObjectDef{Name: "case", Label: "Request", SharingModel: "Private", RecordTypes: []catalog.RecordTypeDef{{ID: "012Sa0000000001AAA", Name: "Pothole"}}}},
		field(catalog.FieldDef{Object: "CASE", Name: "priority", Label: "Urgency", TrackHistory: true, Values: []catalog.ValueDef{{Value: "Now", Default: true}, {Value: "Soon"}}}),
		field(catalog.FieldDef{Object: "Case", Name: "Ward__c", Type: "Text", Length: 10}))
	o := s.Object("Case")
	f := o.Field("Priority")
	if o.Label != "Request" || o.SharingModel != "Private" || len(o.RecordTypes) != 1 || o.RecordTypes[0].Name != "Pothole" {
		t.Errorf("object %s, %s, %v", o.Label, o.SharingModel, o.RecordTypes)
	}
	if f.Label != "Urgency" || !f.TrackHistory || f.Default.Text() != "Now" || f.DefaultValue() != "Now" || len(f.Values) != 2 {
		t.Errorf("field %+v", f)
	}
	if o.Field("Ward__c").Object != o || f.Object != o {
		t.Error("fields belong to another object")
	}
	again := with(t, s, field(catalog.FieldDef{Object: "Case", Name: "Block__c", Type: "Text", Length: 10}))
	fields := again.Object("Case").Fields
	if a, b := fields[len(fields)-2].Name, fields[len(fields)-1].Name; a != "Ward__c" || b != "Block__c" {
		t.Errorf("custom fields come as %s, %s", a, b)
	}
}

func TestPicklists(t *testing.T) {
	t.Parallel()
	o := with(t, shipped(t), each()...).Object("Thing__c")
	pick, shade, many := o.Field("Pick__c"), o.Field("Shade__c"), o.Field("Many__c")
	for text, want := range map[string]string{"green": "Green true", "OLD": "Old false", "Blue": "Blue false"} {
		v, known := pick.Canonical(text)
		if got := fmt.Sprint(v, " ", known); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if v, unknown := many.CanonicalSet("c; a;X;c"); v != "A;C;X" || len(unknown) != 1 {
		t.Errorf("set is %s, unknown %v", v, unknown)
	}
	for beside, want := range map[string]bool{"Red": false, "green": true, "Old": false, "": false} {
		if got := shade.Offers("Dark", record.OfText(beside)); got != want {
			t.Errorf("Dark beside %q: %t", beside, got)
		}
	}
}

func TestSettingsMetadataAndEvents(t *testing.T) {
	t.Parallel()
	s := with(t, shipped(t),
		catalog.Change{Object: &catalog.ObjectDef{Name: "Options__c", Label: "Options", CustomSetting: "Hierarchy"}},
		catalog.Change{Object: &catalog.ObjectDef{Name: "Rule__mdt", Label: "Rule"}},
		catalog.Change{Object: &catalog.ObjectDef{Name: "Signal__e", Label: "Signal"}},
		field(catalog.FieldDef{Object: "Options__c", Name: "Limit__c", Type: "Number", Precision: 4}),
		field(catalog.FieldDef{Object: "Rule__mdt", Name: "Value__c", Type: "Text", Length: 20}),
		field(catalog.FieldDef{Object: "Signal__e", Name: "Body__c", Type: "LongTextArea"}))
	if o := s.Object("Options__c"); !o.CustomSetting || !o.Setup || o.Field("SetupOwnerId") == nil || o.Field("OwnerId") != nil || o.KeyPrefix != "a00" {
		t.Errorf("setting %+v", o)
	}
	if o := s.Object("Rule__mdt"); o.KeyPrefix != "m00" || o.Field("QualifiedApiName") == nil || o.Createable {
		t.Errorf("metadata type %+v", o)
	}
	if o := s.Object("Signal__e"); o.KeyPrefix != "e00" || o.Kept() || o.Queryable || o.Field("Body__c").Updateable {
		t.Errorf("event %+v", o)
	}
}
