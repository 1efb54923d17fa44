package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"stoa/internal/store"
)

// A Kind is what is done for jobs of one kind.
type Kind struct {
	Name     string
	Attempts int // before a job is given up; 0 for 5
	// Run does the job. It ends soon when ctx does: then the server stops, or another worker has the job.
	Run func(ctx context.Context, body []byte) error
}

const (
	defaultAttempts = 5
	workers         = 4
	grace           = 10 * time.Second       // for which jobs may end when the server stops
	settleTime      = 10 * time.Second       // for which what became of a job may take to be written
	longest         = 30 * time.Second       // between two looks at the queue: clocks can be set
	burst           = 250 * time.Millisecond // commits of other processes come in bursts; one look for several is enough
)

// A Pool runs the jobs of one org in this process, a few at a time.
type Pool struct {
	db        store.DB
	ticket    store.Ticket
	kinds     map[string]Kind
	names     []string
	schedules []Schedule
	report    func(error)
	worker    string        // of this process
	wake      chan struct{} // holds one where there may be something new
	asleep    atomic.Int64  // until when the pool does not look by itself, in seconds since 1970; awake while it looks
	shared    bool          // other processes use the store too
	begun     bool          // the jobs that a dead process left have been looked for; of Run
}

// awake is what a pool that looks at the queue is asleep until: it may have missed whatever is enqueued meanwhile.
const awake = math.MaxInt64

// NewPool returns a pool; Run starts it. It errs where kinds are double or a schedule has none.
func NewPool(db store.DB, t store.Ticket, kinds []Kind, schedules []Schedule, report func(error)) (*Pool, error) {
	p := &Pool{
		db: db, ticket: t, kinds: map[string]Kind{}, schedules: schedules, report: report,
		worker: rand.Text(), wake: make(chan struct{}, 1), shared: db.Dialect().Name() != "sqlite",
	}
	for _, k := range kinds {
		if _, double := p.kinds[k.Name]; double || k.Name == "" || k.Run == nil {
			return nil, fmt.Errorf("job kind %q: has no name, is there twice or does nothing", k.Name)
		}
		if k.Attempts <= 0 {
			k.Attempts = defaultAttempts
		}
		p.kinds[k.Name] = k
		p.names = append(p.names, k.Name)
	}
	for _, s := range schedules {
		if !p.Knows(s.Kind) || s.Every < time.Second || s.Every%time.Second != 0 {
			return nil, fmt.Errorf("schedule of %q every %s: there is no such kind of job, or no such interval", s.Kind, s.Every)
		}
	}
	return p, nil
}

// Knows reports whether there is a kind of job.
func (p *Pool) Knows(kind string) bool {
	_, ok := p.kinds[kind]
	return ok
}

