package org_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
)

// TestFields runs on one org an engine; each case has an object of its own.
func TestFields(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		run  func(*testing.T, *org.Session)
	}{
		{"EveryTypeIsMadeWrittenAndAskedFor", everyTypeIsMadeWrittenAndAskedFor},
		{"AKeySwitchedOffAndOnFindsWhatWasWrittenBetween", aKeySwitchedOffAndOnFindsWhatWasWrittenBetween},
		{"AChangedTypeKeepsValues", aChangedTypeKeepsValues},
		{"ADroppedNameIsFree", aDroppedNameIsFree},
		{"EveryKindOfRelationshipIsFollowed", everyKindOfRelationshipIsFollowed},
		{"FieldsComeAndGoWhileRowsAreWrittenAndRead", fieldsComeAndGoWhileRowsAreWrittenAndRead},
	}
	each(t, func(t *testing.T, _ *org.Org, s *org.Session) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, s) })
		}
	})
}

func change(t *testing.T, s *org.Session, changes ...catalog.Change) {
	t.Helper()
	if err := s.Change(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

func newObject(name string) catalog.Change {
	label := strings.TrimSuffix(name, "__c")
	return catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: label, LabelPlural: label + "s"}}
}

func newField(object string, d catalog.FieldDef) catalog.Change {
	d.Object = object
	if d.Label == "" {
		d.Label = strings.TrimSuffix(d.Name, "__c")
	}
	return catalog.Change{Field: &d}
}

