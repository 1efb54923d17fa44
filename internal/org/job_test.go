package org_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/storetest"
)

// running runs an org until the test ends.
func running(t *testing.T, o *org.Org) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := o.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
}

// next returns what comes next out of a channel, and fails the test where nothing comes.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-from:
		if !ok {
			t.Fatal("the channel is closed")
		}
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func TestJobsOfAUnitOfWork(t *testing.T) {
	did := make(chan string, 10)
	var fails atomic.Int32
	set := org.Settings{
		Jobs: []org.JobKind{
			{Name: "tell", Run: func(_ context.Context, s *org.Session, body []byte) error {
				did <- fmt.Sprintf("%s for %s as %s", body, s.Purpose(), s.Actor().Name)
				return nil
			}},
			{Name: "hopeless", Attempts: 1, Run: func(context.Context, *org.Session, []byte) error { return errors.New("no lamp") }},
			{Name: "crashes", Attempts: 1, Run: func(context.Context, *org.Session, []byte) error { panic("lamp") }},
		},
		Schedules: []org.Schedule{{Kind: "tell", Every: time.Hour}},
		Report: func(err error) {
			if !strings.Contains(err.Error(), "no lamp") && !strings.Contains(err.Error(), "panic: lamp") {
				t.Error(err)
			}
			fails.Add(1)
			did <- "gave up"
		},
	}
	eachWith(t, set, func(t *testing.T, o *org.Org, s *org.Session) {
		fails.Store(0)
		running(t, o)
		if got, want := next(t, did), " for operation as Stoa"; got != want {
			t.Errorf("the schedule did %q, want %q", got, want)
		}
		do := func(fail error, jobs ...org.Job) error {
			return s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
				for _, j := range jobs {
					if err := tx.Enqueue(ctx, j); err != nil {
						return err
					}
				}
				return fail
			})
		}
		undone := errors.New("undone")
		if err := do(undone, org.Job{Kind: "tell", Body: []byte("undone")}); !errors.Is(err, undone) {
			t.Error(err)
		}
		if err := do(nil, org.Job{Kind: "tell", Body: []byte("done")}); err != nil {
			t.Error(err)
		}
		if got, want := next(t, did), "done for operation as Stoa"; got != want {
			t.Errorf("did %q, want %q", got, want)
		}
		if err := do(nil, org.Job{Kind: "telll"}); err == nil {
			t.Error("a job of an unknown kind was enqueued")
		}
		if err := do(nil, org.Job{Kind: "hopeless"}, org.Job{Kind: "crashes"}, org.Job{Kind: "tell", Due: time.Now().Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		next(t, did)
		next(t, did)
		c, err := o.JobCounts(t.Context())
		if err != nil || c.Dead != 2 || c.Waiting != 1 {
			t.Errorf("counts %+v, %v", c, err)
		}
	})
}

func TestASettingsMistakeIsFoundAtTheStart(t *testing.T) {
	run := func(context.Context, *org.Session, []byte) error { return nil }
	for name, set := range map[string]org.Settings{
		"twice":        {Jobs: []org.JobKind{{Name: "a", Run: run}, {Name: "a", Run: run}}},
		"does nothing": {Jobs: []org.JobKind{{Name: "a"}}},
		"no kind":      {Schedules: []org.Schedule{{Kind: "a", Every: time.Minute}}},
		"too often":    {Jobs: []org.JobKind{{Name: "a", Run: run}}, Schedules: []org.Schedule{{Kind: "a", Every: time.Millisecond}}},
	} {
		db, err := storetest.SQLite(t)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		set.DB, set.JournalDir = db, t.TempDir()
		if _, err := org.Open(t.Context(), set); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

var errRefusedCase = fault.New(fault.ValidationRule, "Not this one.")

func TestLiveEvents(t *testing.T) {
	set := org.Settings{Hooks: []org.Hook{{Object: "Case", When: org.After, Run: func(_ context.Context, tx *org.Tx, b *org.Batch) error {
		for _, r := range b.Rows {
			tx.Announce("case/"+r.Text("Subject"), string(r.ID))
			if r.Text("Subject") == "refused" {
				r.Fail(errRefusedCase)
			}
		}
		return nil
	}}}}
	eachWith(t, set, func(t *testing.T, o *org.Org, s *org.Session) {
		running(t, o)
		events, stop := o.Listen("case/", "typing")
		res, err := s.Insert(t.Context(), []record.Draft{draft("Case", "Subject", "lamp"), draft("Case", "Subject", "refused")}, org.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Announce(t.Context(), "elsewhere", "x"); err != nil {
			t.Fatal(err)
		}
		if err := s.Announce(t.Context(), "typing", "y"); err != nil {
			t.Fatal(err)
		}
		if e := next(t, events); e.Topic != "case/lamp" || e.Body != string(res[0].ID) || e.Actor != s.Actor().User || e.At.IsZero() {
			t.Errorf("heard %+v", e)
		}
		// Neither the event of the refused case nor the first one of the other is heard: they were undone.
		if e := next(t, events); e.Topic != "typing" || e.Body != "y" {
			t.Errorf("heard %+v", e)
		}
		stop()
		stop()
		if _, ok := <-events; ok {
			t.Error("a stopped listener hears")
		}
	})
}

// TestLiveEventsCrossProcesses has two orgs on one schema, as two servers would.
func TestLiveEventsCrossProcesses(t *testing.T) {
	url, schema := storetest.Schema(t)
	connect := func() store.DB {
		db, err := postgres.Open(t.Context(), postgres.Options{URL: url, Schema: schema, Conns: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	one := create(t, connect(), org.Settings{})
	two := open(t, connect(), org.Settings{})
	running(t, one)
	running(t, two)
	here, stopHere := one.Listen("a/")
	defer stopHere()
	there, stopThere := two.Listen("a/")
	defer stopThere()
	for i, o := range []*org.Org{one, two} {
		body := fmt.Sprint(i)
		err := system(t, o).Do(t.Context(), func(_ context.Context, tx *org.Tx) error {
			tx.Announce("a/b", body)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := next(t, here), next(t, there); a.Body != body || b.Body != body {
			t.Errorf("announced %s by %d: one heard %+v, two heard %+v", body, i, a, b)
		}
	}
}