// Wake makes the pool look at the queue, where it would not by itself before a job is due, zero for at once. Call it once the job is committed.
func (p *Pool) Wake(due time.Time) {
	if due.Unix() >= p.asleep.Load() {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run takes and runs jobs until ctx is done. Then it takes no more and gives
// those that run some time to end; what does not is put back into the queue.
func (p *Pool) Run(ctx context.Context) {
	if len(p.names) == 0 {
		return
	}
	var work sync.WaitGroup
	doing, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	ended := make(chan struct{}, workers)
	busy := 0
	for next := make([]time.Time, len(p.schedules)); ctx.Err() == nil; {
		committed := p.db.Wait() // before the look, so that nothing is missed
		if !p.shared {
			committed = nil // what this process enqueues wakes it
		}
		claims, wait, err := p.look(ctx, next, workers-busy)
		if err != nil && ctx.Err() == nil {
			p.report(fmt.Errorf("look for jobs: %w", err))
			wait = longest
		}
		for _, c := range claims {
			busy++
			work.Go(func() {
				p.work(doing, c)
				ended <- struct{}{}
			})
		}
		busy -= p.idle(ctx, wait, committed, ended)
	}
	end := time.AfterFunc(grace, cut)
	defer end.Stop()
	work.Wait()
}

// idle waits until there may be something to do, and returns how many jobs ended meanwhile.
func (p *Pool) idle(ctx context.Context, wait time.Duration, committed, ended <-chan struct{}) int {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-committed:
			committed = nil
			if wait > burst {
				timer.Reset(burst)
			}
			continue
		case <-ended:
			return 1
		case <-p.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		return 0
	}
}

// look enqueues what is scheduled, takes up to n jobs and returns how long it is until there may be more.
// next holds when each schedule is to be asked again.
func (p *Pool) look(ctx context.Context, next []time.Time, n int) (claims []Claim, wait time.Duration, err error) {
	var now time.Time
	p.asleep.Store(awake)
	defer func() {
		if err == nil {
			p.asleep.Store(now.Add(wait).Unix())
		}
	}()
	wait = longest
	left := false
	err = p.db.Read(ctx, p.ticket, func(tx store.Tx) error {
		now = tx.Now()
		due, ok, err := Next(ctx, tx, p.names)
		if ok {
			wait = min(wait, due)
		}
		if err != nil || p.begun || p.shared {
			return err
		}
		left, err = Running(ctx, tx)
		return err
	})
	if err != nil {
		return nil, longest, err
	}
	if left { // by a process that died: there can be no other one
		if err := p.db.Write(ctx, p.ticket, func(tx store.Tx) error { return Reclaim(ctx, tx) }); err != nil {
			return nil, longest, err
		}
		wait = 0
	}
	p.begun = true
	for i, s := range p.schedules {
		if !next[i].After(now) {
			err := p.db.Write(ctx, p.ticket, func(tx store.Tx) error {
				after, err := s.Tick(ctx, tx)
				next[i] = tx.Now().Add(after)
				return err
			})
			if err != nil {
				next[i] = time.Time{}
				return nil, longest, err
			}
			wait = 0 // there may be a job now
		}
		wait = min(wait, next[i].Sub(now))
	}
	switch {
	case n == 0:
		return nil, longest, nil // until a worker is free
	case wait > 0:
		return nil, wait, nil
	}
	err = p.db.Write(ctx, p.ticket, func(tx store.Tx) (err error) {
		claims, err = Take(ctx, tx, p.worker, p.names, n)
		return err
	})
	if err != nil || len(claims) > 0 {
		return claims, 0, err
	}
	return nil, burst, nil // others are taking them
}

var errTaken = errors.New("another worker has the job")

// work runs a job, renewing its lease meanwhile, and writes what became of it.
func (p *Pool) work(ctx context.Context, c Claim) {
	k := p.kinds[c.Kind]
	var err error
	if c.Attempt > k.Attempts {
		err = errors.New("the process ended each time while the job ran")
	} else {
		err = p.run(ctx, k, &c)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	gaveUp := false
	broke := p.db.Write(end, p.ticket, func(tx store.Tx) (again error) {
		gaveUp = false
		switch {
		case err == nil:
			_, again = c.Finish(end, tx)
		case ctx.Err() != nil:
			again = c.Release(end, tx)
		default:
			gaveUp, again = c.Fail(end, tx, k.Attempts, err.Error())
		}
		return again
	})
	switch {
	case broke != nil:
		p.report(fmt.Errorf("job %s of kind %s: %w", c.ID, c.Kind, broke))
	case gaveUp:
		p.report(fmt.Errorf("job %s of kind %s is given up after %d attempts: %w", c.ID, c.Kind, min(c.Attempt, k.Attempts), err))
	}
}

// run calls the kind's function. A panic of it is an error of the job.
func (p *Pool) run(ctx context.Context, k Kind, c *Claim) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	result := make(chan error, 1)
	go func() {
		defer func() {
			if crash := recover(); crash != nil {
				result <- fmt.Errorf("panic: %v\n%s", crash, debug.Stack())
			}
		}()
		result <- k.Run(ctx, c.Body)
	}()
	renew := time.NewTicker(lease / 3)
	defer renew.Stop()
	for {
		select {
		case err := <-result:
			return err
		case <-renew.C:
			held := true
			err := p.db.Write(ctx, p.ticket, func(tx store.Tx) (err error) {
				held, err = c.Extend(ctx, tx)
				return err
			})
			if err != nil && ctx.Err() == nil {
				p.report(fmt.Errorf("renew the lease of job %s: %w", c.ID, err))
			}
			if err == nil && !held {
				cancel(errTaken)
			}
		}
	}
}
