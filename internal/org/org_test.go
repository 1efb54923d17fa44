package org_test

import (
	"errors"
	"testing"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// each runs f on a new org of each engine, with a session of the engine itself.
func each(t *testing.T, f func(*testing.T, *org.Org, *org.Session)) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }})
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
		f(t, o, s)
	})
}

// TestOrg runs on one org an engine, since making one takes seconds on PostgreSQL; the first case sees it as it was made.
func TestOrg(t *testing.T) {
	cases := []struct {
		name string
		run  func(*testing.T, *org.Org, *org.Session)
	}{
		{"ANewOrgHasItsFirstRows", aNewOrgHasItsFirstRows},
		{"ACursorGoesOnWhereItsBatchEnded", aCursorGoesOnWhereItsBatchEnded},
		{"ASecretIsTakenOnce", aSecretIsTakenOnce},
		{"AChangeOfTheCatalogIsUsableAtOnce", aChangeOfTheCatalogIsUsableAtOnce},
		{"AccessFollowsPermissionsAtOnce", accessFollowsPermissionsAtOnce},
		{"APurposeMustHaveItsForm", aPurposeMustHaveItsForm},
		{"AWriteWithANameIsDoneOnce", aWriteWithANameIsDoneOnce},
		{"TooManyRecordsAreRefused", tooManyRecordsAreRefused},
		{"ListViewsAreRowsThatTheirReadersSee", listViewsAreRowsThatTheirReadersSee},
	}
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, o, s) })
		}
	})
}

func draft(object string, pairs ...string) record.Draft {
	d := record.Draft{Object: object}
	for i := 0; i < len(pairs); i += 2 {
		d.Set(pairs[i], record.OfText(pairs[i+1]))
	}
	return d
}

