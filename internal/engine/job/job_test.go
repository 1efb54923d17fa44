package job

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
	"stoa/internal/store/storetest"
)

// A clock is the time of a store's transactions, which tests set.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC).Unix())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d / time.Second)) }

// A queue is the queue of a store, for tests.
type queue struct {
	t  *testing.T
	db store.DB
	*clock
}

// each runs f on a queue of each engine.
func each(t *testing.T, f func(t *testing.T, q *queue)) {
	t.Run("sqlite", func(t *testing.T) { f(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, onPostgres(t)) })
}

func onSQLite(t *testing.T) *queue {
	c := newClock()
	return opened(t, c, func(ctx context.Context) (store.DB, error) {
		return sqlite.Open(ctx, sqlite.Options{Dir: t.TempDir(), Now: c.now})
	})
}

func onPostgres(t *testing.T) *queue {
	c := newClock()
	url, schema := storetest.Schema(t)
	return opened(t, c, func(ctx context.Context) (store.DB, error) {
		return postgres.Open(ctx, postgres.Options{URL: url, Schema: schema, Conns: 8, Now: c.now})
	})
}

func opened(t *testing.T, c *clock, open storetest.Opener) *queue {
	t.Helper()
	db, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &queue{t, db, c}
}

func ticket() store.Ticket { return store.Issue("", "operation", "test") }

func (q *queue) write(f func(ctx context.Context, tx store.Tx) error) {
	q.t.Helper()
	if err := q.db.Write(q.t.Context(), ticket(), func(tx store.Tx) error { return f(q.t.Context(), tx) }); err != nil {
		q.t.Fatal(err)
	}
}

func (q *queue) enqueue(jobs ...Job) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) error {
		for _, j := range jobs {
			if err := Enqueue(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *queue) take(worker string, n int) (claims []Claim) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) (err error) {
		claims, err = Take(ctx, tx, worker, []string{"a", "b"}, n)
		return err
	})
	return claims
}

// took returns the bodies of what a worker takes.
func (q *queue) took(worker string, n int) (bodies []string) {
	q.t.Helper()
	for _, c := range q.take(worker, n) {
		bodies = append(bodies, string(c.Body))
	}
	return bodies
}

func (q *queue) count() (c Counts) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) (err error) {
		c, err = Count(ctx, tx)
		return err
	})
	return c
}

func (q *queue) next() (wait time.Duration, ok bool) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) (err error) {
		wait, ok, err = Next(ctx, tx, []string{"a", "b"})
		return err
	})
	return wait, ok
}

func (q *queue) finish(c Claim) (ok bool) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) (err error) {
		ok, err = c.Finish(ctx, tx)
		return err
	})
	return ok
}

func (q *queue) fail(c Claim, attempts int) (gaveUp bool) {
	q.t.Helper()
	q.write(func(ctx context.Context, tx store.Tx) (err error) {
		gaveUp, err = c.Fail(ctx, tx, attempts, "no lamp")
		return err
	})
	return gaveUp
}

func TestQueue(t *testing.T) {
	cases := []struct {
		name string
		run  func(*testing.T, *queue)
	}{
		{"JobsComeInTheOrderOfTheirTime", jobsComeInOrder},
		{"AJobOfAKeyWaitsOnce", aJobOfAKeyWaitsOnce},
		{"JobsOfAKeyRunOneByOne", jobsOfAKeyRunOneByOne},
		{"ALeaseThatRanOutIsTakenAgain", aLeaseThatRanOutIsTakenAgain},
		{"AFailedJobIsTriedAgainAndGivenUp", aFailedJobIsTriedAgain},
		{"AFailedJobGivesWayToANewerOneOfItsKey", aFailedJobGivesWay},
		{"AReleasedJobHasLostNoAttempt", aReleasedJobHasLostNoAttempt},
		{"DeadJobsGoAfterAMonth", deadJobsGoAfterAMonth},
		{"AScheduleComesOnceInItsTime", aScheduleComesOnce},
	}
	each(t, func(t *testing.T, q *queue) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				q := &queue{t, q.db, q.clock}
				c.run(t, q)
				q.write(func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.JobTable))
					return err
				})
			})
		}
	})
}

