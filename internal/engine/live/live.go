// Package live carries events from whoever announces something to whoever
// listens, in all processes of an org. It knows no objects and no sessions; its
// one invariant is that an event is heard only after the transaction that
// announced it is committed, and never if it was undone.
//
// Where other processes use the store too, events are rows in the order of their
// numbers. A lower number can be committed after a higher one, so a Hub remembers
// the numbers that it has not seen yet and looks for them again for a while. On
// SQLite, which one process has for itself, they go from hand to hand and are no rows.
package live

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// An Event is something that was announced.
type Event struct {
	At          time.Time
	Topic, Body string
	Actor       record.ID // "" for nobody
}

// Lost is the topic of the event that a listener gets in place of those that it was too slow for.
const Lost = "lost"

const (
	age = 10 * time.Minute // for which an event is kept
	// late is for how long a number may be missing before it is taken to have been undone: longer than any transaction.
	late = time.Minute
)

// write makes an event a row, in the caller's transaction.
func write(ctx context.Context, tx store.Tx, topic, body string, actor record.ID) error {
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.LiveTable).Raw(" (at, topic, body, actor) VALUES (").
		Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(", ").Str(topic).Raw(", ").Str(body).Raw(", ").Str(string(actor)).Raw(")")
	_, err := tx.Exec(ctx, q)
	return err
}

// Trim removes old events. It writes only where there are any.
func Trim(ctx context.Context, db store.DB, t store.Ticket) error {
	old := func(tx store.Tx, q *store.SQL) *store.SQL {
		return q.Raw(" FROM ").Table(store.LiveTable).Raw(" WHERE at <= ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-age)))
	}
	found := false
	err := db.Read(ctx, t, func(tx store.Tx) error {
		q := old(tx, store.NewSQL(tx.Dialect()).Raw("SELECT seq"))
		p, err := store.Fetch(ctx, tx, q.Raw(" LIMIT 1"), store.Out{Class: store.Int})
		found = err == nil && p.Len() > 0
		return err
	})
	if err != nil || !found {
		return err
	}
	return db.Write(ctx, t, func(tx store.Tx) error {
		_, err := tx.Exec(ctx, old(tx, store.NewSQL(tx.Dialect()).Raw("DELETE")))
		return err
	})
}

// A tail is how far a reader of the table is.
type tail struct {
	next  int64              // all numbers below it are done with
	seen  map[int64]struct{} // numbers from next on that are done with; next itself is missing
	since time.Time          // when next was first found to be missing
}

// start returns the end of the table: what is committed by now is done with.
func start(ctx context.Context, tx store.Tx) (*tail, error) {
	// Transactions under way may have numbers among the newest.
	q := store.NewSQL(tx.Dialect()).Raw("SELECT coalesce((SELECT min(seq) FROM ").Table(store.LiveTable).
		Raw(" WHERE at >= ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-late))).
		Raw("), (SELECT max(seq) + 1 FROM ").Table(store.LiveTable).Raw("), 1)")
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Int})
	if err != nil {
		return nil, err
	}
	t := &tail{next: p.Value(0, 0).Int(), seen: map[int64]struct{}{}}
	_, err = t.read(ctx, tx)
	return t, err
}

var eventOut = [...]store.Out{{Class: store.Int}, {Class: store.DateTime}, {Class: store.Text}, {Class: store.Text}, {Class: store.Text}}

// read returns the events that have been committed since the last call.
func (t *tail) read(ctx context.Context, tx store.Tx) ([]Event, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT seq, at, topic, body, actor FROM ").Table(store.LiveTable).
		Raw(" WHERE seq >= ").Int(t.next).Raw(" ORDER BY seq")
	p, err := store.Fetch(ctx, tx, q, eventOut[:]...)
	if err != nil {
		return nil, err
	}
	var found []Event
	for i := range p.Len() {
		if !t.note(p.Value(i, 0).Int()) {
			continue
		}
		found = append(found, Event{
			At: p.Value(i, 1).Instant(), Topic: p.Value(i, 2).Text(), Body: p.Value(i, 3).Text(), Actor: record.ID(p.Value(i, 4).Text()),
		})
	}
	t.expire(tx.Now())
	return found, nil
}

// note is done with a number, and reports whether it was not before.
func (t *tail) note(seq int64) bool {
	if _, done := t.seen[seq]; done || seq < t.next {
		return false
	}
	t.seen[seq] = struct{}{}
	if seq == t.next {
		t.advance()
		t.since = time.Time{}
	}
	return true
}

func (t *tail) advance() {
	for {
		if _, ok := t.seen[t.next]; !ok {
			return
		}
		delete(t.seen, t.next)
		t.next++
	}
}

// expire gives up the numbers that have been missing for too long.
func (t *tail) expire(now time.Time) {
	switch {
	case len(t.seen) == 0:
	case t.since.IsZero():
		t.since = now
	case now.Sub(t.since) >= late:
		for n := range t.seen {
			t.next = n
			break
		}
		for n := range t.seen {
			t.next = min(t.next, n)
		}
		t.advance()
		t.since = now
	}
}
