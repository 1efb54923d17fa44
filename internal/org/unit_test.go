package org_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// eachWith runs f on a new org of each engine that is opened with settings beside its own.
func eachWith(t *testing.T, set org.Settings, f func(*testing.T, *org.Org, *org.Session)) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o := create(t, db, set)
		f(t, o, system(t, o))
	})
}

func create(t *testing.T, db store.DB, set org.Settings) *org.Org {
	t.Helper()
	o := open(t, db, set)
	if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
		t.Fatal(err)
	}
	return o
}

func open(t *testing.T, db store.DB, set org.Settings) *org.Org {
	t.Helper()
	set.DB, set.JournalDir = db, t.TempDir()
	if set.Report == nil {
		set.Report = func(err error) { t.Error(err) }
	}
	o, err := org.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func system(t *testing.T, o *org.Org) *org.Session {
	t.Helper()
	s, err := o.System(t.Context(), org.System, "operation")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names returns the first field that a query selects, as the session sees it.
func names(t *testing.T, s *org.Session, soql string) []string {
	t.Helper()
	res, err := s.Query(t.Context(), soql, org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return column(res, soql)
}

func column(res *record.Result, soql string) []string {
	path := strings.Split(strings.Trim(strings.Fields(soql)[1], ","), ".")
	var all []string
	for i := range res.Len() {
		all = append(all, res.Get(i, path...).String())
	}
	return all
}

func TestUnitsOfWork(t *testing.T) {
	cases := []struct {
		name string
		run  func(*testing.T, *org.Org, *org.Session)
	}{
		{"StandOrFallTogether", unitsStandOrFallTogether},
		{"SeeTheirOwnWritesUnderTheirAccess", unitsSeeTheirOwnWrites},
		{"LeaveOneUseEntry", unitsLeaveOneUseEntry},
		{"AreDoneOnce", unitsAreDoneOnce},
		{"TakeAnyNumberOfRecords", unitsTakeAnyNumber},
		{"EndWithTheirFunction", unitsEndWithTheirFunction},
		{"ReferToWhatTheyMade", unitsReferToWhatTheyMade},
		{"TellWhichKeysAreTaken", unitsTellWhichKeysAreTaken},
	}
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, o, s) })
		}
	})
}

func unitsStandOrFallTogether(t *testing.T, _ *org.Org, s *org.Session) {
	lost := errors.New("the lamp went out")
	do := func(fail error) error {
		return s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
			accounts, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Account", "Name", "Together")}, org.WriteOptions{}))
			if err != nil {
				return err
			}
			if _, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Together", "AccountId", string(accounts[0]))}, org.WriteOptions{})); err != nil {
				return err
			}
			return fail
		})
	}
	const both = "SELECT Account.Name FROM Contact WHERE LastName = 'Together'"
	if err := do(lost); !errors.Is(err, lost) {
		t.Errorf("the error of the function comes back as %v", err)
	}
	if got := names(t, s, both); got != nil {
		t.Errorf("an undone unit left %v", got)
	}
	if err := do(nil); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s, both); !cmp.Equal(got, []string{"Together"}) {
		t.Errorf("a unit left %v", got)
	}
	// A refused record is a result, not an error: what stands is for the caller to say.
	err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		res, err := tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Refused's neighbour"), draft("Contact")}, org.WriteOptions{})
		if err == nil && (!res[0].OK() || res[1].OK()) {
			t.Errorf("results %+v", res)
		}
		_, err = org.Must(res, err)
		return err
	})
	if code(err) != fault.RequiredFieldMissing {
		t.Errorf("Must returned %v", err)
	}
	if got := names(t, s, "SELECT LastName FROM Contact WHERE LastName LIKE 'Refused%'"); got != nil {
		t.Errorf("an undone unit left %v", got)
	}
}

