package recruit

import (
	"testing"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// each runs f on an org with the app, of each engine.
func each(t *testing.T, f func(t *testing.T, o *org.Org, s *org.Session)) {
	t.Helper()
	apps := app.Apps{{Name: "service"}, App()} // of which only the name is needed here
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }, Hooks: apps.Hooks(), Masks: apps.Masks()})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
			t.Fatal(err)
		}
		if err := o.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := apps.Install(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		s, err := o.System(t.Context(), org.System, "operation")
		if err != nil {
			t.Fatal(err)
		}
		f(t, o, s)
	})
}

func insert(t *testing.T, s *org.Session, object string, pairs ...any) record.ID {
	t.Helper()
	ids, err := org.Must(s.Insert(t.Context(), []record.Draft{app.Draft(object, pairs...)}, org.WriteOptions{AllOrNone: true}))
	if err != nil {
		t.Fatal(err)
	}
	return ids[0]
}

func set(t *testing.T, s *org.Session, object string, id record.ID, pairs ...any) {
	t.Helper()
	if _, err := org.Must(s.Update(t.Context(), []record.Draft{app.Changes(object, id, pairs...)}, org.WriteOptions{AllOrNone: true})); err != nil {
		t.Fatal(err)
	}
}

// TestRecruiting runs on one org an engine, since making one takes seconds on PostgreSQL.
func TestRecruiting(t *testing.T) {
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		t.Run("EveryMoveIsKept", func(t *testing.T) { everyMoveIsKept(t, s) })
		t.Run("ABlindReviewHidesWhoSomebodyIsUntilItsStage", func(t *testing.T) { aBlindReviewHides(t, o, s) })
	})
}

func everyMoveIsKept(t *testing.T, s *org.Session) {
	position := insert(t, s, "Position__c", "Name", "Librarian")
	candidate := insert(t, s, "Candidate__c", "Last_Name__c", "Fenn")
	a := insert(t, s, "Job_Application__c", "Position__c", position, "Candidate__c", candidate)
	set(t, s, "Job_Application__c", a, "Status__c", StageScreened)
	set(t, s, "Job_Application__c", a, "Cover_Letter__c", "no move")
	res, err := app.Query(t.Context(), s, "SELECT From__c, To__c FROM Stage_Event__c WHERE Job_Application__c = ? ORDER BY Name", a)
	if err != nil {
		t.Fatal(err)
	}
	if res.Len() != 2 || app.Text(res.Get(0, "To__c")) != StageApplied || app.Text(res.Get(1, "From__c")) != StageApplied || app.Text(res.Get(1, "To__c")) != StageScreened {
		t.Errorf("%d moves", res.Len())
	}
	if res, err = app.Query(t.Context(), s, "SELECT Reference__c, Applied_On__c, Stage_Since__c, Blind__c FROM Job_Application__c WHERE Id = ?", a); err != nil {
		t.Fatal(err)
	}
	if len(app.Text(res.Get(0, "Reference__c"))) != len("J-7KQM-4PX2") || res.Get(0, "Applied_On__c").IsNull() || res.Get(0, "Stage_Since__c").IsNull() || res.Get(0, "Blind__c").Bool() {
		t.Error("an application lacks what it begins with")
	}
}

func aBlindReviewHides(t *testing.T, o *org.Org, s *org.Session) {
	ctx := t.Context()
	res, err := app.Query(ctx, s, "SELECT Id FROM Profile WHERE Name = ?", "Standard User")
	if err != nil {
		t.Fatal(err)
	}
	reviewer := insert(t, s, "User", "Username", "rev@test.example", "LastName", "Reviewer", "Alias", "rev", "Email", "rev@test.example", "ProfileId", res.Get(0, "Id").ID(),
		"TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8", "IsActive", true)
	actor, _, _, err := o.UserByID(ctx, reviewer)
	if err != nil {
		t.Fatal(err)
	}
	as := func() *org.Session {
		r, err := o.Session(ctx, actor, org.REST, "")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	blind := insert(t, s, "Position__c", "Name", "Archivist", "Blind_Until__c", StageInterview)
	candidate := insert(t, s, "Candidate__c", "Last_Name__c", "Brightwater", "Email__c", "ada@post.example")
	a := insert(t, s, "Job_Application__c", "Position__c", blind, "Candidate__c", candidate, "Cover_Letter__c", "I am Ada Brightwater")
	file := insert(t, s, "ContentVersion", "Title", "Brightwater", "PathOnClient", "brightwater.pdf", "VersionData", []byte("Ada Brightwater"), "FirstPublishLocationId", a)

	want := func(hidden bool, when string) {
		t.Helper()
		r := as()
		for soql, open := range map[string]string{
			"SELECT Candidate__r.Last_Name__c FROM Job_Application__c WHERE Id = ?": "Brightwater",
			"SELECT Cover_Letter__c FROM Job_Application__c WHERE Id = ?":           "I am Ada Brightwater",
		} {
			res, err := app.Query(ctx, r, soql, a)
			if err != nil {
				t.Fatal(err)
			}
			got := app.Text(res.Get(0, "Cover_Letter__c"))
			if soql[7] == 'C' && soql[8] == 'a' {
				got = app.Text(res.Get(0, "Candidate__r", "Last_Name__c"))
			}
			if hidden == (got == open) {
				t.Errorf("%s: %q", when, got)
			}
		}
		res, err := app.Query(ctx, r, "SELECT Title FROM ContentVersion WHERE Id = ?", file)
		if err != nil {
			t.Fatal(err)
		}
		if res.Len() != 1 || hidden == (app.Text(res.Get(0, "Title")) == "Brightwater") {
			t.Errorf("%s: the file's title", when)
		}
		if res, err = app.Query(ctx, r, "SELECT Id FROM Candidate__c WHERE Email__c = ?", "ada@post.example"); err != nil {
			t.Fatal(err)
		}
		if hidden == (res.Len() == 1) {
			t.Errorf("%s: found by address: %d", when, res.Len())
		}
	}
	want(true, "at first")
	for _, d := range []record.Draft{
		app.Changes("Candidate__c", candidate, "Blind__c", false), app.Changes("Job_Application__c", a, "Blind__c", false), app.Changes("ContentVersion", file, "Blind__c", false),
	} {
		if _, err := s.Update(ctx, []record.Draft{d}, org.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	want(true, "after somebody took the flags away")
	set(t, s, "Job_Application__c", a, "Status__c", StageScreened)
	want(true, "screened")
	set(t, s, "Job_Application__c", a, "Status__c", StageRejected)
	want(true, "turned down unseen")
	set(t, s, "Job_Application__c", a, "Status__c", StageInterview)
	want(false, "at the interview")
	set(t, s, "Position__c", blind, "Blind_Until__c", StageOffer)
	want(true, "when the position asks for more")
	set(t, s, "Position__c", blind, "Blind_Until__c", "")
	want(false, "when it asks for nothing")
}
