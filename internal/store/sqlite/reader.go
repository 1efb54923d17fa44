package sqlite

import (
	"context"
	"slices"
	"time"

	"stoa/internal/store"
)

// watchPause is how long a statement may go on after its context has ended.
const watchPause = 20 * time.Millisecond

// A reader is a connection that reads. Its transaction outlives the call of Read that began it: the next one goes on
// in it where nothing was committed since, and so takes no lock of the engine's. It ends before a checkpoint, which
// otherwise could not give the log's space back.
type reader struct {
	*conn
	ctx   context.Context // of the call that uses it, nil while it is idle; guarded by DB.mu
	used  time.Time       // for the last time
	open  bool            // there is a transaction
	state uint64          // DB.state when it began
}

// enter begins a transaction, which sees at least what was committed before state, where there is none.
func (r *reader) enter(state uint64) error {
	if r.open {
		return nil
	}
	if err := r.do(r.begin); err != nil {
		return err
	}
	r.open, r.state = true, state
	return nil
}

// leave ends the transaction. There is nothing to lose.
func (r *reader) leave() {
	if r.open {
		_ = r.do(r.commit)
		r.open = !r.autocommit()
	}
}

// Read implements store.DB.
func (d *DB) Read(ctx context.Context, ticket store.Ticket, f func(store.Tx) error) error {
	if !ticket.Valid() {
		return store.ErrTicket
	}
	r, err := d.take(ctx)
	if err != nil {
		return err
	}
	defer d.give(r)
	if err := r.enter(d.state.Load()); err != nil {
		return err
	}
	t := &tx{db: d, c: r.conn, ctx: ctx, ticket: ticket, now: d.now()}
	defer t.end()
	return f(t)
}

// take returns a connection to read with, which has no transaction that began before the last commit. The end of ctx
// stops what it is doing, until it is given back.
func (d *DB) take(ctx context.Context) (*reader, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case d.slots <- struct{}{}:
	default:
		select {
		case d.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		<-d.slots
		return nil, store.ErrClosed
	}
	var r *reader
	if n := len(d.idle); n > 0 {
		r, d.idle = d.idle[n-1], d.idle[:n-1]
	} else {
		d.mu.Unlock()
		c, err := connect(d.path, false, readerCacheKiB, "")
		d.mu.Lock()
		if err != nil {
			<-d.slots
			return nil, err
		}
		r = &reader{conn: c}
		d.readers = append(d.readers, r)
	}
	if r.state != d.state.Load() {
		r.leave()
	}
	r.ctx = ctx
	if !d.watching {
		d.watching = true
		d.watcher.Reset(watchPause)
	}
	return r, nil
}

// give takes a connection back.
func (d *DB) give(r *reader) {
	r.used = time.Now()
	d.mu.Lock()
	r.ctx = nil
	r.open = r.open && !r.autocommit() // some errors undo a transaction
	if r.state != d.state.Load() {
		r.leave()
	}
	if d.closed || r.open == r.autocommit() {
		d.forget(r)
		d.mu.Unlock()
		r.close()
	} else {
		d.idle = append(d.idle, r)
		d.mu.Unlock()
	}
	<-d.slots
}

// forget takes a reader that is not idle off the list. The caller holds mu.
func (d *DB) forget(r *reader) {
	d.readers = slices.DeleteFunc(d.readers, func(o *reader) bool { return o == r })
}

// watch stops the readers whose contexts have ended, and comes again as long as anybody reads. One look at all of
// them now and then costs a read nothing, where to be told by the context costs a fifth of it.
func (d *DB) watch() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watching = false
	for _, r := range d.readers {
		if r.ctx == nil {
			continue
		}
		d.watching = true
		if r.ctx.Err() != nil {
			r.interrupt() // cannot hit the next one to use it: give needs mu, too
		}
	}
	if d.watching {
		d.watcher.Reset(watchPause)
	}
}

// leave makes readers end their transactions: those that are idle now, the others when they are given back.
func (d *DB) leave() {
	d.state.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.idle {
		r.leave()
	}
}

// trim closes connections that have had nothing to read for a while, all but one, until the writer stops.
func (d *DB) trim() {
	defer d.sweep.Done()
	tick := time.NewTicker(idleTime)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-d.w.stop:
			return
		}
		var old []*reader
		d.mu.Lock()
		for len(d.idle) > 0 && time.Since(d.idle[0].used) > idleTime {
			if len(d.idle) == 1 {
				d.idle[0].leave()
				d.idle[0].conn.trim()
				break
			}
			old, d.idle = append(old, d.idle[0]), d.idle[1:]
			d.forget(old[len(old)-1])
		}
		d.mu.Unlock()
		for _, r := range old {
			r.close()
		}
	}
}