func jobsComeInOrder(t *testing.T, q *queue) {
	if _, ok := q.next(); ok {
		t.Error("an empty queue has a next job")
	}
	q.enqueue(Job{Kind: "a", Body: []byte("later"), Due: q.now().Add(time.Minute)}, Job{Kind: "a", Body: []byte("now")},
		Job{Kind: "b", Body: []byte("before"), Due: q.now().Add(-time.Second)}, Job{Kind: "unknown"})
	if got := q.took("w", 1); !slices.Equal(got, []string{"before"}) {
		t.Errorf("took %q", got)
	}
	if got := q.took("w", 9); !slices.Equal(got, []string{"now"}) {
		t.Errorf("took %q", got)
	}
	if wait, ok := q.next(); !ok || wait != time.Minute {
		t.Errorf("the next job comes in %s, %t", wait, ok)
	}
	if diff := cmp.Diff(Counts{Waiting: 2, Running: 2}, q.count()); diff != "" {
		t.Error(diff)
	}
}

func aJobOfAKeyWaitsOnce(t *testing.T, q *queue) {
	later, soon := q.now().Add(time.Hour), q.now().Add(time.Minute)
	q.enqueue(Job{Kind: "a", Key: "k", Body: []byte("1"), Due: later}, Job{Kind: "b", Key: "k", Body: []byte("other kind"), Due: later},
		Job{Kind: "a", Key: "k", Body: []byte("2"), Due: soon}, Job{Kind: "a", Key: "k", Body: []byte("3"), Due: later})
	if n := q.count().Waiting; n != 2 {
		t.Errorf("%d jobs wait, want 2", n)
	}
	q.forward(time.Minute)
	if got := q.took("w", 9); !slices.Equal(got, []string{"3"}) {
		t.Errorf("took %q, want the newest body at the earliest time", got)
	}
}

func jobsOfAKeyRunOneByOne(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a", Key: "k", Body: []byte("1")})
	first := q.take("w", 9)[0]
	q.enqueue(Job{Kind: "a", Key: "k", Body: []byte("2")}, Job{Kind: "a", Body: []byte("free")})
	if got := q.took("v", 9); !slices.Equal(got, []string{"free"}) {
		t.Errorf("while one of the key runs, took %q", got)
	}
	if wait, _ := q.next(); wait != lease {
		t.Errorf("the next job comes in %s, want the end of the lease", wait)
	}
	if !q.finish(first) {
		t.Error("the first cannot be finished")
	}
	if got := q.took("v", 9); !slices.Equal(got, []string{"2"}) {
		t.Errorf("after the first, took %q", got)
	}
}

func aLeaseThatRanOutIsTakenAgain(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a", Body: []byte("x")})
	first := q.take("w", 1)[0]
	extend := func(c Claim) (ok bool) {
		q.write(func(ctx context.Context, tx store.Tx) (err error) {
			ok, err = c.Extend(ctx, tx)
			return err
		})
		return ok
	}
	q.forward(lease - time.Second)
	if !extend(first) {
		t.Error("a lease cannot be renewed")
	}
	q.forward(lease - time.Second)
	if got := q.take("v", 1); got != nil {
		t.Errorf("a renewed lease was taken: %+v", got)
	}
	q.forward(time.Second)
	second := q.take("w", 1) // by the same worker, even
	if len(second) != 1 || second[0].Attempt != 2 || second[0].ID != first.ID || string(second[0].Body) != "x" {
		t.Fatalf("took %+v", second)
	}
	if extend(first) || q.finish(first) || q.fail(first, 1) || q.fail(first, 9) {
		t.Error("who lost the lease still changes the job")
	}
	if !q.finish(second[0]) {
		t.Error("who has the lease cannot finish the job")
	}
	if c := q.count(); c != (Counts{}) {
		t.Errorf("left %+v", c)
	}
}

func aFailedJobIsTriedAgain(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a", Key: "k"})
	for attempt, pause := range []time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
		c := q.take("w", 1)
		if len(c) != 1 || c[0].Attempt != attempt+1 {
			t.Fatalf("attempt %d: took %+v", attempt+1, c)
		}
		if q.fail(c[0], 8) {
			t.Fatal("given up too early")
		}
		if wait, _ := q.next(); wait != pause {
			t.Errorf("after attempt %d it waits %s, want %s", attempt+1, wait, pause)
		}
		q.forward(pause)
	}
	last := q.take("w", 1)[0]
	q.enqueue(Job{Kind: "a", Key: "k"})
	if !q.fail(last, 8) {
		t.Error("the last attempt was not the last")
	}
	if c := q.count(); c != (Counts{Waiting: 1, Dead: 1}) {
		t.Errorf("left %+v", c)
	}
}

