package org

import (
	"context"
	"fmt"
	"slices"

	"stoa/internal/engine/job"
	"stoa/internal/store"
)

// A Job is work for later, done at least once: see Tx.Enqueue. A Schedule is a job that comes again and again.
type (
	Job      = job.Job
	Schedule = job.Schedule
)

// A JobKind is what is done for the jobs of one kind.
type JobKind struct {
	Name     string
	Attempts int // before a job is given up; 0 for 5
	// Run does a job with a session of the system whose purpose is "operation". What it does must bear being done
	// twice. It ends soon when ctx does. An error has the job tried again after 10 s, 30 s, 2 min, 10 min and so on;
	// after the last attempt the job is kept with its error for 30 days, and reported.
	Run func(ctx context.Context, s *Session, body []byte) error
}

func (o *Org) newPool(kinds []JobKind, schedules []Schedule) (*job.Pool, error) {
	kinds = append(slices.Clip(kinds), o.massKind())
	all := make([]job.Kind, len(kinds))
	for i, k := range kinds {
		all[i] = job.Kind{Name: k.Name, Attempts: k.Attempts}
		if k.Run != nil {
			all[i].Run = func(ctx context.Context, body []byte) error {
				s, err := o.System(ctx, Jobs, "operation")
				if err != nil {
					return err
				}
				return k.Run(ctx, s, body)
			}
		}
	}
	return job.NewPool(o.db, o.ticket(), all, schedules, o.report)
}

// Enqueue adds a job in this transaction: it is there when the transaction stands. Where j has a key and a job
// of its kind and key waits already, that one gets the new body, and the earlier of both times.
func (t *Tx) Enqueue(ctx context.Context, j Job) error {
	if !t.unit.session.org.jobs.Knows(j.Kind) {
		return fmt.Errorf("enqueue: there is no job kind %q", j.Kind)
	}
	if err := job.Enqueue(ctx, t.unit.tx, j); err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	t.unit.tx.Signal(func() { t.unit.session.org.jobs.Wake(j.Due) })
	return nil
}

// JobCounts are how many jobs there are by state.
type JobCounts = job.Counts

// JobCounts counts the jobs, for metrics and doctor.
func (o *Org) JobCounts(ctx context.Context) (c JobCounts, err error) {
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) (err error) {
		c, err = job.Count(ctx, tx)
		return err
	})
	return c, err
}