// ask returns the rows of a query: the values of its columns, with | between them.
func ask(t *testing.T, s *org.Session, soql string) []string {
	t.Helper()
	res, err := s.Query(t.Context(), soql, org.QueryOptions{})
	if err != nil {
		t.Fatalf("%s: %v", soql, err)
	}
	rows := []string{}
	for i := range res.Len() {
		var cells []string
		for _, it := range res.Shape.Items {
			switch it.Role {
			case record.Cell:
				cells = append(cells, res.Page.Value(i, it.Col).String())
			case record.Parent:
				for _, in := range it.Parent.Items {
					cells = append(cells, res.Page.Value(i, in.Col).String())
				}
			case record.Compound:
				for _, part := range it.Parts {
					cells = append(cells, res.Page.Value(i, part.Col).String())
				}
			case record.Child:
			}
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	return rows
}

func expect(t *testing.T, s *org.Session, soql string, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, ask(t, s, soql)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", soql, diff)
	}
}

// everyTypeIsMadeWrittenAndAskedFor walks catalog.Types: what an org may define, it can write and find.
func everyTypeIsMadeWrittenAndAskedFor(t *testing.T, s *org.Session) {
	set := []catalog.ValueDef{{Value: "Red"}, {Value: "Green"}, {Value: "Blue"}}
	type sample struct {
		def        catalog.FieldDef
		write      string
		read       string
		find, miss string // conditions behind the field's name, "" where it cannot be filtered
		describe   string
	}
	samples := []sample{
		{catalog.FieldDef{Type: "Text", Length: 20}, " Elm Street ", "Elm Street", "= 'elm street'", "= 'elm'", "string 20 xsd:string fsg"},
		{catalog.FieldDef{Type: "TextArea"}, "one\ntwo", "one\ntwo", "LIKE 'one%two'", "= 'one two'", "textarea 255 xsd:string fsg"},
		{catalog.FieldDef{Type: "LongTextArea", Length: 1000}, "long", "long", "", "", "textarea 1000 xsd:string "},
		{catalog.FieldDef{Type: "Html", Length: 1000}, "<p>rich</p>", "<p>rich</p>", "", "", "textarea 1000 xsd:string "},
		{catalog.FieldDef{Type: "EncryptedText", Length: 20, MaskType: "all", MaskChar: "X"}, "secret", "", "", "", "encryptedstring 20 xsd:string "},
		{catalog.FieldDef{Type: "Email"}, "Ann@Harborview.example", "Ann@Harborview.example", "= 'ann@harborview.EXAMPLE'", "= 'ann'", "email 80 xsd:string fsg"},
		{catalog.FieldDef{Type: "Phone"}, "(555) 0100", "(555) 0100", "= '(555) 0100'", "= '5550100'", "phone 40 xsd:string fsg"},
		{catalog.FieldDef{Type: "Url"}, "https://harborview.example/a", "https://harborview.example/a", "LIKE 'HTTPS:%'", "= 'x'", "url 255 xsd:string fsg"},
		{catalog.FieldDef{Type: "Picklist", Restricted: true, Values: set}, "red", "Red", "= 'RED'", "IN ('Green', null)", "picklist 255 xsd:string fsg"},
		{catalog.FieldDef{Type: "MultiselectPicklist", Values: set}, "Blue;red", "Red;Blue", "INCLUDES ('Red;Blue')", "INCLUDES ('Red;Green')", "multipicklist 4099 xsd:string f"},
		{catalog.FieldDef{Type: "Checkbox"}, "true", "true", "= true", "= false", "boolean 0 xsd:boolean fsg"},
		{catalog.FieldDef{Type: "Number", Precision: 10, Scale: 2}, "12.345", "12.35", "= 12.35", "> 12.35", "double 0 xsd:double fs"},
		{catalog.FieldDef{Type: "Currency", Precision: 18, Scale: 2}, "5000", "5000", ">= 5000", "< 5000", "currency 0 xsd:double fs"},
		{catalog.FieldDef{Type: "Percent", Precision: 5, Scale: 1}, "12.5", "12.5", "= 12.50", "= 0.125", "percent 0 xsd:double fs"},
		{catalog.FieldDef{Type: "Date"}, "2024-05-01", "2024-05-01", "= 2024-05-01", "> 2024-05-01", "date 0 xsd:date fsg"},
		{catalog.FieldDef{Type: "DateTime"}, "2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.000Z", "= 2024-05-01T10:00:00Z", "< 2024-05-01T10:00:00Z", "datetime 0 xsd:dateTime fs"},
		{catalog.FieldDef{Type: "Time"}, "10:00:00.500Z", "10:00:00.500Z", "= 10:00:00.500Z", "> 11:00:00Z", "time 0 xsd:time fsg"},
		{catalog.FieldDef{Type: "Lookup", ReferenceTo: []string{"User"}, RelationshipName: "Samples"}, string(s.Org().Admin()), string(s.Org().Admin()),
			"= '" + string(s.Org().Admin()) + "'", "= null", "reference 18 tns:ID fsg"},
		{catalog.FieldDef{Type: "Location", Scale: 6}, "", "", "", "", "location 0 urn:location f"},
		{catalog.FieldDef{Type: "AutoNumber", DisplayFormat: "S-{0000}"}, "", "S-0001", "= 's-0001'", "= 'S-0002'", "string 30 xsd:string fsg"},
	}
	changes := []catalog.Change{newObject("Sample__c")}
	covered := map[string]bool{}
	d := draft("Sample__c", "Name", "sample")
	for i := range samples {
		sm := &samples[i]
		sm.def.Name = sm.def.Type + "__c"
		covered[sm.def.Type] = true
		changes = append(changes, newField("Sample__c", sm.def))
		if sm.write != "" {
			d.Set(sm.def.Name, record.OfText(sm.write))
		}
	}
	for _, typ := range catalog.Types {
		if typ.Metadata != "" && !covered[typ.Metadata] {
			t.Errorf("%s is not tried", typ.Metadata)
		}
	}
	change(t, s, changes...)
	d.Set("Location__Latitude__s", record.OfText("59.91")).Set("Location__Longitude__s", record.OfText("10.75"))
	insert(t, s, d)
	o := s.Catalog().Object("sample__C")
	for _, sm := range samples {
		name := sm.def.Name
		f := o.Field(strings.ToUpper(name))
		if f == nil {
			t.Errorf("%s is not described", name)
			continue
		}
		flags := ""
		for _, c := range []struct {
			is   bool
			flag string
		}{{f.Filterable, "f"}, {f.Sortable, "s"}, {f.Groupable, "g"}} {
			if c.is {
				flags += c.flag
			}
		}
		if got := fmt.Sprintf("%s %d %s %s", f.Type.Name, f.Length, f.Type.SOAP, flags); got != sm.describe {
			t.Errorf("%s is described as %q, want %q", name, got, sm.describe)
		}
		if sm.read != "" {
			expect(t, s, "SELECT "+name+" FROM Sample__c", sm.read)
		}
		if sm.find != "" {
			expect(t, s, "SELECT Name FROM Sample__c WHERE "+name+" "+sm.find, "sample")
			expect(t, s, "SELECT Name FROM Sample__c WHERE "+name+" "+sm.miss)
			expect(t, s, "SELECT Name FROM Sample__c WHERE NOT "+name+" "+sm.miss, "sample")
		}
	}
	expect(t, s, "SELECT Location__c FROM Sample__c WHERE DISTANCE(Location__c, GEOLOCATION(59.9, 10.7), 'km') < 10", "59.91|10.75")
	if got := ask(t, s, "SELECT EncryptedText__c FROM Sample__c"); len(got) != 1 || got[0] == "" {
		t.Errorf("the encrypted text reads %q", got)
	}
}

func aKeySwitchedOffAndOnFindsWhatWasWrittenBetween(t *testing.T, s *org.Session) {
	for _, key := range []struct {
		name string
		on   catalog.FieldDef
	}{
		{"External__c", catalog.FieldDef{Type: "Text", Length: 20, ExternalID: true}},
		{"Unique__c", catalog.FieldDef{Type: "Text", Length: 20, Unique: true}},
		{"Both__c", catalog.FieldDef{Type: "Text", Length: 20, Unique: true, ExternalID: true}},
	} {
		object := "K" + key.name
		key.on.Name = key.name
		off := key.on
		off.Unique, off.ExternalID = false, false
		change(t, s, newObject(object), newField(object, key.on))
		ids := insert(t, s, draft(object, key.name, "Elm"), draft(object, key.name, "Oak"))
		change(t, s, newField(object, off))
		update := draft(object, key.name, "Ash")
		update.ID = ids[0]
		if res, err := s.Update(t.Context(), []record.Draft{update}, org.WriteOptions{}); err != nil || !res[0].OK() {
			t.Fatal(res, err)
		}
		insert(t, s, draft(object, key.name, "Fir"))
		change(t, s, newField(object, key.on))
		for value, want := range map[string][]string{"ELM": {}, "ASH": {"Ash"}, "OAK": {"Oak"}, "FIR": {"Fir"}} {
			expect(t, s, "SELECT "+key.name+" FROM "+object+" WHERE "+key.name+" = '"+value+"'", want...)
		}
		if !key.on.Unique {
			continue
		}
		res, err := s.Insert(t.Context(), []record.Draft{draft(object, key.name, "aSH"), draft(object, key.name, "elm")}, org.WriteOptions{})
		if err != nil || res[0].OK() || !res[1].OK() {
			t.Errorf("%s: a value that is there was accepted, or one that is not refused: %v, %v", key.name, res, err)
		}
	}
}

func aChangedTypeKeepsValues(t *testing.T, s *org.Session) {
	f := func(d catalog.FieldDef) catalog.Change {
		d.Name = "Value__c"
		return newField("Changing__c", d)
	}
	change(t, s, newObject("Changing__c"), f(catalog.FieldDef{Type: "Number", Precision: 6, Scale: 0}))
	insert(t, s, draft("Changing__c", "Value__c", "42"))
	for _, step := range []struct {
		to   catalog.FieldDef
		find string
	}{
		{catalog.FieldDef{Type: "Number", Precision: 6, Scale: 2, Label: "Sum"}, "= 42"},
		{catalog.FieldDef{Type: "Currency", Precision: 10, Scale: 2}, "= 42.0"},
		{catalog.FieldDef{Type: "Text", Length: 10}, "LIKE '42%'"},
		{catalog.FieldDef{Type: "Text", Length: 255, Unique: true}, "LIKE '42%'"},
		{catalog.FieldDef{Type: "TextArea"}, "LIKE '42%'"},
	} {
		change(t, s, f(step.to))
		if got := ask(t, s, "SELECT Id FROM Changing__c WHERE Value__c "+step.find); len(got) != 1 {
			t.Errorf("as %s: %d rows with Value__c %s", step.to.Type, len(got), step.find)
		}
	}
	if err := s.Change(t.Context(), f(catalog.FieldDef{Type: "Checkbox"})); err == nil {
		t.Error("a text becomes a checkbox")
	}
}

func aDroppedNameIsFree(t *testing.T, s *org.Session) {
	text := newField("Again__c", catalog.FieldDef{Name: "Word__c", Type: "Text", Length: 10})
	number := newField("Again__c", catalog.FieldDef{Name: "Word__c", Type: "Number", Precision: 5})
	change(t, s, newObject("Again__c"), text)
	first := s.Catalog().Object("Again__c").KeyPrefix
	insert(t, s, draft("Again__c", "Name", "old", "Word__c", "old"))
	change(t, s, catalog.Change{Drop: "Again__c.Word__c"})
	if _, err := s.Query(t.Context(), "SELECT Word__c FROM Again__c", org.QueryOptions{}); err == nil {
		t.Error("a dropped field is found")
	}
	change(t, s, number)
	expect(t, s, "SELECT Name, Word__c FROM Again__c", "old|")
	change(t, s, catalog.Change{Drop: "Again__c"})
	if _, err := s.Query(t.Context(), "SELECT Id FROM Again__c", org.QueryOptions{}); err == nil {
		t.Error("a dropped object is found")
	}
	change(t, s, newObject("Again__c"), text)
	expect(t, s, "SELECT Name, Word__c FROM Again__c")
	if now := s.Catalog().Object("Again__c").KeyPrefix; now == first {
		t.Errorf("the prefix %s is given out again", now)
	}
}

func everyKindOfRelationshipIsFollowed(t *testing.T, s *org.Session) {
	yes := true
	detail := newObject("Detail__c")
	detail.Object.Activities = &yes
	change(t, s, newObject("Master__c"), detail,
		newField("Detail__c", catalog.FieldDef{Name: "Master__c", Type: "MasterDetail", ReferenceTo: []string{"Master__c"}, RelationshipName: "Details"}),
		newField("Detail__c", catalog.FieldDef{Name: "Twin__c", Type: "Lookup", ReferenceTo: []string{"Detail__c"}, RelationshipName: "Twins"}),
	)
	m := insert(t, s, draft("Master__c", "Name", "master"))[0]
	a := insert(t, s, draft("Detail__c", "Name", "a", "Master__c", string(m)))[0]
	b := insert(t, s, draft("Detail__c", "Name", "b", "Master__c", string(m), "Twin__c", string(a)))[0]
	expect(t, s, "SELECT Name, Master__r.Name FROM Detail__c WHERE Master__r.Name = 'MASTER' ORDER BY Name", "a|master", "b|master")
	expect(t, s, "SELECT Name, Twin__r.Name FROM Detail__c WHERE Twin__r.Master__r.Name = 'master'", "b|a")
	expect(t, s, "SELECT Name FROM Master__c WHERE Id IN (SELECT Master__c FROM Detail__c WHERE Name = 'b')", "master")
	res, err := s.Query(t.Context(), "SELECT Id, (SELECT Name FROM Details__r ORDER BY Name) FROM Master__c", org.QueryOptions{})
	if err != nil || res.Children[0].Result.Len() != 2 {
		t.Errorf("%d details, %v", res.Children[0].Result.Len(), err)
	}
	insert(t, s, draft("Task", "Subject", "walk", "WhatId", string(b)))
	expect(t, s, "SELECT Subject, What.Name FROM Task WHERE What.Type = 'Detail__c'", "walk|b")
	if f := s.Catalog().Object("User").Field("ManagerId"); f == nil || len(f.ReferenceTo) != 1 || f.ReferenceTo[0] != "User" {
		t.Error("users have no managers")
	}
	if _, err := s.Insert(t.Context(), []record.Draft{draft("Detail__c", "Name", "orphan")}, org.WriteOptions{AllOrNone: true}); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "SELECT Name FROM Detail__c WHERE Name = 'orphan'")
}

