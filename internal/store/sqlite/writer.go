package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"stoa/internal/store"
)

const (
	queueLength = 1024                  // calls of Write that wait; more wait to wait
	groupSize   = 256                   // calls that share a commit at most
	groupTime   = 20 * time.Millisecond // after which a group takes no more calls
	idleTime    = 15 * time.Second      // after which memory is given back
)

// A writer owns the one connection that writes. Its goroutine opens a
// transaction, hands the connection from one waiting call to the next, each
// inside a savepoint of its own, and commits when nobody waits any more: while
// the disk is busy with one group the next one gathers.
type writer struct {
	allocator
	index index
	db    *DB
	queue chan *request
	stop  chan struct{} // closed by Close
	ended chan struct{} // closed when the goroutine has ended
	carry *request      // taken from the queue, to open the next group

	logged int // pages in the log since the last checkpoint, about
}

// A request is one waiting call of Write.
type request struct {
	state atomic.Int32  // waiting, taken or left
	turn  chan struct{} // from the writer: the connection is yours
	ran   chan ran      // to the writer: have it back
	end   chan error    // from the writer: the group's fate. nil, errAgain or an error
	after []func()      // AfterCommit
	wakes []func()      // Signal
	alone bool          // be a group of its own
	crash any           // what a function of AfterCommit panicked with
}

const (
	waiting int32 = iota
	taken
	left
)

// ran is how a call ended.
type ran struct {
	kept bool // its savepoint was released
	lost bool // the engine has undone the whole transaction
}

// errAgain says that a group failed for the sake of another call.
var errAgain = errors.New("group failed")

// Write implements store.DB.
func (d *DB) Write(ctx context.Context, t store.Ticket, f func(store.Tx) error) error {
	if !t.Valid() {
		return store.ErrTicket
	}
	for alone := false; ; alone = true {
		r := &request{turn: make(chan struct{}), ran: make(chan ran, 1), end: make(chan error, 1), alone: alone}
		err := d.submit(ctx, t, r, f)
		if r.crash != nil {
			panic(r.crash)
		}
		if !errors.Is(err, errAgain) {
			return err
		}
	}
}

// submit waits for r's turn, runs f and waits for the commit.
func (d *DB) submit(ctx context.Context, t store.Ticket, r *request, f func(store.Tx) error) error {
	if err := d.queue(ctx, r); err != nil {
		return err
	}
	if err := d.perform(ctx, t, r, f); err != nil {
		return err
	}
	return <-r.end
}

// queue waits for r's turn.
func (d *DB) queue(ctx context.Context, r *request) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	select {
	case d.w.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.w.stop:
		return store.ErrClosed
	}
	var why error
	select {
	case <-r.turn:
		return nil
	case err := <-r.end: // its group could not begin
		return err
	case <-ctx.Done():
		why = ctx.Err()
	case <-d.w.ended:
		why = store.ErrClosed
	}
	if r.state.CompareAndSwap(waiting, left) {
		return why
	}
	select { // the writer was quicker
	case <-r.turn:
		return nil
	case err := <-r.end:
		return err
	}
}

