package demo_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/demo"
	"stoa/internal/org"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

// TestTheSameDayGivesTheSameCity loads the city twice and compares what people would notice.
func TestTheSameDayGivesTheSameCity(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	load := func() (all []any) {
		s := servertest.Start(t, server.Settings{Seed: func(ctx context.Context, s *org.Session) error {
			return demo.Load(ctx, s, now, 0.004, nil)
		}})
		for _, q := range []string{
			"SELECT Reference__c, Subject, Status, Priority, Owner.Name, CreatedDate, Reply_Due__c, Solve_Due__c, Last_Message_At__c, Snippet__c FROM Case ORDER BY Reference__c",
			"SELECT MessageIdentifier, FromAddress, TextBody, MessageDate FROM EmailMessage ORDER BY MessageIdentifier",
			"SELECT CommentBody, CreatedDate, Parent.Reference__c FROM CaseComment ORDER BY Parent.Reference__c, CreatedDate",
			"SELECT Title, UrlName, Language, Category__c FROM Knowledge__kav ORDER BY UrlName",
		} {
			rows := s.Query(t, q)
			if len(rows) < 10 {
				t.Errorf("%s: %d rows", q, len(rows))
			}
			for _, r := range rows {
				forgetURLs(r)
				all = append(all, r)
			}
		}
		return all
	}
	if diff := cmp.Diff(load(), load()); diff != "" {
		t.Errorf("the second city is another one (-first +second):\n%.2000s", diff)
	}
}

// forgetURLs removes what holds ids: those are the organisation's.
func forgetURLs(r map[string]any) {
	delete(r, "attributes")
	for _, v := range r {
		if nested, ok := v.(map[string]any); ok {
			forgetURLs(nested)
		}
	}
}
