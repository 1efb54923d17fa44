package server

import (
	"context"
	"sync/atomic"
	"time"
)

// A deadline is the context of a request: it ends with the connection or when
// the request's time is up. Most requests only ask now and then whether it has
// ended; a timer, and what tells it, are made when somebody waits for it.
type deadline struct {
	context.Context // of the connection
	until           time.Time
	timer           atomic.Pointer[timer]
}

type timer struct {
	context.Context
	stop context.CancelFunc
}

func newDeadline(parent context.Context, until time.Time) *deadline {
	return &deadline{Context: parent, until: until}
}

// timed returns the context with a timer.
func (d *deadline) timed() context.Context {
	if t := d.timer.Load(); t != nil {
		return t
	}
	t := &timer{}
	t.Context, t.stop = context.WithDeadline(d.Context, d.until)
	if !d.timer.CompareAndSwap(nil, t) {
		t.stop()
		t = d.timer.Load()
	}
	return t
}

// end ends the context with its request.
func (d *deadline) end() {
	if t := d.timer.Load(); t != nil {
		t.stop()
	}
}

// Deadline, Done, Err and Value implement context.Context.
func (d *deadline) Deadline() (time.Time, bool) { return d.until, true }
func (d *deadline) Done() <-chan struct{}       { return d.timed().Done() }

func (d *deadline) Err() error {
	if t := d.timer.Load(); t != nil {
		return t.Err()
	}
	if err := d.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(d.until) {
		return d.timed().Err()
	}
	return nil
}

// Value hands on to the context with a timer where there is one, by which contexts made of it find whom to wait for.
func (d *deadline) Value(key any) any {
	if t := d.timer.Load(); t != nil {
		return t.Value(key)
	}
	return d.Context.Value(key)
}