func unitsSeeTheirOwnWrites(t *testing.T, o *org.Org, s *org.Session) {
	low := limitedUser(t, o, s, "own@test.example")
	err := low.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		if _, err := tx.Query(ctx, "SELECT Id FROM Contact", org.QueryOptions{}); code(err) != fault.InvalidType {
			t.Errorf("an object without permission: %v", err)
		}
		if res, err := tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "By the user")}, org.WriteOptions{}); err != nil || res[0].OK() {
			t.Errorf("a write without permission: %+v, %v", res, err)
		}
		if _, err := org.Must(tx.System().Insert(ctx, []record.Draft{draft("Contact", "LastName", "By the system")}, org.WriteOptions{})); err != nil {
			return err
		}
		const soql = "SELECT LastName, CreatedById FROM Contact WHERE LastName LIKE 'By the%'"
		res, err := tx.System().Query(ctx, soql, org.QueryOptions{})
		if err != nil {
			return err
		}
		if got := column(res, soql); !cmp.Equal(got, []string{"By the system"}) || res.Total != 1 {
			t.Errorf("inside its unit a write is seen as %v of %d", got, res.Total)
		}
		if by := res.Get(0, "CreatedById").ID(); by != low.Actor().User {
			t.Errorf("the system wrote in the name of %s, want the actor", by)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// limitedUser returns a session of a user whose profile grants no object.
func limitedUser(t *testing.T, o *org.Org, s *org.Session, username string) *org.Session {
	t.Helper()
	res, err := s.Query(t.Context(), "SELECT Id FROM Profile WHERE Name = 'Minimum Access - API Only Integrations'", org.QueryOptions{})
	if err != nil || res.Len() != 1 {
		t.Fatal(err)
	}
	alias, _, _ := strings.Cut(username, "@")
	d := draft("User", "Username", username, "LastName", "Low", "Email", username, "Alias", alias, "CommunityNickname", alias,
		"ProfileId", string(res.Get(0, "Id").ID()), "TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8")
	a, _, ok, err := o.UserByID(t.Context(), insert(t, s, *d.Set("IsActive", record.OfBool(true)))[0])
	if err != nil || !ok {
		t.Fatalf("%t, %v", ok, err)
	}
	low, err := o.Session(t.Context(), a, org.REST, "")
	if err != nil {
		t.Fatal(err)
	}
	return low
}

func unitsLeaveOneUseEntry(t *testing.T, o *org.Org, _ *org.Session) {
	s := system(t, o)
	err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		if _, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Entry")}, org.WriteOptions{})); err != nil {
			return err
		}
		_, err := tx.Query(ctx, "SELECT LastName FROM Contact", org.QueryOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	first := s.Receipt()
	if first == "" {
		t.Fatal("a unit of work has no receipt")
	}
	if err := s.Settle(); err != nil || s.Receipt() != first {
		t.Errorf("the reads of the unit have an entry of their own: %s, %v", s.Receipt(), err)
	}
	// What was read before the unit, and is held, is not lost by it.
	s.Hold()
	if _, err := s.Query(t.Context(), "SELECT LastName FROM Contact", org.QueryOptions{}); err != nil {
		t.Fatal(err)
	}
	insert(t, s, draft("Contact", "LastName", "Entry"))
	wrote := s.Receipt()
	if err := s.Settle(); err != nil || s.Receipt() == wrote {
		t.Errorf("held reads have no entry after a write: %v", err)
	}
}

func unitsAreDoneOnce(t *testing.T, o *org.Org, _ *org.Session) {
	runs := 0
	do := func() (record.ID, bool) {
		s := system(t, o)
		s.Once("ask")
		var id record.ID
		err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
			runs++
			ids, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Account", "Name", "Asked once")}, org.WriteOptions{}))
			if err == nil {
				id = ids[0]
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		res, ok := s.Repeated()
		if ok {
			id = res[0].ID
		}
		return id, ok
	}
	first, ok := do()
	second, again := do()
	if ok || !again || first != second || first == "" || runs != 1 {
		t.Errorf("first %s (repeated %t), second %s (repeated %t), %d runs", first, ok, second, again, runs)
	}
}

func unitsTakeAnyNumber(t *testing.T, _ *org.Org, s *org.Session) {
	err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		drafts := make([]record.Draft, 450)
		for i := range drafts {
			drafts[i] = draft("Account", "Name", "Many "+strconv.Itoa(i))
		}
		ids, err := org.Must(tx.Insert(ctx, drafts, org.WriteOptions{}))
		if err != nil {
			return err
		}
		for i := range drafts {
			drafts[i] = draft("Account", "Description", "One of many")
			drafts[i].ID = ids[i]
		}
		drafts[449].Set("Name", record.Value{})
		res, err := tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true})
		if err != nil {
			return err
		}
		if res[0].OK() || res[449].OK() {
			t.Errorf("one of 450 failed and the first stands: %+v", res[0])
		}
		page, err := tx.Query(ctx, "SELECT Name FROM Account WHERE Name LIKE 'Many %'", org.QueryOptions{BatchSize: 200})
		if err == nil && (page.Len() != 200 || page.Next == "") {
			t.Errorf("%d rows, next %q", page.Len(), page.Next)
		}
		if err != nil {
			return err
		}
		_, err = org.Must(tx.Delete(ctx, ids, org.WriteOptions{}))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if got := names(t, s, "SELECT Name FROM Account WHERE Name LIKE 'Many %'"); got != nil {
		t.Errorf("%d are left", len(got))
	}
}

