package job

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
	"stoa/internal/store/storetest"
)

var errLamp = errors.New("no lamp")

// A pooled is a pool in a bubble of time, over SQLite: what waits for a socket has no such time.
type pooled struct {
	*queue
	pool  *Pool
	stop  context.CancelFunc
	ended chan struct{}
	began time.Time
}

func inTime(t *testing.T, schedules []Schedule, f func(t *testing.T, p *pooled), kinds ...Kind) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		q := opened(t, nil, func(ctx context.Context) (store.DB, error) { return sqlite.Open(ctx, sqlite.Options{Dir: dir}) })
		pool, err := NewPool(q.db, ticket(), kinds, schedules, func(err error) {
			if !errors.Is(err, errLamp) {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		p := &pooled{q, pool, stop, make(chan struct{}), time.Now()}
		go func() {
			defer close(p.ended)
			pool.Run(ctx)
		}()
		f(t, p)
		p.end()
	})
}

// end stops the pool and returns how long that took.
func (p *pooled) end() time.Duration {
	began := time.Now()
	p.stop()
	<-p.ended
	return time.Since(began)
}

func (p *pooled) put(j Job) {
	p.t.Helper()
	p.enqueue(j)
	p.pool.Wake(j.Due)
}

// A timetable is when something happened.
type timetable struct {
	mu sync.Mutex
	at []time.Time
}

func (t *timetable) note() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = append(t.at, time.Now())
}

// since returns the times in whole seconds since the pool began.
func (t *timetable) since(p *pooled) (seconds []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.at {
		seconds = append(seconds, int(at.Sub(p.began)/time.Second))
	}
	return seconds
}

// A job for later does not wake the pool, which looks by itself before it is due; one that is due before does.
func TestAJobRunsWhenItIsDueWhateverWaits(t *testing.T) {
	var done timetable
	kind := Kind{Name: "a", Run: func(context.Context, []byte) error {
		done.note()
		return nil
	}}
	inTime(t, nil, func(t *testing.T, p *pooled) {
		put := func(after time.Duration) { p.put(Job{Kind: "a", Due: time.Now().Add(after)}) }
		put(time.Hour)
		time.Sleep(time.Second)
		put(10 * time.Second)
		time.Sleep(time.Second)
		put(3 * time.Second)
		put(longest + 20*time.Second)
		time.Sleep(time.Minute)
		if want := []int{5, 11, 52}; !slices.Equal(done.since(p), want) {
			t.Errorf("done after %v seconds, want %v", done.since(p), want)
		}
	}, kind)
}

func TestAJobIsTriedAgainInTime(t *testing.T) {
	var tried timetable
	kind := Kind{Name: "a", Attempts: 4, Run: func(context.Context, []byte) error {
		tried.note()
		return errLamp
	}}
	inTime(t, nil, func(t *testing.T, p *pooled) {
		p.put(Job{Kind: "a"})
		time.Sleep(10 * time.Minute)
		if want := []int{0, 10, 40, 160}; !slices.Equal(tried.since(p), want) {
			t.Errorf("tried after %v seconds, want %v", tried.since(p), want)
		}
		if c := p.count(); c != (Counts{Dead: 1}) {
			t.Errorf("left %+v", c)
		}
	}, kind)
}

