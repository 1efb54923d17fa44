package org_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestGuest runs on one org an engine, since making one takes seconds on PostgreSQL.
func TestGuest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		dir := t.TempDir()
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: dir, Report: func(err error) { t.Error(err) }})
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
		town := insert(t, s, draft("Account", "Name", "Town"), draft("Account", "Name", "Village"))
		people := insert(t, s,
			draft("Contact", "LastName", "Ng", "Email", "ng@example.org", "AccountId", string(town[0])),
			draft("Contact", "LastName", "Ode", "AccountId", string(town[1])),
			draft("Contact", "LastName", "Pan", "AccountId", string(town[1])))
		g := guestOf(t, o, org.Actor{}, org.Scope{
			"Contact": {Fields: []string{"LastName", "AccountId"}, Rows: []org.Grant{{{Field: "LastName", Op: org.In, Values: []record.Value{record.OfText("ng"), record.OfText("ODE")}}}}},
			"Account": {Rows: []org.Grant{{{Field: "Name", Op: org.Equal, Values: []record.Value{record.OfText("Town")}}}}},
		})
		t.Run("sees the rows of its scope", func(t *testing.T) { seesTheRowsOfItsScope(t, g, people) })
		t.Run("is told of nothing else", func(t *testing.T) { isToldOfNothingElse(t, s, g, people) })
		t.Run("writes nothing", func(t *testing.T) { writesNothing(t, g, people[0]) })
		t.Run("asks for more only within its scope", func(t *testing.T) { asksForMoreWithinItsScope(t, o, g) })
		t.Run("is in the register", func(t *testing.T) {
			if g.Receipt() == "" {
				t.Error("the guest's reads have no receipt")
			}
			if !journalHas(t, dir, `"actor":"guest"`) {
				t.Error("no use entry names the guest")
			}
			u := guestOf(t, o, org.Actor{User: o.Admin(), UserType: "CspLitePortal"}, org.Scope{"Account": {Rows: []org.Grant{{}}}})
			if _, err := u.Query(t.Context(), "SELECT Name FROM Account", org.QueryOptions{}); err != nil {
				t.Fatal(err)
			}
			if u.Actor().UserType != "CspLitePortal" || !journalHas(t, dir, `"actor":"`+string(o.Admin())+`"`) {
				t.Errorf("the actor that was given is %q, or not in the register", u.Actor().UserType)
			}
		})
		t.Run("needs a scope that the catalog has", func(t *testing.T) { needsAScopeThatTheCatalogHas(t, o) })
	})
}

func guestOf(t *testing.T, o *org.Org, a org.Actor, sc org.Scope) *org.Session {
	t.Helper()
	g, err := o.Guest(t.Context(), org.Portal, "", a, sc)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// journalHas reports whether a file of the journal holds a text.
func journalHas(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func seesTheRowsOfItsScope(t *testing.T, g *org.Session, people []record.ID) {
	if g.Actor().UserType != "Guest" || g.Actor().User != "" {
		t.Errorf("the public is %+v", g.Actor())
	}
	res, err := g.Query(t.Context(), "SELECT Id, LastName, Account.Name FROM Contact ORDER BY LastName", org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row := range res.Len() {
		got = append(got, res.Get(row, "LastName").Text()+" of "+res.Get(row, "Account", "Name").Text())
	}
	if want := []string{"Ng of Town", "Ode of "}; !slices.Equal(got, want) {
		t.Errorf("the guest sees %q, want %q", got, want)
	}
	one, err := g.Retrieve(t.Context(), "Contact", people[0], nil)
	if err != nil || one.Get(0, "LastName").Text() != "Ng" || !one.Get(0, "Email").IsNull() {
		t.Errorf("retrieve: %v, %v", one, err)
	}
	plans, err := g.Explain(t.Context(), "SELECT Id FROM Contact")
	if err != nil || plans[0].ObjectCardinality != 2 {
		t.Errorf("explain: %+v, %v", plans, err)
	}
	found, err := g.Search(t.Context(), "FIND {Pan OR Ode} IN ALL FIELDS RETURNING Contact(Id)")
	if err != nil || len(found) != 1 || found[0].Len() != 1 || found[0].ID(0) != people[1] {
		t.Errorf("search: %v, %v", found, err)
	}
}

func isToldOfNothingElse(t *testing.T, s, g *org.Session, people []record.ID) {
	for soql, want := range map[string]fault.Code{
		"SELECT Email FROM Contact":                                       fault.InvalidField,
		"SELECT Id FROM Contact WHERE Email != null":                      fault.InvalidField,
		"SELECT Id FROM Contact ORDER BY Email":                           fault.InvalidField,
		"SELECT Owner.Name FROM Contact":                                  fault.InvalidField,
		"SELECT Id FROM Case":                                             fault.InvalidType,
		"SELECT Id, (SELECT Id FROM Cases) FROM Contact":                  fault.InvalidType,
		"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Case)": fault.InvalidType,
		"SELECT Id FROM Contact USING SCOPE mine":                         fault.MalformedQuery,
		"SELECT Id FROM UserRecordAccess WHERE UserId = '" + string(s.Actor().User) + "' AND RecordId = '" + string(people[2]) + "'": fault.InvalidType,
	} {
		if _, err := g.Query(t.Context(), soql, org.QueryOptions{}); code(err) != want {
			t.Errorf("%s: %v, want %s", soql, err, want)
		}
	}
	gone := insert(t, s, draft("Contact", "LastName", "Ng"))
	if _, err := s.Delete(t.Context(), gone, org.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]record.ID{"hidden": people[2], "deleted": gone[0]} {
		if _, err := g.Retrieve(t.Context(), "Contact", id, nil); code(err) != fault.NotFound {
			t.Errorf("a %s contact: %v, want NOT_FOUND", what, err)
		}
	}
	res, err := g.Query(t.Context(), "SELECT COUNT() FROM Contact", org.QueryOptions{All: true})
	if err != nil || res.Total != 2 {
		t.Errorf("with deleted rows: %v, %v, want 2", res, err)
	}
	if _, err := g.Retrieve(t.Context(), "Case", people[2], nil); code(err) != fault.NotFound {
		t.Errorf("retrieve of a case: %v, want NOT_FOUND", err)
	}
}

func writesNothing(t *testing.T, g *org.Session, id record.ID) {
	d := draft("Contact", "LastName", "Ox")
	mine := d
	mine.ID = id
	for what, write := range map[string]func() error{
		"insert": func() error { _, err := g.Insert(t.Context(), []record.Draft{d}, org.WriteOptions{}); return err },
		"update": func() error { _, err := g.Update(t.Context(), []record.Draft{mine}, org.WriteOptions{}); return err },
		"upsert": func() error {
			_, err := g.Upsert(t.Context(), "Id", []record.Draft{mine}, org.WriteOptions{})
			return err
		},
		"delete":   func() error { _, err := g.Delete(t.Context(), []record.ID{id}, org.WriteOptions{}); return err },
		"undelete": func() error { _, err := g.Undelete(t.Context(), []record.ID{id}, org.WriteOptions{}); return err },
		"merge":    func() error { _, err := g.Merge(t.Context(), mine, []record.ID{id}); return err },
		"unit of work": func() error {
			return g.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
				_, err := tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{})
				return err
			})
		},
		"grant": func() error { return g.Grant(t.Context(), org.Rights{Read: true}, []string{"Standard User"}, "Case") },
	} {
		if err := write(); code(err) != fault.InsufficientAccess {
			t.Errorf("%s: %v, want INSUFFICIENT_ACCESS_OR_READONLY", what, err)
		}
	}
}

