package job

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Claim is a job that a worker has taken. It holds until its lease runs out:
// the attempt and the worker on the row tell whether it still does.
type Claim struct {
	ID      record.ID
	Kind    string
	Key     string
	Body    []byte
	Attempt int // 1 for the first
	Created time.Time

	worker string
}

// ready writes the condition that a job j is one of some kinds and nobody works on another of its key.
func ready(q *store.SQL, kinds []string) {
	q.Raw(" WHERE j.state <> 'dead' AND j.kind IN (")
	for i, k := range kinds {
		if i > 0 {
			q.Raw(", ")
		}
		q.Str(k)
	}
	q.Raw(") AND NOT EXISTS (SELECT 1 FROM ").Table(store.JobTable).
		Raw(" r WHERE r.state = 'running' AND r.kind = j.kind AND r.key = j.key AND r.id <> j.id)")
}

// Next returns how long it is until a job of some kinds can be taken; ok is false where there is none.
func Next(ctx context.Context, tx store.Tx, kinds []string) (wait time.Duration, ok bool, err error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT j.due FROM ").Table(store.JobTable).Raw(" j")
	ready(q, kinds)
	p, err := store.Fetch(ctx, tx, q.Raw(" ORDER BY j.due LIMIT 1"), store.Out{Class: store.DateTime})
	if err != nil || p.Len() == 0 {
		return 0, false, err
	}
	return max(0, p.Value(0, 0).Instant().Sub(tx.Now())), true, nil
}

// Take gives a worker up to n jobs of some kinds that are due, the longest due first, among
// them those whose worker has let its lease run out. Other workers may take jobs at the same time.
func Take(ctx context.Context, tx store.Tx, worker string, kinds []string, n int) ([]Claim, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT j.id, j.kind, j.key, j.body, j.attempts, j.created FROM ").Table(store.JobTable).Raw(" j")
	ready(q, kinds)
	q.Raw(" AND j.due <= ").Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(" ORDER BY j.due, j.id LIMIT ").Int(int64(n))
	tx.Dialect().SkipLocked(q)
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.ID}, store.Out{Class: store.Text}, store.Out{Class: store.Text}, store.Out{Class: store.Bytes}, store.Out{Class: store.Int}, store.Out{Class: store.DateTime})
	if err != nil || p.Len() == 0 {
		return nil, err
	}
	claims := make([]Claim, p.Len())
	for i := range claims {
		claims[i] = Claim{
			ID: p.ID(i, 0), Kind: p.Value(i, 1).Text(), Key: p.Value(i, 2).Text(), Body: []byte(p.Value(i, 3).Text()),
			Attempt: int(p.Value(i, 4).Int()) + 1, Created: p.Value(i, 5).Instant(), worker: worker,
		}
	}
	q = store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.JobTable).Raw(" SET state = 'running', attempts = attempts + 1, worker = ").Str(worker).
		Raw(", due = ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(lease))).Raw(" WHERE id").In(p.IDs(0))
	_, err = tx.Exec(ctx, q)
	return claims, err
}

// Running reports whether any job has been taken and has not ended.
func Running(ctx context.Context, tx store.Tx) (bool, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT 1 FROM ").Table(store.JobTable).Raw(" WHERE state = 'running' LIMIT 1")
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Int})
	return err == nil && p.Len() > 0, err
}

// Reclaim ends the leases of all jobs, for a process that is the only one of its store: whoever had them is dead.
func Reclaim(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.JobTable).Raw(" SET due = ").Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(" WHERE state = 'running'")
	_, err := tx.Exec(ctx, q)
	return err
}

// mine appends the condition that the row is c's, and still is.
func (c *Claim) mine(q *store.SQL) *store.SQL {
	return q.Raw(" WHERE id = ").Arg(store.ID, record.OfID(c.ID)).Raw(" AND state = 'running' AND worker = ").Str(c.worker).
		Raw(" AND attempts = ").Int(int64(c.Attempt))
}

// Extend renews the lease; ok is false where another worker has the job.
func (c *Claim) Extend(ctx context.Context, tx store.Tx) (ok bool, err error) {
	q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.JobTable).Raw(" SET due = ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(lease)))
	n, err := tx.Exec(ctx, c.mine(q))
	return n == 1, err
}

// Finish removes a job that is done; ok is false where another worker has it, which does it again.
func (c *Claim) Finish(ctx context.Context, tx store.Tx) (ok bool, err error) {
	n, err := tx.Exec(ctx, c.mine(store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.JobTable)))
	return n == 1, err
}

// Fail puts a job back after an attempt that failed, to be tried again after a
// while, or gives it up where it was the last of attempts.
func (c *Claim) Fail(ctx context.Context, tx store.Tx, attempts int, why string) (gaveUp bool, err error) {
	why = why[:min(len(why), maxText)]
	if c.Attempt < attempts {
		return false, c.back(ctx, tx, tx.Now().Add(pause(c.Attempt)), c.Attempt, why)
	}
	q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.JobTable).Raw(" SET state = 'dead', finished = ").
		Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(", error = ").Str(why)
	n, err := tx.Exec(ctx, c.mine(q))
	return n == 1, err
}

// Release puts a job back that its worker could not end, as if it had not been taken.
func (c *Claim) Release(ctx context.Context, tx store.Tx) error {
	return c.back(ctx, tx, tx.Now(), c.Attempt-1, "")
}

// back makes the job wait again. Where another of its key waits by now, that one does for both.
func (c *Claim) back(ctx context.Context, tx store.Tx, due time.Time, attempts int, why string) error {
	if ok, err := c.Finish(ctx, tx); err != nil || !ok {
		return err
	}
	_, err := tx.Exec(ctx, insert(tx, c.ID, c.Kind, c.Key, c.Body, due, attempts, c.Created, why))
	return err
}

// pause returns how long to wait after an attempt.
func pause(attempt int) time.Duration {
	pauses := [...]time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}
	return pauses[min(max(attempt, 1), len(pauses))-1]
}