func fieldsComeAndGoWhileRowsAreWrittenAndRead(t *testing.T, s *org.Session) {
	change(t, s, newObject("Busy__c"), newField("Busy__c", catalog.FieldDef{Name: "Key__c", Type: "Text", Length: 20}))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	written := 0
	for worker := range 3 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				res, err := s.Insert(t.Context(), []record.Draft{draft("Busy__c", "Key__c", fmt.Sprintf("Key-%d-%d", worker, n))}, org.WriteOptions{})
				if err != nil || !res[0].OK() {
					t.Errorf("insert: %v, %v", res, err)
					return
				}
				mu.Lock()
				written++
				mu.Unlock()
				if _, err := s.Query(t.Context(), "SELECT Id, Name, Key__c FROM Busy__c WHERE Key__c LIKE 'KEY-%' LIMIT 20", org.QueryOptions{}); err != nil {
					t.Errorf("query: %v", err)
					return
				}
			}
		})
	}
	for i := range 12 {
		change(t, s, newField("Busy__c", catalog.FieldDef{Name: "Key__c", Type: "Text", Length: 20, ExternalID: i%2 == 0}),
			newField("Busy__c", catalog.FieldDef{Name: fmt.Sprintf("More%d__c", i), Type: "Number", Precision: 5}))
		if i%3 == 2 {
			change(t, s, catalog.Change{Drop: fmt.Sprintf("Busy__c.More%d__c", i)})
		}
	}
	change(t, s, newField("Busy__c", catalog.FieldDef{Name: "Key__c", Type: "Text", Length: 20, ExternalID: true}))
	close(stop)
	wg.Wait()
	res, err := s.Query(t.Context(), "SELECT COUNT() FROM Busy__c WHERE Key__c LIKE 'key-%'", org.QueryOptions{})
	if err != nil || res.Total != written || written == 0 {
		t.Errorf("%d rows of %d are found, %v", res.Total, written, err)
	}
}
