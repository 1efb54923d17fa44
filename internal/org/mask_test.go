package org_test

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// A review is an org in which people are judged without their names.
type review struct {
	o                  *org.Org
	system             *org.Session
	blind, open, entry record.ID
}

// admin returns a new session of the administrator, who may change all data.
func (r *review) admin(t *testing.T) *org.Session {
	t.Helper()
	a, _, ok, err := r.o.UserByID(t.Context(), r.o.Admin())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	s, err := r.o.Session(t.Context(), a, org.REST, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMask runs on one org an engine, in order: the last case gives the administrator the permission to see.
func TestMask(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }, Masks: []org.Mask{{
			Object: "Person__c", Fields: []string{"Name", "Mail__c", "Phone__c", "Score__c"}, Unless: "See_Names",
			While: org.Cond{Field: "Blind__c", Op: org.Equal, Values: []record.Value{record.OfBool(true)}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
			t.Fatal(err)
		}
		s, err := o.System(t.Context(), org.System, "operation")
		if err != nil {
			t.Fatal(err)
		}
		yes := true
		field := func(object, name, kind string) catalog.Change {
			return catalog.Change{Field: &catalog.FieldDef{Object: object, Name: name, Label: name, Type: kind, Length: 80}}
		}
		mail, phone, score, who := field("Person__c", "Mail__c", "Text"), field("Person__c", "Phone__c", "Text"), field("Person__c", "Score__c", "Number"), field("Entry__c", "Person__c", "Lookup")
		mail.Field.Unique, mail.Field.ExternalID, phone.Field.TrackHistory = true, true, true
		score.Field.Length, score.Field.Precision = 0, 5
		who.Field.Length, who.Field.ReferenceTo, who.Field.RelationshipName, who.Field.TrackHistory = 0, []string{"Person__c"}, "Entries", true
		flag := field("Person__c", "Blind__c", "Checkbox")
		flag.Field.Length, flag.Field.Default = 0, "false"
		err = s.Change(t.Context(),
			catalog.Change{Object: &catalog.ObjectDef{Name: "Person__c", Label: "Person", LabelPlural: "People", History: &yes, Search: &yes}},
			catalog.Change{Object: &catalog.ObjectDef{Name: "Entry__c", Label: "Entry", LabelPlural: "Entries", History: &yes}},
			mail, phone, score, flag, field("Person__c", "Note__c", "Text"), who)
		if err != nil {
			t.Fatal(err)
		}
		blind := draft("Person__c", "Name", "Zoltan Hidden", "Mail__c", "zoltan@example.org", "Phone__c", "111", "Note__c", "tall")
		blind.Set("Score__c", record.OfInt(42)).Set("Blind__c", record.OfBool(true))
		open := draft("Person__c", "Name", "Olga Open", "Mail__c", "olga@example.org", "Phone__c", "222")
		open.Set("Score__c", record.OfInt(7))
		people := insert(t, s, blind, open)
		entry := insert(t, s, draft("Entry__c", "Name", "E1", "Person__c", string(people[0])))
		r := &review{o: o, system: s, blind: people[0], open: people[1], entry: entry[0]}
		for _, c := range []struct {
			name string
			run  func(*testing.T, *review)
		}{
			{"hides from who may change everything", maskHidesFromAdministrators},
			{"cannot be probed", maskCannotBeProbed},
			{"hides what was", maskHidesHistory},
			{"refuses writes of what is hidden", maskRefusesWrites},
			{"does not tell whether a key is taken", maskKeepsKeys},
			{"holds for guests and not for the engine", maskHoldsForGuests},
			{"is lifted by its permission", maskIsLifted},
		} {
			t.Run(c.name, func(t *testing.T) { c.run(t, r) })
		}
	})
}

// answers returns what a query answers in one column.
func answers(t *testing.T, s *org.Session, soql string, path ...string) []string {
	t.Helper()
	res, err := s.Query(t.Context(), soql, org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for row := range res.Len() {
		out = append(out, res.Get(row, path...).String())
	}
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func maskHidesFromAdministrators(t *testing.T, r *review) {
	s := r.admin(t)
	if !s.Can("ModifyAllData") || s.Custom("See_Names") {
		t.Fatal("the administrator is no case for this")
	}
	for _, f := range []string{"Name", "Mail__c", "Phone__c", "Score__c"} {
		q := "SELECT " + f + " FROM Person__c ORDER BY Id"
		got := answers(t, s, q, f)
		if got[0] != "" || got[1] == "" {
			t.Errorf("%s: %q", q, got)
		}
	}
	same(t, "a field beside", answers(t, s, "SELECT Note__c FROM Person__c WHERE Blind__c = true", "Note__c"), "tall")
	same(t, "of an entry", answers(t, s, "SELECT Person__r.Name, Person__r.Note__c FROM Entry__c", "Person__r", "Name"), "")
	seen := []string{}
	for range 2 { // the first look is known to the second
		same(t, "of what was seen", answers(t, s, "SELECT Name FROM RecentlyViewed WHERE Type = 'Person__c' AND Name != 'Olga Open'", "Name"), seen...)
		answers(t, s, "SELECT Id FROM Person__c WHERE Blind__c = true FOR VIEW", "Id")
		seen = []string{""}
	}
	one, err := s.Retrieve(t.Context(), "Person__c", r.blind, nil)
	if err != nil || !one.Get(0, "Name").IsNull() || !one.Get(0, "Score__c").IsNull() {
		t.Errorf("retrieve: %v, %v", one.Get(0, "Name"), err)
	}
	if err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		res, err := tx.Query(ctx, "SELECT Name FROM Person__c WHERE Blind__c = true", org.QueryOptions{})
		if err == nil && !res.Get(0, "Name").IsNull() {
			t.Error("a unit of work sees what is hidden")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func maskCannotBeProbed(t *testing.T, r *review) {
	s := r.admin(t)
	for n := range 50 { // by halves, or one by one
		q := "SELECT Id FROM Person__c WHERE Blind__c = true AND Score__c >= " + record.OfInt(int64(n)).String()
		same(t, q, answers(t, s, q, "Id"))
	}
	for _, w := range []string{
		"Name LIKE 'Z%'", "Name = 'zoltan hidden'", "Mail__c IN ('zoltan@example.org')", "NOT (Name != 'Zoltan Hidden')", "Phone__c > '0'", "Name != null",
		"Id IN (SELECT Person__c FROM Entry__c WHERE Person__r.Name LIKE 'Zol%')",
	} {
		q := "SELECT Id FROM Person__c WHERE Blind__c = true AND " + w
		same(t, q, answers(t, s, q, "Id"))
	}
	same(t, "order", answers(t, s, "SELECT Id FROM Person__c ORDER BY Name DESC NULLS LAST", "Id"), string(r.open), string(r.blind))
	same(t, "extreme", answers(t, s, "SELECT MAX(Name) n FROM Person__c", "n"), "Olga Open")
	same(t, "extreme of numbers", answers(t, s, "SELECT MAX(Score__c) n FROM Person__c", "n"), "7")
	same(t, "sum", answers(t, s, "SELECT SUM(Score__c) n FROM Person__c", "n"), "7")
	same(t, "number of", answers(t, s, "SELECT COUNT(Mail__c) n FROM Person__c", "n"), "1")
	same(t, "having", answers(t, s, "SELECT Name n FROM Person__c GROUP BY Name HAVING MAX(Score__c) > 10", "n"))
	for word, want := range map[string]int{"Zoltan": 0, "tall": 0, "Olga": 1, "Zolt* OR Olga": 1} {
		found, err := s.Search(t.Context(), "FIND {"+word+"} IN ALL FIELDS RETURNING Person__c(Id, Name)")
		if err != nil || len(found) != 1 || found[0].Len() != want {
			t.Errorf("FIND %s: %v, %v, want %d", word, found, err, want)
		}
	}
}

func maskHidesHistory(t *testing.T, r *review) {
	d := draft("Person__c", "Phone__c", "333")
	d.ID = r.blind
	moved := draft("Entry__c", "Person__c", string(r.open))
	moved.ID = r.entry
	for _, d := range []record.Draft{d, moved} {
		if res, err := r.system.Update(t.Context(), []record.Draft{d}, org.WriteOptions{}); err != nil || !res[0].OK() {
			t.Fatal(res, err)
		}
	}
	s := r.admin(t)
	phones := "SELECT OldValue, NewValue FROM Person__History WHERE Field = 'Phone__c'"
	same(t, "what was", answers(t, r.system, phones, "OldValue"), "111")
	same(t, "what was", answers(t, s, phones, "OldValue"), "")
	same(t, "what came", answers(t, s, phones, "NewValue"), "")
	names := "SELECT NewValue FROM Entry__History WHERE Field = 'Person__c' AND DataType = 'Text'"
	same(t, "a name that came", answers(t, r.system, names, "NewValue"), "Olga Open")
	same(t, "a name that was", answers(t, s, "SELECT OldValue FROM Entry__History WHERE Field = 'Person__c' AND DataType = 'Text'", "OldValue"), "")
	moved.Set("Person__c", record.OfText(string(r.blind)))
	if res, err := r.system.Update(t.Context(), []record.Draft{moved}, org.WriteOptions{}); err != nil || !res[0].OK() {
		t.Fatal(res, err)
	}
}

// refused holds that a write was refused because of fields.
func refused(t *testing.T, what string, res []org.SaveResult, err error, fields ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if res[0].OK() {
		t.Errorf("%s is done", what)
		return
	}
	if e := res[0].Errors[0]; e.Code != fault.InsufficientAccess || !slices.Equal(e.Fields, fields) {
		t.Errorf("%s: %v on %q, want INSUFFICIENT_ACCESS_OR_READONLY on %q", what, e, e.Fields, fields)
	}
}

func maskRefusesWrites(t *testing.T, r *review) {
	s := r.admin(t)
	update := func(id record.ID, pairs ...string) ([]org.SaveResult, error) {
		d := draft("Person__c", pairs...)
		d.ID = id
		return s.Update(t.Context(), []record.Draft{d}, org.WriteOptions{})
	}
	res, err := update(r.blind, "Phone__c", "9", "Name", "X", "Note__c", "short")
	refused(t, "a write of hidden fields", res, err, "Name", "Phone__c")
	if res, err = update(r.blind, "Note__c", "tall"); err != nil || !res[0].OK() {
		t.Errorf("a field beside: %v, %v", res, err)
	}
	if res, err = update(r.open, "Phone__c", "222"); err != nil || !res[0].OK() {
		t.Errorf("a record that is not hidden: %v, %v", res, err)
	}
	fresh := draft("Person__c", "Name", "New", "Phone__c", "5")
	if res, err = s.Insert(t.Context(), []record.Draft{fresh}, org.WriteOptions{}); err != nil || !res[0].OK() {
		t.Errorf("a new record that is not hidden: %v, %v", res, err)
	} else if _, err := s.Delete(t.Context(), []record.ID{res[0].ID}, org.WriteOptions{}); err != nil {
		t.Error(err)
	}
	fresh.Set("Blind__c", record.OfBool(true))
	res, err = s.Insert(t.Context(), []record.Draft{fresh}, org.WriteOptions{})
	refused(t, "a new record that is hidden", res, err, "Name", "Phone__c")
}

func maskKeepsKeys(t *testing.T, r *review) {
	s := r.admin(t)
	for _, mail := range []string{"zoltan@example.org", "nobody@example.org"} { // taken or not, the answer is the same
		d := draft("Person__c", "Mail__c", mail)
		res, err := s.Insert(t.Context(), []record.Draft{d}, org.WriteOptions{})
		refused(t, "an insert of a key", res, err, "Mail__c")
		res, err = s.Upsert(t.Context(), "Mail__c", []record.Draft{d}, org.WriteOptions{})
		refused(t, "an upsert by a key", res, err, "Mail__c")
		d.ID = r.open
		res, err = s.Update(t.Context(), []record.Draft{d}, org.WriteOptions{})
		refused(t, "an update of a key", res, err, "Mail__c")
		parent := draft("Person__c", "Mail__c", mail)
		e := draft("Entry__c", "Name", "E2")
		e.Fields = append(e.Fields, record.DraftField{Name: "Person__r", Parent: &parent})
		res, err = s.Insert(t.Context(), []record.Draft{e}, org.WriteOptions{})
		refused(t, "a parent by a key", res, err, "Person__r.Mail__c")
	}
}

func maskHoldsForGuests(t *testing.T, r *review) {
	g := guestOf(t, r.o, org.Actor{}, org.Scope{"Person__c": {Rows: []org.Grant{{}}}})
	same(t, "a guest", answers(t, g, "SELECT Name FROM Person__c ORDER BY Id", "Name"), "", "Olga Open")
	same(t, "the engine", answers(t, r.system, "SELECT Name FROM Person__c ORDER BY Id", "Name"), "Zoltan Hidden", "Olga Open")
}

func maskIsLifted(t *testing.T, r *review) {
	p, err := org.ReadPackage(fstest.MapFS{
		"customPermissions/See_Names.customPermission-meta.xml": {Data: []byte(`<CustomPermission xmlns="http://soap.sforce.com/2006/04/metadata"><label>See names</label></CustomPermission>`)},
		"permissionsets/Chair.permissionset-meta.xml": {Data: []byte(`<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><label>Chair</label>` +
			`<customPermissions><enabled>true</enabled><name>See_Names</name></customPermissions></PermissionSet>`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.o.Install(t.Context(), "review", p, nil); err != nil {
		t.Fatal(err)
	}
	set := answers(t, r.system, "SELECT Id FROM PermissionSet WHERE Name = 'Chair'", "Id")
	if got := answers(t, r.admin(t), "SELECT Name FROM Person__c WHERE Blind__c = true", "Name"); got[0] != "" {
		t.Errorf("without the set: %q", got)
	}
	insert(t, r.system, draft("PermissionSetAssignment", "AssigneeId", string(r.o.Admin()), "PermissionSetId", set[0]))
	s := r.admin(t)
	if !s.Custom("see_names") {
		t.Fatal("the administrator lacks the permission")
	}
	same(t, "with the set", answers(t, s, "SELECT Name FROM Person__c WHERE Name LIKE 'zol%'", "Name"), "Zoltan Hidden")
	d := draft("Person__c", "Phone__c", "444")
	d.ID = r.blind
	if res, err := s.Update(t.Context(), []record.Draft{d}, org.WriteOptions{}); err != nil || !res[0].OK() {
		t.Errorf("a write with the set: %v, %v", res, err)
	}
}