func unitsEndWithTheirFunction(t *testing.T, _ *org.Org, s *org.Session) {
	var kept *org.Tx
	if err := s.Do(t.Context(), func(_ context.Context, tx *org.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Query(t.Context(), "SELECT Id FROM Account", org.QueryOptions{}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after its unit a Tx answers %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic was swallowed")
		}
		insert(t, s, draft("Account", "Name", "After a panic"))
	}()
	_ = s.Do(t.Context(), func(context.Context, *org.Tx) error { panic("lamp") })
}

func TestHooksOfApps(t *testing.T) {
	hook := func(object string, when org.When, run func(ctx context.Context, tx *org.Tx, b *org.Batch) error) org.Hook {
		return org.Hook{Object: object, When: when, Run: run}
	}
	refused := fault.New(fault.ValidationRule, "Not this one.")
	set := org.Settings{Hooks: []org.Hook{
		hook("contact", org.Before, func(_ context.Context, tx *org.Tx, b *org.Batch) error {
			for _, r := range b.Rows {
				if r.Changes("LastName") && r.Text("Title") == "" {
					r.Put("Title", record.OfText(strings.TrimSpace(r.Was("LastName").String()+" by "+tx.Actor().Name)))
				}
			}
			return nil
		}),
		// An account for every contact; its own hook refuses some, and then the contact must not stand.
		hook("Contact", org.After, func(ctx context.Context, tx *org.Tx, b *org.Batch) error {
			var drafts []record.Draft
			for _, r := range b.Rows {
				if b.Insert {
					drafts = append(drafts, draft("Account", "Name", "Of "+r.Text("LastName"), "Description", string(r.ID)))
				}
			}
			res, err := tx.Insert(ctx, drafts, org.WriteOptions{})
			for i := range res {
				if !res[i].OK() {
					b.Rows[i].Fail(res[i].Errors[0])
				}
			}
			return err
		}),
		hook("Account", org.Before, func(_ context.Context, _ *org.Tx, b *org.Batch) error {
			for _, r := range b.Rows {
				if strings.Contains(r.Text("Name"), "refused") {
					r.Fail(refused)
				}
			}
			return nil
		}),
		// A lead leads to another one, for as many as its company says.
		hook("Lead", org.After, func(ctx context.Context, tx *org.Tx, b *org.Batch) error {
			left, err := strconv.Atoi(b.Rows[0].Text("Company"))
			if err != nil || left == 0 {
				return err
			}
			_, err = org.Must(tx.Insert(ctx, []record.Draft{draft("Lead", "LastName", "Next", "Company", strconv.Itoa(left-1))}, org.WriteOptions{}))
			return err
		}),
	}}
	eachWith(t, set, func(t *testing.T, o *org.Org, s *org.Session) {
		ctx := t.Context()
		res, err := s.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Ames"), draft("Contact", "LastName", "refused"), draft("Contact", "LastName", "Bell")}, org.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !res[0].OK() || res[1].OK() || res[1].Errors[0].Message != refused.Message || !res[2].OK() {
			t.Errorf("results %+v", res)
		}
		if got := names(t, s, "SELECT Title FROM Contact ORDER BY LastName"); !cmp.Equal(got, []string{"by Stoa", "by Stoa"}) {
			t.Errorf("a hook before set %q", got)
		}
		// The hook ran again for the two that were left: what it did the first time is undone.
		if got := names(t, s, "SELECT Name FROM Account ORDER BY Name"); !cmp.Equal(got, []string{"Of Ames", "Of Bell"}) {
			t.Errorf("a hook after left %q", got)
		}
		if got := names(t, s, "SELECT Description FROM Account WHERE Name = 'Of Ames'"); !cmp.Equal(got, []string{string(res[0].ID)}) {
			t.Errorf("a hook after saw the id %q", got)
		}

		insert(t, s, draft("Lead", "LastName", "First", "Company", "7"))
		if got := names(t, s, "SELECT Company FROM Lead"); len(got) != 8 {
			t.Errorf("%d leads, want 8", len(got))
		}
		_, err = s.Insert(ctx, []record.Draft{draft("Lead", "LastName", "Endless", "Company", "100")}, org.WriteOptions{})
		if code(err) != fault.CannotSave || !strings.Contains(err.Error(), "8 deep") {
			t.Errorf("hooks without an end: %v", err)
		}
		if got := names(t, s, "SELECT Company FROM Lead"); len(got) != 8 {
			t.Errorf("%d leads after the endless ones, want 8", len(got))
		}
	})
}

