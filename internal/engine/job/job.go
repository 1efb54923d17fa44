// Package job is the queue of what is to be done later: rows written in the
// transaction that asks for them, taken by the workers of any process. It knows
// no objects and no sessions; its one invariant is that a job is gone only when
// it was done, or is kept with its error when it could not be.
//
// A job runs at least once: a worker whose process dies, or that does not
// renew its lease, is taken to have failed, and another one takes the job. What
// a job does must bear being done twice.
package job

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Job is what is to be done.
type Job struct {
	Kind string
	// Key, where it is not "", makes the job the only waiting one of its kind and key: to enqueue another
	// gives that one the new body, and the earlier of both times. Two of one key never run at once.
	Key  string
	Due  time.Time // zero for at once
	Body []byte
}

// The states of a job. One that is done has no row.
// The states of a job are waiting, running (due is then the end of its lease) and dead (given up). One that is done has no row.
const (
	prefix  = "707"               // key prefix of AsyncApexJob
	lease   = time.Minute         // for which a worker has a job unless it renews it
	deadAge = 30 * 24 * time.Hour // for which a dead job is kept
	maxText = 4000                // bytes of an error that are kept
)

// Enqueue adds a job in the caller's transaction.
func Enqueue(ctx context.Context, tx store.Tx, j Job) error {
	ids, err := tx.NewIDs(ctx, prefix, 1)
	if err != nil {
		return err
	}
	due := tx.Now()
	if !j.Due.IsZero() {
		due = j.Due
	}
	q := insert(tx, ids[0], j.Kind, j.Key, j.Body, due, 0, tx.Now(), "").Raw(", body = excluded.body")
	_, err = tx.Exec(ctx, q)
	return err
}

// insert adds a waiting job. Where one of its key waits already, that one gets the earlier time, and what follows.
func insert(tx store.Tx, id record.ID, kind, key string, body []byte, due time.Time, attempts int, created time.Time, failure string) *store.SQL {
	return store.NewSQL(tx.Dialect()).
		Raw("INSERT INTO ").Table(store.JobTable).Raw(" AS j (id, kind, key, body, state, due, attempts, created, error) VALUES (").
		Arg(store.ID, record.OfID(id)).Raw(", ").Str(kind).Raw(", ").Arg(store.Text, textOf(key)).Raw(", ").Blob(body).
		Raw(", 'waiting', ").Arg(store.DateTime, record.OfInstant(due)).Raw(", ").Int(int64(attempts)).Raw(", ").
		Arg(store.DateTime, record.OfInstant(created)).Raw(", ").Arg(store.Text, textOf(failure)).
		Raw(") ON CONFLICT (kind, key) WHERE state = 'waiting' DO UPDATE SET due = CASE WHEN excluded.due < j.due THEN excluded.due ELSE j.due END")
}

// textOf returns a text, null for none.
func textOf(s string) record.Value {
	if s == "" {
		return record.Value{}
	}
	return record.OfText(s)
}

// Counts are how many jobs there are by state.
type Counts struct{ Waiting, Running, Dead int }

// Count counts the jobs, each state by the index that has it.
func Count(ctx context.Context, tx store.Tx) (c Counts, err error) {
	q := store.NewSQL(tx.Dialect()).
		Raw("SELECT (SELECT count(*) FROM ").Table(store.JobTable).Raw(" WHERE state <> 'dead'), (SELECT count(*) FROM ").Table(store.JobTable).
		Raw(" WHERE state = 'running'), (SELECT count(*) FROM ").Table(store.JobTable).Raw(" WHERE state = 'dead')")
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Int}, store.Out{Class: store.Int}, store.Out{Class: store.Int})
	if err != nil {
		return c, err
	}
	c.Running, c.Dead = int(p.Value(0, 1).Int()), int(p.Value(0, 2).Int())
	c.Waiting = int(p.Value(0, 0).Int()) - c.Running
	return c, nil
}

// Sweep removes the jobs that have been dead for too long.
func Sweep(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.JobTable).Raw(" WHERE state = 'dead' AND finished <= ").
		Arg(store.DateTime, record.OfInstant(tx.Now().Add(-deadAge)))
	_, err := tx.Exec(ctx, q)
	return err
}
