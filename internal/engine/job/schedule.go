package job

import (
	"context"
	"fmt"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Schedule enqueues a job of a kind again and again, with no body: at most
// once in Every over all processes, and at once where it never was.
type Schedule struct {
	Kind  string
	Every time.Duration // whole seconds
}

// scheduleKey is the Key of scheduled jobs, so that they do not pile up.
const scheduleKey = "schedule"

// Tick enqueues the schedule's job where it is time, whichever process asks, and returns how long it is until the next one.
func (s Schedule) Tick(ctx context.Context, tx store.Tx) (wait time.Duration, err error) {
	now := tx.Now()
	id, detail, err := s.ids(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("schedule %s: %w", s.Kind, err)
	}
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.ScheduleTable).Raw(" AS s (kind, last, id, detail) VALUES (").Str(s.Kind).Raw(", ").
		Arg(store.DateTime, record.OfInstant(now)).Raw(", ").Arg(store.ID, record.OfID(id)).Raw(", ").Arg(store.ID, record.OfID(detail)).
		Raw(") ON CONFLICT (kind) DO UPDATE SET last = excluded.last, id = excluded.id, detail = excluded.detail WHERE s.last <= ").
		Arg(store.DateTime, record.OfInstant(now.Add(-s.Every)))
	n, err := tx.Exec(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("schedule %s: %w", s.Kind, err)
	}
	if n == 1 {
		return s.Every, Enqueue(ctx, tx, Job{Kind: s.Kind, Key: scheduleKey})
	}
	q = store.NewSQL(tx.Dialect()).Raw("SELECT last FROM ").Table(store.ScheduleTable).Raw(" WHERE kind = ").Str(s.Kind)
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.DateTime})
	if err != nil || p.Len() == 0 {
		return s.Every, err
	}
	return max(time.Second, p.Value(0, 0).Instant().Add(s.Every).Sub(now)), nil
}

// The key prefixes of a schedule's ids.
const (
	triggerPrefix = "08e" // CronTrigger
	detailPrefix  = "08a" // CronJobDetail
)

// ids returns the ids that the schedule has, or new ones.
func (s Schedule) ids(ctx context.Context, tx store.Tx) (id, detail record.ID, err error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT id, detail FROM ").Table(store.ScheduleTable).Raw(" WHERE kind = ").Str(s.Kind).Raw(" AND id IS NOT NULL")
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.ID}, store.Out{Class: store.ID})
	if err != nil {
		return "", "", err
	}
	if p.Len() > 0 {
		return p.ID(0, 0), p.ID(0, 1), nil
	}
	triggers, err := tx.NewIDs(ctx, triggerPrefix, 1)
	if err != nil {
		return "", "", err
	}
	details, err := tx.NewIDs(ctx, detailPrefix, 1)
	if err != nil {
		return "", "", err
	}
	return triggers[0], details[0], nil
}
