package org_test

import (
	"fmt"
	"testing"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// accounts makes n accounts of an industry.
func accounts(t *testing.T, s *org.Session, n int) []record.ID {
	t.Helper()
	var ids []record.ID
	for len(ids) < n {
		var drafts []record.Draft
		for len(drafts) < 200 && len(ids)+len(drafts) < n {
			d := record.Draft{Object: "Account"}
			d.Set("Name", record.OfText(fmt.Sprintf("Account %d", len(ids)+len(drafts)))).Set("Industry", record.OfText([]string{"Energy", "Media"}[len(drafts)%2]))
			drafts = append(drafts, d)
		}
		made, err := org.Must(s.Insert(t.Context(), drafts, org.WriteOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made...)
	}
	return ids
}

// ended waits until a change has ended.
func ended(t *testing.T, s *org.Session, id string) org.MassChange {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		b, err := s.MassChange(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if b.State != org.MassGoing {
			return b
		}
	}
	t.Fatal("the change does not end")
	return org.MassChange{}
}

func TestManyRecordsAreChangedAndChangedBack(t *testing.T) {
	eachWith(t, org.Settings{}, func(t *testing.T, o *org.Org, _ *org.Session) {
		running(t, o)
		a, _, _, err := o.UserByID(t.Context(), o.Admin())
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.Session(t.Context(), a, org.Console, "")
		if err != nil {
			t.Fatal(err)
		}
		count := func(where string) int {
			t.Helper()
			res, err := s.Query(t.Context(), "SELECT COUNT() FROM Account WHERE "+where, org.QueryOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return res.Total
		}
		for _, n := range []int{7, 500} {
			ids := accounts(t, s, n)
			energy := count("Industry = 'Energy'")
			gone := ids[1]
			if _, err := s.Delete(t.Context(), []record.ID{gone}, org.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
			b, err := s.StartMassChange(t.Context(), org.MassRequest{Object: "Account", Field: "Industry", Value: record.OfText("Banking"), IDs: ids})
			if err != nil {
				t.Fatal(err)
			}
			if (b.State == org.MassDone) != (n <= 200) {
				t.Errorf("%d records: %s when it began", n, b.State)
			}
			b = ended(t, s, b.ID)
			if b.State != org.MassDone || b.Done != n-1 || b.Failed != 1 || b.Refused[0].ID != gone || b.Refused[0].Why.Code != fault.EntityIsDeleted {
				t.Errorf("%d records: %+v", n, b)
			}
			if got := count("Industry = 'Banking'"); got != n-1 {
				t.Errorf("%d are changed, want %d", got, n-1)
			}
			d := record.Draft{Object: "Account", ID: ids[0]}
			d.Set("Industry", record.OfText("Chemicals")) // somebody else goes on with it
			if _, err := org.Must(s.Update(t.Context(), []record.Draft{d}, org.WriteOptions{})); err != nil {
				t.Fatal(err)
			}
			back, err := s.UndoMassChange(t.Context(), b.ID)
			if err != nil {
				t.Fatal(err)
			}
			if back = ended(t, s, back.ID); back.Done != n-2 || back.Failed != 1 || !back.Refused[0].Moved || back.Refused[0].ID != ids[0] {
				t.Errorf("back: %+v", back)
			}
			if got := count("Industry = 'Energy'"); got != energy-1 {
				t.Errorf("%d are back at what they were, want %d", got, energy-1)
			}
			if _, err := s.UndoMassChange(t.Context(), b.ID); fault.From(err).Code != fault.InvalidOperation {
				t.Errorf("taken back twice: %v", err)
			}
			if got := count("Industry = 'Chemicals'"); got != 1 {
				t.Errorf("what somebody changed since is lost: %d", got)
			}
			b, err = s.StartMassChange(t.Context(), org.MassRequest{Object: "Account", IDs: ids})
			if err != nil {
				t.Fatal(err)
			}
			if b = ended(t, s, b.ID); b.Act != org.MassDelete || b.Done != n-1 || count("Name LIKE 'Account %'") != 0 {
				t.Errorf("deleted: %+v", b)
			}
			if back, err = s.UndoMassChange(t.Context(), b.ID); err != nil {
				t.Fatal(err)
			}
			if back = ended(t, s, back.ID); back.Done != n-1 || count("Name LIKE 'Account %'") != n-1 {
				t.Errorf("restored: %+v", back)
			}
			if _, err := org.Must(s.Delete(t.Context(), ids[:1], org.WriteOptions{})); err != nil {
				t.Fatal(err)
			}
			for part := 2; part < n; part += 200 {
				if _, err := s.Delete(t.Context(), ids[part:min(n, part+200)], org.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		all, err := s.MassChanges(t.Context())
		if err != nil || len(all) != 8 {
			t.Errorf("%d changes are remembered: %v", len(all), err)
		}
	})
}

func TestAMassChangeIsItsOwnersAndWithinTheirRights(t *testing.T) {
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		ids := accounts(t, s, 2)
		b, err := s.StartMassChange(t.Context(), org.MassRequest{Object: "Account", Field: "Industry", Value: record.OfText("Media"), IDs: ids})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]org.MassRequest{
			"a field that nobody writes": {Object: "Account", Field: "CreatedDate", IDs: ids},
			"no field":                   {Object: "Account", Field: "Nothing", IDs: ids},
			"no object":                  {Object: "Nothing", Field: "Name", IDs: ids},
			"no records":                 {Object: "Account", Field: "Industry"},
			"records of another object":  {Object: "Contact", Field: "Title", IDs: ids},
			"too many":                   {Object: "Account", Field: "Industry", IDs: make([]record.ID, org.MaxMassChange+1)},
		} {
			if _, err := s.StartMassChange(t.Context(), c); err == nil || fault.From(err).Code == fault.UnknownException {
				t.Errorf("%s: %v", name, err)
			}
		}
		guest, err := o.Guest(t.Context(), org.Portal, "", org.Actor{User: "005000000000001AAA"}, org.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := guest.MassChange(t.Context(), b.ID); fault.From(err).Code != fault.NotFound {
			t.Errorf("somebody else sees it: %v", err)
		}
		if _, err := guest.UndoMassChange(t.Context(), b.ID); fault.From(err).Code != fault.NotFound {
			t.Errorf("somebody else takes it back: %v", err)
		}
	})
}
