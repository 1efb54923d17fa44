package org_test

import (
	"fmt"
	"strings"
	"testing"

	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestViews runs on one org an engine: who looks at what, and who can see that.
func TestViews(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		run  func(*testing.T, *org.Org, *org.Session)
	}{
		{"ForViewIsSeenByTheOneWhoLooked", forViewIsSeenByTheOneWhoLooked},
		{"ForReferenceIsNoView", forReferenceIsNoView},
		{"RecentlyViewedHoldsWhatMayBeSeen", recentlyViewedHoldsWhatMayBeSeen},
		{"OldViewsGiveWay", oldViewsGiveWay},
		{"ChildRowsAreViewedToo", childRowsAreViewedToo},
		{"UpdateViewstatCountsViewsOfArticles", updateViewstatCountsViewsOfArticles},
	}
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, o, s) })
		}
	})
}

// person returns a session of a new user with a profile.
func person(t *testing.T, o *org.Org, s *org.Session, name, profile string) *org.Session {
	t.Helper()
	res, err := s.Query(t.Context(), "SELECT Id FROM Profile WHERE Name = '"+profile+"'", org.QueryOptions{})
	if err != nil || res.Len() != 1 {
		t.Fatalf("profile %s: %v", profile, err)
	}
	d := draft("User", "Username", name+"@views.example", "LastName", name, "Email", name+"@views.example", "Alias", name[:min(8, len(name))], "CommunityNickname", name,
		"ProfileId", string(res.Get(0, "Id").ID()), "TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8")
	id := insert(t, s, *d.Set("IsActive", record.OfBool(true)))[0]
	a, _, ok, err := o.UserByID(t.Context(), id)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	session, err := o.Session(t.Context(), a, org.REST, "")
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func forViewIsSeenByTheOneWhoLooked(t *testing.T, o *org.Org, s *org.Session) {
	ann, tom := person(t, o, s, "ann", "System Administrator"), person(t, o, s, "tom", "System Administrator")
	insert(t, s, draft("Account", "Name", "Seen"), draft("Account", "Name", "Unseen"))
	expect(t, ann, "SELECT Name FROM Account WHERE Name = 'Seen' FOR VIEW", "Seen")
	expect(t, ann, "SELECT Name FROM Account WHERE LastViewedDate != null AND LastReferencedDate >= TODAY", "Seen")
	expect(t, ann, "SELECT Name FROM Account WHERE LastViewedDate = null AND Name LIKE '%seen'", "Unseen")
	expect(t, ann, "SELECT Name FROM Account WHERE Name LIKE '%seen' ORDER BY LastViewedDate DESC", "Seen", "Unseen")
	expect(t, ann, "SELECT Name, Type FROM RecentlyViewed WHERE LastViewedDate = TODAY AND Type IN ('Account', 'Case')", "Seen|Account")
	expect(t, ann, "SELECT COUNT(Id) n FROM RecentlyViewed WHERE Name LIKE 'se%' AND LastViewedDate != null", "1")
	expect(t, tom, "SELECT Name FROM Account WHERE LastViewedDate != null")
	expect(t, tom, "SELECT Name FROM RecentlyViewed")
	res, err := ann.Query(t.Context(), "SELECT Id, Name, Type, LastViewedDate FROM RecentlyViewed", org.QueryOptions{})
	if err != nil || res.Len() != 1 || res.Get(0, "LastViewedDate").IsNull() || res.Get(0, "Id").ID().Prefix() != "001" {
		t.Errorf("%d rows, %v", res.Len(), err)
	}
	one, err := ann.Retrieve(t.Context(), "Account", res.Get(0, "Id").ID(), nil)
	if err != nil || one.Get(0, "LastViewedDate").IsNull() {
		t.Errorf("the record itself says nothing of being viewed: %v", err)
	}
}

func forReferenceIsNoView(t *testing.T, o *org.Org, s *org.Session) {
	ann := person(t, o, s, "ref", "System Administrator")
	insert(t, s, draft("Contact", "LastName", "Marchetti", "FirstName", "Iris"))
	expect(t, ann, "SELECT LastName FROM Contact WHERE LastName = 'Marchetti' FOR REFERENCE", "Marchetti")
	expect(t, ann, "SELECT Name, FirstName, Type FROM RecentlyViewed WHERE LastViewedDate = null AND LastReferencedDate != null", "Iris Marchetti|Iris|Contact")
	expect(t, ann, "SELECT LastName FROM Contact WHERE LastName = 'Marchetti' FOR VIEW FOR REFERENCE", "Marchetti")
	expect(t, ann, "SELECT Name FROM RecentlyViewed WHERE LastViewedDate != null", "Iris Marchetti")
	expect(t, ann, "SELECT LastName FROM Contact WHERE LastName = 'Marchetti' FOR REFERENCE", "Marchetti")
	expect(t, ann, "SELECT Name FROM RecentlyViewed WHERE LastViewedDate != null", "Iris Marchetti")
}

func recentlyViewedHoldsWhatMayBeSeen(t *testing.T, o *org.Org, s *org.Session) {
	low := person(t, o, s, "lowly", "Minimum Access - API Only Integrations")
	ids := insert(t, s, draft("Account", "Name", "Mine"), draft("Account", "Name", "Binned"))
	for _, id := range ids {
		if err := low.Viewed(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, low, "SELECT Name FROM RecentlyViewed") // no right to accounts
	if err := s.Grant(t.Context(), org.Rights{Read: true}, []string{"Minimum Access - API Only Integrations"}, "Account"); err != nil {
		t.Fatal(err)
	}
	a, _, _, err := o.UserByID(t.Context(), low.Actor().User)
	if err != nil {
		t.Fatal(err)
	}
	if low, err = o.Session(t.Context(), a, org.REST, ""); err != nil {
		t.Fatal(err)
	}
	expect(t, low, "SELECT Name FROM RecentlyViewed ORDER BY Name", "Binned", "Mine")
	if _, err := s.Delete(t.Context(), ids[1:], org.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	expect(t, low, "SELECT Name FROM RecentlyViewed", "Mine")
}

func oldViewsGiveWay(t *testing.T, o *org.Org, s *org.Session) {
	ann := person(t, o, s, "many", "System Administrator")
	var drafts []record.Draft
	for i := range 230 {
		drafts = append(drafts, draft("Account", "Name", fmt.Sprintf("Many %03d", i)))
	}
	insert(t, s, drafts...)
	if _, err := ann.Query(t.Context(), "SELECT Id FROM Account WHERE Name LIKE 'Many %' FOR VIEW", org.QueryOptions{BatchSize: 300}); err != nil {
		t.Fatal(err)
	}
	expect(t, ann, "SELECT COUNT(Id) FROM RecentlyViewed WHERE Type = 'Account'", "200")
}

func childRowsAreViewedToo(t *testing.T, o *org.Org, s *org.Session) {
	ann := person(t, o, s, "kids", "System Administrator")
	a := insert(t, s, draft("Account", "Name", "Parent"))[0]
	insert(t, s, draft("Contact", "LastName", "Child", "AccountId", string(a)))
	if _, err := ann.Query(t.Context(), "SELECT Id, (SELECT Id FROM Contacts FOR VIEW) FROM Account WHERE Name = 'Parent'", org.QueryOptions{}); err != nil {
		t.Fatal(err)
	}
	expect(t, ann, "SELECT Type FROM RecentlyViewed", "Contact")
	res, err := ann.Query(t.Context(), "SELECT What.Name, Owner.Name FROM Task WHERE Owner.LastViewedDate = null LIMIT 1", org.QueryOptions{})
	if err != nil || res == nil {
		t.Errorf("through a polymorphic parent: %v", err)
	}
}

func updateViewstatCountsViewsOfArticles(t *testing.T, _ *org.Org, s *org.Session) {
	seed := func(d record.Draft) record.ID {
		res, err := s.Insert(t.Context(), []record.Draft{d}, org.WriteOptions{Seed: true})
		if err != nil || !res[0].OK() {
			t.Fatal(res, err)
		}
		return res[0].ID
	}
	article := seed(draft("Knowledge__ka", "ArticleNumber", "000001001", "MasterLanguage", "en_US"))
	seed(draft("Knowledge__kav", "Title", "Renewing a permit", "UrlName", "renewing-a-permit", "Language", "en_US", "PublishStatus", "Online",
		"KnowledgeArticleId", string(article), "OwnerId", string(s.Org().Admin())))
	const where = " FROM Knowledge__kav WHERE UrlName = 'renewing-a-permit'"
	for range 2 {
		expect(t, s, "SELECT Title"+where+" UPDATE TRACKING, VIEWSTAT", "Renewing a permit")
	}
	if _, err := s.Search(t.Context(), "FIND {renewing} RETURNING Knowledge__kav(Title) UPDATE VIEWSTAT"); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "SELECT Title, ArticleTotalViewCount"+where, "Renewing a permit|3")
	expect(t, s, "SELECT Channel, ViewCount FROM Knowledge__ViewStat ORDER BY Channel", "AllChannels|3", "App|3")
}

// TestViewsOutliveTheServer holds that what was looked at is in the store once the org is closed.
func TestViewsOutliveTheServer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		kept := &unclosed{DB: db}
		open := func() (*org.Org, *org.Session) {
			o, err := org.Open(t.Context(), org.Settings{DB: kept, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }})
			if err != nil {
				t.Fatal(err)
			}
			if o.State() == org.StateNew {
				if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
					t.Fatal(err)
				}
			}
			a, _, _, err := o.UserByID(t.Context(), o.Admin())
			if err != nil {
				t.Fatal(err)
			}
			s, err := o.Session(t.Context(), a, org.Console, "")
			if err != nil {
				t.Fatal(err)
			}
			return o, s
		}
		o, s := open()
		id := insert(t, s, draft("Account", "Name", "Kept"))[0]
		if err := s.Viewed(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, s = open()
		if got := strings.Join(ask(t, s, "SELECT Name FROM RecentlyViewed"), ","); got != "Kept" {
			t.Errorf("after the server began again, %q was viewed", got)
		}
	})
}

// unclosed is a store that outlives its org.
type unclosed struct{ store.DB }

func (unclosed) Close() error { return nil }