// perform runs f as a part of the group that can be undone by itself, and hands the connection back, however f ends.
func (d *DB) perform(ctx context.Context, ticket store.Ticket, r *request, f func(store.Tx) error) (err error) {
	w := d.w
	t := &tx{db: d, c: w.c, ctx: ctx, write: true, ticket: ticket, now: d.now()}
	var out ran
	found := w.index.mark()
	t.levels.Begin()
	defer func() {
		t.end()
		if !out.kept && !out.lost {
			w.index.rewind(found)
			out.lost = w.say(t.levels.Undo()) != nil
		}
		out.lost = out.lost || w.c.autocommit()
		out.kept = out.kept && !out.lost
		r.ran <- out
	}()
	if err := f(t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	for _, rows := range t.open {
		rows.Close()
	}
	if err := w.say(t.levels.Keep()); err != nil {
		out.lost = true
		return err
	}
	out.kept, r.after, r.wakes = true, t.after, t.signal
	return nil
}

// say runs statements about savepoints, passing by empty ones.
func (w *writer) say(texts ...string) error {
	for _, text := range texts {
		if text == "" {
			continue
		}
		s, err := w.c.stmt(text)
		if err == nil {
			_, err = s.step()
			w.c.done(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// run serves requests until stop is closed.
func (w *writer) run() {
	defer close(w.ended)
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	for {
		r := w.carry
		w.carry = nil
		if r == nil {
			select {
			case r = <-w.queue:
			case <-idle.C:
				w.rest()
				continue
			case <-w.stop:
				return // who still waits sees that it has ended
			}
		}
		w.group(r)
		idle.Reset(idleTime)
	}
}

// group runs r and those who wait behind it in one transaction.
func (w *writer) group(r *request) {
	if err := w.c.do(w.c.begin); err != nil {
		if r.state.CompareAndSwap(waiting, taken) {
			r.end <- fmt.Errorf("begin: %w", err)
		}
		return
	}
	began := time.Now()
	var members []*request
	for size := 0; r != nil; r = w.next(r, size, began) {
		if !r.state.CompareAndSwap(waiting, taken) {
			continue
		}
		size++
		r.turn <- struct{}{}
		out := <-r.ran
		if out.kept {
			members = append(members, r)
		}
		if out.lost {
			w.abort(members, errAgain)
			return
		}
	}
	err := errors.Join(w.index.apply(), w.flush())
	if err == nil {
		err = w.c.do(w.c.commit)
	}
	if err != nil {
		if len(members) > 1 {
			err = errAgain
		}
		w.abort(members, err)
		return
	}
	w.db.state.Add(1)
	w.saved()
	w.index.rewind(indexMark{})
	for _, m := range members {
		m.settle()
	}
	if len(members) > 0 {
		w.db.committed()
	}
	for _, m := range members {
		m.end <- nil
	}
	if w.logged += w.c.written(); w.logged >= w.db.logPages {
		w.checkpoint("PASSIVE")
	}
}

// checkpoint brings the log into the database file. A passive one leaves what readers still need.
func (w *writer) checkpoint(mode string) {
	w.db.leave()
	err := w.db.sums.checkpoint(func() error { return w.c.run("PRAGMA wal_checkpoint(" + mode + ")") })
	w.db.leave() // those of transactions that began meanwhile: they kept the log, too
	w.logged = 0
	w.db.checkpointErr.Store(&err)
}

// next returns the request that joins the group after r, nil where the group ends. It does behind one that waits for
// its commit to tell others what it changed: they must not work by what was before.
func (w *writer) next(r *request, size int, began time.Time) *request {
	if r.alone || r.after != nil || size >= groupSize || time.Since(began) > groupTime {
		return nil
	}
	select {
	case n := <-w.queue:
		if n.alone {
			w.carry = n
			return nil
		}
		return n
	default:
		return nil
	}
}

// abort undoes the transaction, if the engine has not, and tells its members.
func (w *writer) abort(members []*request, err error) {
	w.index.rewind(indexMark{})
	if !w.c.autocommit() {
		if back := w.c.do(w.c.rollback); back != nil {
			err = errors.Join(err, back)
		}
	}
	for _, m := range members {
		m.end <- err
	}
}

// settle runs what had to wait for the commit. A panic goes to the caller of Write.
func (r *request) settle() {
	defer func() {
		if p := recover(); p != nil {
			r.crash = p
		}
	}()
	for _, f := range r.after {
		f()
	}
	for _, f := range r.wakes {
		f()
	}
}

// rest gives back what a busy writer holds: page cache, and the space of the log.
func (w *writer) rest() {
	w.c.trim()
	if w.logged > 0 {
		w.checkpoint("PASSIVE")
	}
}