func insert(t *testing.T, s *org.Session, drafts ...record.Draft) []record.ID {
	t.Helper()
	var ids []record.ID
	for len(drafts) > 0 {
		n := min(200, len(drafts))
		res, err := s.Insert(t.Context(), drafts[:n], org.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range res {
			if !r.OK() {
				t.Fatal(r.Errors[0])
			}
			ids = append(ids, r.ID)
		}
		drafts = drafts[n:]
	}
	return ids
}

func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func aNewOrgHasItsFirstRows(t *testing.T, o *org.Org, s *org.Session) {
	for soql, want := range map[string]int{
		"SELECT Id FROM Organization":                              1,
		"SELECT Id FROM User WHERE IsActive = true":                1,
		"SELECT Id FROM Profile WHERE Name = 'Standard User'":      1,
		"SELECT Id FROM CaseStatus WHERE IsClosed = true":          1,
		"SELECT Id FROM EntityDefinition WHERE DurableId = 'Case'": 1,
	} {
		res, err := s.Query(t.Context(), soql, org.QueryOptions{})
		if err != nil {
			t.Errorf("%s: %v", soql, err)
		} else if res.Total != want {
			t.Errorf("%s: %d rows, want %d", soql, res.Total, want)
		}
	}
	if o.Name() != "Test" || o.ID().Prefix() != "00D" || o.State() != org.StateSeeded {
		t.Errorf("the org is %q, %s, %q", o.Name(), o.ID(), o.State())
	}
}

func aCursorGoesOnWhereItsBatchEnded(t *testing.T, _ *org.Org, s *org.Session) {
	var drafts []record.Draft
	for range 450 {
		drafts = append(drafts, draft("Account", "Name", "Household"))
	}
	ids := insert(t, s, drafts...)
	res, err := s.Query(t.Context(), "SELECT Id FROM Account", org.QueryOptions{BatchSize: 200})
	if err != nil {
		t.Fatal(err)
	}
	first, seen := res.Next, res.Len()
	if res.Total != 450 || first == "" {
		t.Fatalf("total %d, locator %q", res.Total, first)
	}
	// What is deleted meanwhile is gone, what comes meanwhile is not there.
	if _, err := s.Delete(t.Context(), ids[440:441], org.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	insert(t, s, draft("Account", "Name", "Late"))
	for next := first; next != ""; next = res.Next {
		if res, err = s.More(t.Context(), next, 200); err != nil {
			t.Fatal(err)
		}
		seen += res.Len()
	}
	if seen != 449 {
		t.Errorf("%d rows over all batches, want 449", seen)
	}
	for _, bad := range []string{"", "x", "01gSa0000000000AAA-0", first + "9", "01g-5", string(ids[0]) + "-0"} {
		if _, err := s.More(t.Context(), bad, 200); code(err) != fault.InvalidQueryLocator {
			t.Errorf("locator %q: %v", bad, err)
		}
	}
}

func aSecretIsTakenOnce(t *testing.T, o *org.Org, _ *org.Session) {
	ctx := t.Context()
	s := org.Secret{Kind: "code", Key: "k", Body: []byte{0, 1, 2}, Expires: time.Now().Add(time.Hour)}
	if err := o.PutSecrets(ctx, s, org.Secret{Kind: "code", Key: "old", Expires: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := o.Secret(ctx, "code", "old"); ok || err != nil {
		t.Errorf("an expired secret is found: %t, %v", ok, err)
	}
	if added, err := o.AddSecret(ctx, s); added || err != nil {
		t.Errorf("a second secret with a key is added: %t, %v", added, err)
	}
	got, ok, err := o.TakeSecret(ctx, "code", "k")
	if !ok || err != nil || string(got.Body) != "\x00\x01\x02" {
		t.Errorf("took %v, %t, %v", got, ok, err)
	}
	if _, ok, err := o.TakeSecret(ctx, "code", "k"); ok || err != nil {
		t.Errorf("a secret is taken twice: %t, %v", ok, err)
	}
}

func aChangeOfTheCatalogIsUsableAtOnce(t *testing.T, o *org.Org, s *org.Session) {
	err := s.Change(t.Context(),
		catalog.Change{Object: &catalog.ObjectDef{Name: "Pitch__c", Label: "Pitch", LabelPlural: "Pitches"}},
		catalog.Change{Field: &catalog.FieldDef{Object: "Pitch__c", Name: "Width__c", Label: "Width", Type: "Number", Precision: 5, Scale: 2}},
		catalog.Change{Field: &catalog.FieldDef{Object: "Pitch__c", Name: "Holder__c", Label: "Holder", Type: "Lookup", ReferenceTo: []string{"Contact"}, RelationshipName: "Pitches"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	who := insert(t, s, draft("Contact", "LastName", "Marchetti"))
	insert(t, s, draft("Pitch__c", "Name", "Stall 14", "Width__c", "3.50", "Holder__c", string(who[0])))
	res, err := s.Query(t.Context(), "SELECT Name, Width__c, Holder__r.LastName FROM Pitch__c WHERE Width__c = 3.5", org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Len() != 1 || res.Get(0, "Width__c").String() != "3.5" || res.Get(0, "Holder__r", "LastName").Text() != "Marchetti" {
		t.Errorf("%d rows, width %s", res.Len(), res.Get(0, "Width__c"))
	}
	res, err = s.Query(t.Context(), "SELECT Id FROM FieldDefinition WHERE DurableId = 'Pitch__c.Width__c'", org.QueryOptions{})
	if err != nil || res.Total != 1 {
		t.Errorf("the new field's definition: %d rows, %v", res.Total, err)
	}
	err = s.Change(t.Context(), catalog.Change{Field: &catalog.FieldDef{Object: "Pitch__c", Name: "Bad", Type: "Text"}})
	if err == nil || errors.Is(err, store.ErrUnique) {
		t.Errorf("a field without __c is accepted: %v", err)
	}
}

func accessFollowsPermissionsAtOnce(t *testing.T, o *org.Org, s *org.Session) {
	ctx := t.Context()
	res, err := s.Query(ctx, "SELECT Id FROM Profile WHERE Name = 'Minimum Access - API Only Integrations'", org.QueryOptions{})
	if err != nil || res.Len() != 1 {
		t.Fatalf("%v", err)
	}
	d := draft("User", "Username", "low@test.example", "LastName", "Low", "Email", "low@test.example", "Alias", "low", "CommunityNickname", "low",
		"ProfileId", string(res.Get(0, "Id").ID()), "TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8")
	id := insert(t, s, *d.Set("IsActive", record.OfBool(true)))[0]
	query := func() error {
		a, _, ok, err := o.UserByID(ctx, id)
		if err != nil || !ok {
			t.Fatalf("user: %t, %v", ok, err)
		}
		low, err := o.Session(ctx, a, org.REST, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = low.Query(ctx, "SELECT Id FROM Account", org.QueryOptions{})
		return err
	}
	if err := query(); code(err) != fault.InvalidType {
		t.Errorf("without permission: %v", err)
	}
	if err := s.Grant(ctx, org.Rights{Read: true}, []string{"Minimum Access - API Only Integrations"}, "Account"); err != nil {
		t.Fatal(err)
	}
	if err := query(); err != nil {
		t.Errorf("with permission: %v", err)
	}
}

func aPurposeMustHaveItsForm(t *testing.T, o *org.Org, _ *org.Session) {
	for _, why := range []string{"Casework", "a..b", "a|b", ".a", "a b"} {
		if _, err := o.System(t.Context(), org.System, why); code(err) != fault.PurposeRequired {
			t.Errorf("purpose %q: %v", why, err)
		}
	}
}

func tooManyRecordsAreRefused(t *testing.T, _ *org.Org, s *org.Session) {
	if _, err := s.Insert(t.Context(), make([]record.Draft, 201), org.WriteOptions{}); code(err) != fault.ExceededIDLimit {
		t.Errorf("201 records: %v", err)
	}
}

func aWriteWithANameIsDoneOnce(t *testing.T, o *org.Org, _ *org.Session) {
	write := func(name string) []org.SaveResult {
		s, err := o.System(t.Context(), org.System, "operation")
		if err != nil {
			t.Fatal(err)
		}
		s.Once(name)
		res, err := s.Insert(t.Context(), []record.Draft{draft("Account", "Name", "Once "+name), draft("Account")}, org.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	first, again, other := write("a"), write("a"), write("b")
	if !first[0].OK() || again[0].ID != first[0].ID || other[0].ID == first[0].ID {
		t.Errorf("ids %s, %s, %s", first[0].ID, again[0].ID, other[0].ID)
	}
	if again[1].OK() || again[1].Errors[0].Code != fault.RequiredFieldMissing {
		t.Errorf("the failure of the first is answered as %v", again[1])
	}
}