func TestALongJobKeepsItsLease(t *testing.T) {
	runs := 0
	kind := Kind{Name: "a", Run: func(context.Context, []byte) error {
		runs++
		time.Sleep(10 * time.Minute)
		return nil
	}}
	inTime(t, nil, func(t *testing.T, p *pooled) {
		p.put(Job{Kind: "a"})
		time.Sleep(5 * time.Minute)
		if got := p.take("another", 1); got != nil {
			t.Error("another worker takes it while it runs")
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if c := p.count(); runs != 1 || c != (Counts{}) {
			t.Errorf("%d runs, left %+v", runs, c)
		}
	}, kind)
}

func TestAWorkerThatLostItsLeaseIsTold(t *testing.T) {
	var told chan error // made in the bubble
	kind := Kind{Name: "a", Run: func(ctx context.Context, _ []byte) error {
		<-ctx.Done()
		told <- context.Cause(ctx)
		return ctx.Err()
	}}
	inTime(t, nil, func(t *testing.T, p *pooled) {
		told = make(chan error, 1)
		p.put(Job{Kind: "a"})
		time.Sleep(time.Second)
		// As if this process had been asleep and another one had taken the job.
		p.write(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.JobTable).Raw(" SET worker = 'another'"))
			return err
		})
		if err := <-told; !errors.Is(err, errTaken) {
			t.Errorf("told %v", err)
		}
		if c := p.count(); c != (Counts{Running: 1}) {
			t.Errorf("left %+v", c)
		}
	}, kind)
}

func TestFourJobsRunAtATime(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	count := func(d int) {
		mu.Lock()
		defer mu.Unlock()
		now += d
		most = max(most, now)
	}
	kind := Kind{Name: "a", Run: func(context.Context, []byte) error {
		count(1)
		defer count(-1)
		time.Sleep(time.Minute)
		return nil
	}}
	inTime(t, nil, func(t *testing.T, p *pooled) {
		for range 10 {
			p.put(Job{Kind: "a"})
		}
		time.Sleep(3*time.Minute + time.Second)
		synctest.Wait()
		if c := p.count(); most != workers || c != (Counts{}) {
			t.Errorf("at most %d at a time, left %+v after three rounds", most, c)
		}
	}, kind)
}

func TestAScheduleComesAgainAndAgain(t *testing.T) {
	var tried timetable
	kind := Kind{Name: "a", Run: func(context.Context, []byte) error {
		tried.note()
		return nil
	}}
	inTime(t, []Schedule{{"a", 90 * time.Second}}, func(t *testing.T, p *pooled) {
		time.Sleep(5 * time.Minute)
		if want := []int{0, 90, 180, 270}; !slices.Equal(tried.since(p), want) {
			t.Errorf("ran after %v seconds, want %v", tried.since(p), want)
		}
	}, kind)
}

func TestAStopWaitsForJobsWithinTheGrace(t *testing.T) {
	wait := func(d time.Duration) func(context.Context, []byte) error {
		return func(ctx context.Context, _ []byte) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	t.Run("TheyEnd", func(t *testing.T) {
		inTime(t, nil, func(t *testing.T, p *pooled) {
			p.put(Job{Kind: "a"})
			time.Sleep(time.Second)
			if took := p.end(); took != 4*time.Second {
				t.Errorf("the stop took %s", took)
			}
			if c := p.count(); c != (Counts{}) {
				t.Errorf("left %+v", c)
			}
		}, Kind{Name: "a", Run: wait(5 * time.Second)})
	})
	t.Run("TheyAreCut", func(t *testing.T) {
		inTime(t, nil, func(t *testing.T, p *pooled) {
			p.put(Job{Kind: "a"})
			time.Sleep(time.Second)
			if took := p.end(); took != grace {
				t.Errorf("the stop took %s", took)
			}
			if again := p.take("w", 1); len(again) != 1 || again[0].Attempt != 1 {
				t.Errorf("the next start takes %+v", again)
			}
		}, Kind{Name: "a", Attempts: 1, Run: wait(time.Hour)})
	})
}

// TestAnIdlePoolAsksSeldom counts the looks at an empty queue through an hour.
func TestAnIdlePoolAsksSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		q := opened(t, nil, func(ctx context.Context) (store.DB, error) { return sqlite.Open(ctx, sqlite.Options{Dir: dir}) })
		db := &counted{DB: q.db}
		pool, err := NewPool(db, ticket(), []Kind{{Name: "a", Run: func(context.Context, []byte) error { return nil }}}, nil, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		pool.Run(ctx)
		if db.reads > int(time.Hour/longest)+1 || db.writes > 0 {
			t.Errorf("%d reads and %d writes in an hour", db.reads, db.writes)
		}
	})
}

