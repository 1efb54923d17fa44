package org_test

import (
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

func listViewsAreRowsThatTheirReadersSee(t *testing.T, o *org.Org, s *org.Session) {
	ctx := t.Context()
	session := func(profile string) *org.Session {
		t.Helper()
		res, err := s.Query(ctx, "SELECT Id FROM Profile WHERE Name = '"+profile+"'", org.QueryOptions{})
		if err != nil || res.Len() != 1 {
			t.Fatalf("profile %s: %v", profile, err)
		}
		name := "views." + record.Fold(profile)[:4] + "@example.org"
		d := draft("User", "Username", name, "LastName", profile, "Email", name, "Alias", "v", "TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8")
		d.Set("ProfileId", res.Get(0, "Id"))
		a, _, ok, err := o.UserByID(ctx, insert(t, s, d)[0])
		if err != nil || !ok {
			t.Fatalf("user: %v", err)
		}
		u, err := o.Session(ctx, a, org.Console, "")
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	names := func(s *org.Session, object string) map[string]string {
		t.Helper()
		res, err := s.Query(ctx, "SELECT Name, DeveloperName FROM ListView WHERE SobjectType = '"+object+"'", org.QueryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for i := range res.Len() {
			found[res.Get(i, "DeveloperName").Text()] = res.Get(i, "Name").Text()
		}
		return found
	}
	agent, other := session("Standard User"), session("Read Only")
	for developer, name := range map[string]string{"AllOpenCases": "All Open Cases", "MyCases": "My Cases", "RecentlyViewedCases": "Recently Viewed Cases"} {
		if got := names(agent, "Case")[developer]; got != name {
			t.Errorf("%s is called %q, want %q", developer, got, name)
		}
	}

	private, err := agent.SaveListView(ctx, org.ListView{Object: "Case", Name: "My hot ones!", Definition: "f=Priority:eq:High"})
	if err != nil {
		t.Fatal(err)
	}
	public, err := agent.SaveListView(ctx, org.ListView{Object: "Case", Name: "My hot ones", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(agent, "Case"); got["My_hot_ones"] != "My hot ones!" || got["My_hot_ones_1"] != "My hot ones" {
		t.Errorf("who made them sees %v", got)
	}
	if got := names(other, "Case"); got["My_hot_ones"] != "" || got["My_hot_ones_1"] == "" {
		t.Errorf("somebody else sees %v", got)
	}
	for what, err := range map[string]error{
		"a private one of somebody else": other.DeleteListView(ctx, "Case", private),
		"one of another object":          agent.DeleteListView(ctx, "Contact", private),
		"one that is not there":          agent.DeleteListView(ctx, "Case", "00B000000000000AAA"),
		"one without an id":              agent.DeleteListView(ctx, "Case", "' OR Name != '"),
	} {
		if fault.From(err).Code != fault.NotFound {
			t.Errorf("deleting %s: %v", what, err)
		}
	}
	_, err = other.SaveListView(ctx, org.ListView{ID: public, Object: "Case", Name: "Mine now", Public: true})
	if fault.From(err).Code != fault.InsufficientAccess {
		t.Errorf("changing a public one of somebody else: %v", err)
	}
	if _, err := agent.SaveListView(ctx, org.ListView{ID: private, Object: "Case", Name: "Renamed"}); err != nil || names(agent, "Case")["My_hot_ones"] != "Renamed" {
		t.Errorf("renaming: %v", err)
	}
	for name, code := range map[string]fault.Code{"": fault.RequiredFieldMissing, "a name of more letters than forty, which is the most": fault.StringTooLong} {
		if _, err := agent.SaveListView(ctx, org.ListView{Object: "Case", Name: name}); fault.From(err).Code != code {
			t.Errorf("saving %q: %v", name, err)
		}
	}
	if err := agent.DeleteListView(ctx, "Case", private); err != nil || names(agent, "Case")["My_hot_ones"] != "" {
		t.Errorf("deleting: %v", err)
	}

	if err := s.Change(ctx, catalog.Change{Object: &catalog.ObjectDef{Name: "Stall__c", Label: "Stall", LabelPlural: "Stalls"}}); err != nil {
		t.Fatal(err)
	}
	if got := names(s, "Stall__c"); got["All"] != "All" || got["RecentlyViewed"] != "Recently Viewed" {
		t.Errorf("a new object has the list views %v", got)
	}
}
