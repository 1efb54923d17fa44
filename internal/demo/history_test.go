package demo_test

import (
	"context"
	"testing"
	"time"

	"stoa/internal/demo"
	"stoa/internal/org"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

// TestEveryCaseHasAHistoryThatFitsIt holds that what history tells ends where the case stands, in the case's own time.
func TestEveryCaseHasAHistoryThatFitsIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	s := servertest.Start(t, server.Settings{Seed: func(ctx context.Context, s *org.Session) error {
		return demo.Load(ctx, s, now, 0.004, nil)
	}})
	type state struct {
		status, owner, at string
		lines             int
	}
	told := map[string]state{}
	for _, r := range s.Query(t, "SELECT CaseId, Field, NewValue, DataType, CreatedDate FROM CaseHistory ORDER BY CaseId, CreatedDate, Id") {
		id, at := r["CaseId"].(string), r["CreatedDate"].(string)
		st := told[id]
		if st.lines == 0 {
			st.status = "New"
		}
		if at < st.at {
			t.Errorf("case %s: %s comes after %s", id, at, st.at)
		}
		st.lines, st.at = st.lines+1, at
		switch to, _ := r["NewValue"].(string); {
		case r["Field"] == "Status":
			st.status = to
		case r["Field"] == "Owner" && r["DataType"] == "EntityId":
			st.owner = to
		}
		told[id] = st
	}
	cases := s.Query(t, "SELECT Id, Status, OwnerId, CreatedDate, LastModifiedDate FROM Case")
	if len(cases) != 100 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		st := told[c["Id"].(string)]
		if st.lines == 0 || st.status != c["Status"] || st.status != "New" && st.owner != c["OwnerId"] || st.at > c["LastModifiedDate"].(string) {
			t.Errorf("case %v tells %+v", c, st)
		}
	}
}