// What a transaction has made need not be looked for; what of it is undone or deleted again is no parent.
func unitsReferToWhatTheyMade(t *testing.T, _ *org.Org, s *org.Session) {
	all := org.WriteOptions{AllOrNone: true}
	err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		child := func(of record.ID) bool {
			res, err := tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Child", "AccountId", string(of))}, org.WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return res[0].OK()
		}
		made, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Account", "Name", "Made"), draft("Account", "Name", "Deleted")}, all))
		if err != nil {
			return err
		}
		if !child(made[0]) {
			t.Error("an account of this unit is no parent")
		}
		if _, err := org.Must(tx.Delete(ctx, made[1:], all)); err != nil {
			return err
		}
		if child(made[1]) {
			t.Error("an account that the unit has deleted is a parent")
		}
		if !child(made[0]) {
			t.Error("an account of this unit is no parent any more")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An app that draws keys asks which of them are taken, in any letter case.
func unitsTellWhichKeysAreTaken(t *testing.T, _ *org.Org, s *org.Session) {
	somebody := strings.ToUpper(names(t, s, "SELECT Username FROM User WHERE Username != null LIMIT 1")[0])
	err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
		taken, err := tx.Taken(ctx, "User", "Username", []string{somebody, "nobody@taken.example"})
		if err != nil {
			return err
		}
		if len(taken) != 1 || taken[0] != somebody {
			t.Errorf("taken are %q", taken)
		}
		if _, err := tx.Taken(ctx, "Contact", "LastName", []string{"x"}); err == nil {
			t.Error("a field that is not unique can be asked about")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Apps hear of what is deleted, merged away and taken back, and may refuse it.
func TestHooksOfDeletions(t *testing.T) {
	var heard []string
	say := func(place string) func(context.Context, *org.Tx, *org.Batch) error {
		return func(_ context.Context, _ *org.Tx, b *org.Batch) error {
			for _, r := range b.Rows {
				line := place + " " + r.Text("LastName")
				if !r.Value("MasterRecordId").IsNull() {
					line += ", merged"
				}
				if heard = append(heard, line); strings.HasPrefix(r.Text("LastName"), place) {
					r.Fail(fault.New(fault.ValidationRule, "Not this one."))
				}
			}
			return nil
		}
	}
	set := org.Settings{Hooks: []org.Hook{
		{Object: "Contact", When: org.BeforeDelete, Run: say("before")},
		{Object: "Contact", When: org.AfterDelete, Run: say("after")},
		{Object: "Contact", When: org.AfterUndelete, Run: say("back")},
	}}
	eachWith(t, set, func(t *testing.T, _ *org.Org, s *org.Session) {
		ctx := t.Context()
		create := func(names ...string) (ids []record.ID) {
			var drafts []record.Draft
			for _, n := range names {
				drafts = append(drafts, draft("Contact", "LastName", n))
			}
			ids, err := org.Must(s.Insert(ctx, drafts, org.WriteOptions{AllOrNone: true}))
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		outcome := func(res []org.SaveResult, err error) (ok []bool) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range res {
				ok = append(ok, r.OK())
			}
			return ok
		}
		check := func(what string, want []string) {
			t.Helper()
			if diff := cmp.Diff(want, heard); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
			heard = nil
		}
		heard = nil
		ids := create("Ann", "before 1", "after 1", "back 1")
		if got := outcome(s.Delete(ctx, ids, org.WriteOptions{})); !cmp.Equal(got, []bool{true, false, false, true}) {
			t.Errorf("deleted: %v", got)
		}
		check("a deletion", []string{"before Ann", "before before 1", "before after 1", "before back 1",
			"after Ann", "after after 1", "after back 1", "after Ann", "after back 1"})
		if got := names(t, s, "SELECT LastName FROM Contact WHERE LastName IN ('Ann', 'before 1', 'after 1', 'back 1') ORDER BY LastName"); !cmp.Equal(got, []string{"after 1", "before 1"}) {
			t.Errorf("left: %v", got)
		}
		if got := outcome(s.Undelete(ctx, []record.ID{ids[0], ids[3]}, org.WriteOptions{})); !cmp.Equal(got, []bool{true, false}) {
			t.Errorf("taken back: %v", got)
		}
		check("an undelete", []string{"back Ann", "back back 1", "back Ann"})
		if got := outcome(s.Delete(ctx, []record.ID{ids[0], ids[1]}, org.WriteOptions{AllOrNone: true})); !cmp.Equal(got, []bool{false, false}) {
			t.Errorf("of all or none: %v", got)
		}
		heard = nil

		pair := create("Bea", "Beatrix")
		res, err := s.Merge(ctx, *(&record.Draft{Object: "Contact", ID: pair[0]}), pair[1:])
		if err != nil || !res.OK() {
			t.Fatal(err, res.Errors)
		}
		check("a merge", []string{"before Beatrix", "after Beatrix, merged"})
		res, err = s.Merge(ctx, *(&record.Draft{Object: "Contact", ID: pair[0]}), ids[1:2])
		if err != nil || res.OK() {
			t.Errorf("a loser that may not go is merged: %v", err)
		}
		heard = nil

		// In a unit of work as well; what goes along with a record has no hooks.
		err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			heard = nil // Do may run again
			of, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Account", "Name", "House")}, org.WriteOptions{}))
			if err != nil {
				return err
			}
			cy, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Contact", "LastName", "Cy"), draft("Contact", "LastName", "Di", "AccountId", string(of[0]))}, org.WriteOptions{}))
			if err != nil {
				return err
			}
			if _, err := org.Must(tx.Delete(ctx, []record.ID{cy[0], of[0]}, org.WriteOptions{})); err != nil {
				return err
			}
			_, err = org.Must(tx.Undelete(ctx, cy[:1], org.WriteOptions{}))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		check("a unit", []string{"before Cy", "after Cy", "back Cy"})
	})
}