type counted struct {
	store.DB
	reads, writes int
}

func (c *counted) Read(ctx context.Context, t store.Ticket, f func(store.Tx) error) error {
	c.reads++
	return c.DB.Read(ctx, t, f)
}

func (c *counted) Write(ctx context.Context, t store.Ticket, f func(store.Tx) error) error {
	c.writes++
	return c.DB.Write(ctx, t, f)
}

// crashing names the store on which a child process of TestAJobOutlivesItsProcess is to die: engine, folder or schema.
const crashing = "STOA_TEST_JOB_CRASH"

// TestAJobOutlivesItsProcess kills a process between the taking of a job and
// its end, once and again: the job is taken up when its lease has run out, and
// given up when it has cost as many processes as it has attempts.
func TestAJobOutlivesItsProcess(t *testing.T) {
	if where := os.Getenv(crashing); where != "" {
		crash(t, where)
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		outlives(t, "sqlite "+dir, func(ctx context.Context, c *clock) (store.DB, error) {
			return sqlite.Open(ctx, sqlite.Options{Dir: dir, Now: c.now})
		})
	})
	t.Run("postgres", func(t *testing.T) {
		url, schema := storetest.Schema(t)
		outlives(t, "postgres "+schema, func(ctx context.Context, c *clock) (store.DB, error) {
			return postgres.Open(ctx, postgres.Options{URL: url, Schema: schema, Conns: 8, Now: c.now})
		})
	})
}

func outlives(t *testing.T, where string, open func(context.Context, *clock) (store.DB, error)) {
	c := newClock()
	with := func(f func(q *queue)) {
		t.Helper()
		db, err := open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(&queue{t, db, c})
	}
	with(func(q *queue) { q.enqueue(Job{Kind: "a", Body: []byte("x"), Due: time.Unix(0, 0)}) })
	die := func() {
		t.Helper()
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAJobOutlivesItsProcess$")
		child.Env = append(os.Environ(), crashing+"="+where)
		out, err := child.CombinedOutput()
		if err == nil || child.ProcessState.Success() || strings.Contains(string(out), "FAIL") {
			t.Fatalf("the child ended by itself: %v\n%s", err, out)
		}
	}
	die()
	c.at.Store(time.Now().Unix())
	with(func(q *queue) {
		if got := q.take("w", 1); got != nil {
			t.Errorf("the lease of a dead process is not waited for: %+v", got)
		}
		q.forward(2 * lease)
		got := q.take("w", 1)
		if len(got) != 1 || got[0].Attempt != 2 || string(got[0].Body) != "x" {
			t.Fatalf("took %+v", got)
		}
		// And again, as if that one died too.
		q.forward(2 * lease)
		var reported error
		pool, err := NewPool(q.db, ticket(), []Kind{{Name: "a", Attempts: 2, Run: func(context.Context, []byte) error {
			t.Error("a job that has cost its attempts is run")
			return nil
		}}}, nil, func(err error) { reported = err })
		if err != nil {
			t.Fatal(err)
		}
		got = q.take(pool.worker, 1)
		pool.work(t.Context(), got[0])
		if c := q.count(); c != (Counts{Dead: 1}) || reported == nil {
			t.Errorf("left %+v, reported %v", c, reported)
		}
	})
}

// crash runs the job that waits at a place and dies in it.
func crash(t *testing.T, where string) {
	engine, place, _ := strings.Cut(where, " ")
	var db store.DB
	var err error
	if engine == "sqlite" {
		db, err = sqlite.Open(t.Context(), sqlite.Options{Dir: place})
	} else {
		db, err = postgres.Open(t.Context(), postgres.Options{URL: os.Getenv(storetest.PostgresURL), Schema: place, Conns: 8})
	}
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := NewPool(db, ticket(), []Kind{{Name: "a", Run: func(ctx context.Context, _ []byte) error {
		if err := self.Kill(); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}}}, nil, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	pool.Run(t.Context())
}