func asksForMoreWithinItsScope(t *testing.T, o *org.Org, g *org.Session) {
	res, err := g.Query(t.Context(), "SELECT LastName FROM Contact ORDER BY LastName", org.QueryOptions{BatchSize: 1})
	if err != nil || res.Next == "" {
		t.Fatalf("the first batch: %v, %v", res, err)
	}
	other := guestOf(t, o, org.Actor{}, org.Scope{"Contact": {Rows: []org.Grant{{{Field: "LastName", Op: org.Equal, Values: []record.Value{record.OfText("Pan")}}}}}})
	if more, err := other.More(t.Context(), res.Next, 10); err != nil || more.Len() != 0 {
		t.Errorf("another guest's locator gave %d rows, %v", more.Len(), err)
	}
	more, err := g.More(t.Context(), res.Next, 10)
	if err != nil || more.Len() != 1 || more.Get(0, "LastName").Text() != "Ode" {
		t.Errorf("the next batch: %v, %v", more, err)
	}
}

func needsAScopeThatTheCatalogHas(t *testing.T, o *org.Org) {
	one := func(c org.Cond) org.Scope { return org.Scope{"Contact": {Rows: []org.Grant{{c}}}} }
	for what, sc := range map[string]org.Scope{
		"no such object":       {"Nothing__c": {}},
		"an object of no rows": {"UserRecordAccess": {}},
		"no such field":        {"Contact": {Fields: []string{"Nothing__c"}}},
		"no stored field":      one(org.Cond{Field: "MailingAddress", Op: org.Null}),
		"no value":             one(org.Cond{Field: "LastName", Op: org.Equal}),
		"a value too many":     one(org.Cond{Field: "LastName", Op: org.Null, Values: []record.Value{record.OfText("x")}}),
		"another kind":         one(org.Cond{Field: "LastName", Op: org.Equal, Values: []record.Value{record.OfInt(1)}}),
		"no order":             one(org.Cond{Field: "LastName", Op: org.IsBefore, Values: []record.Value{record.OfText("x")}}),
		"no reference":         one(org.Cond{Field: "LastName", Op: org.Visible}),
		"no operator":          one(org.Cond{Field: "LastName", Op: 99}),
	} {
		if _, err := o.Guest(t.Context(), org.Portal, "", org.Actor{}, sc); err == nil {
			t.Errorf("a scope with %s is taken", what)
		}
	}
	if _, err := o.Guest(t.Context(), org.Portal, "no purpose!", org.Actor{}, org.Scope{}); err == nil {
		t.Error("a purpose without its form is taken")
	}
}