func aFailedJobGivesWay(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a", Key: "k", Body: []byte("old")})
	c := q.take("w", 1)[0]
	q.enqueue(Job{Kind: "a", Key: "k", Body: []byte("new"), Due: q.now().Add(time.Hour)})
	q.fail(c, 5)
	if n := q.count().Waiting; n != 1 {
		t.Errorf("%d jobs wait, want 1", n)
	}
	q.forward(10 * time.Second)
	if got := q.took("w", 9); !slices.Equal(got, []string{"new"}) {
		t.Errorf("took %q", got)
	}
}

func aReleasedJobHasLostNoAttempt(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a"})
	c := q.take("w", 1)[0]
	q.write(func(ctx context.Context, tx store.Tx) error { return c.Release(ctx, tx) })
	if again := q.take("w", 1); len(again) != 1 || again[0].Attempt != 1 {
		t.Errorf("took %+v", again)
	}
}

func deadJobsGoAfterAMonth(t *testing.T, q *queue) {
	q.enqueue(Job{Kind: "a"})
	q.fail(q.take("w", 1)[0], 1)
	sweep := func() int {
		q.write(func(ctx context.Context, tx store.Tx) error { return Sweep(ctx, tx) })
		return q.count().Dead
	}
	q.forward(deadAge - time.Second)
	if n := sweep(); n != 1 {
		t.Error("it went early")
	}
	q.forward(time.Second)
	if n := sweep(); n != 0 {
		t.Error("it stays")
	}
}

func aScheduleComesOnce(t *testing.T, q *queue) {
	s := Schedule{Kind: "a", Every: time.Minute}
	tick := func(want time.Duration) {
		t.Helper()
		q.write(func(ctx context.Context, tx store.Tx) error {
			wait, err := s.Tick(ctx, tx)
			if err == nil && wait != want {
				t.Errorf("the next one comes in %s, want %s", wait, want)
			}
			return err
		})
	}
	tick(time.Minute)
	tick(time.Minute)
	c := q.take("w", 9)
	if len(c) != 1 || !q.finish(c[0]) {
		t.Fatalf("took %+v", c)
	}
	q.forward(50 * time.Second)
	tick(10 * time.Second)
	if n := q.count().Waiting; n != 0 {
		t.Errorf("%d jobs wait within the interval", n)
	}
	q.forward(10 * time.Second)
	tick(time.Minute)
	q.forward(time.Minute)
	tick(time.Minute) // nobody took the last one
	if n := q.count().Waiting; n != 1 {
		t.Errorf("%d jobs wait, want 1", n)
	}
}

// TestSeveralProcessesShareAQueue has pools of two connections do 300 jobs, each once.
func TestSeveralProcessesShareAQueue(t *testing.T) {
	url, schema := storetest.Schema(t)
	var mu sync.Mutex
	did := map[string]int{}
	all := make(chan struct{})
	kind := Kind{Name: "a", Run: func(_ context.Context, body []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if did[string(body)]++; len(did) == 300 && did[string(body)] == 1 {
			close(all)
		}
		return nil
	}}
	var qs []*queue
	var pools sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 2 {
		q := opened(t, newClock(), func(ctx context.Context) (store.DB, error) {
			return postgres.Open(ctx, postgres.Options{URL: url, Schema: schema, Conns: 8})
		})
		qs = append(qs, q)
	}
	var jobs []Job
	for i := range 300 {
		jobs = append(jobs, Job{Kind: "a", Body: fmt.Append(nil, i)})
	}
	qs[0].enqueue(jobs...)
	for _, q := range qs {
		p, err := NewPool(q.db, ticket(), []Kind{kind}, nil, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		pools.Go(func() { p.Run(ctx) })
	}
	select {
	case <-all:
	case <-time.After(60 * time.Second):
		t.Error("not all jobs were done")
	}
	stop()
	pools.Wait()
	for body, n := range did {
		if n != 1 {
			t.Errorf("job %s was done %d times", body, n)
		}
	}
	if c := qs[0].count(); c != (Counts{}) {
		t.Errorf("left %+v", c)
	}
}
