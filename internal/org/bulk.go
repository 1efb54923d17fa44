package org

import (
	"context"
	"time"

	"stoa/internal/engine/bulk"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// What is kept of jobs that load or export many records.
type (
	BulkJob    = bulk.Job
	BulkBatch  = bulk.Batch
	BulkPart   = bulk.Part
	BulkState  = bulk.State
	BulkStep   = bulk.Step
	BulkFilter = bulk.Filter
	BulkTx     = bulk.Tx
)

// The states of jobs and batches.
const (
	BulkOpen           = bulk.Open
	BulkUploadComplete = bulk.UploadComplete
	BulkClosed         = bulk.Closed
	BulkInProgress     = bulk.InProgress
	BulkJobComplete    = bulk.JobComplete
	BulkFailed         = bulk.Failed
	BulkAborted        = bulk.Aborted
	BulkQueued         = bulk.Queued
	BulkCompleted      = bulk.Completed
	BulkNotProcessed   = bulk.NotProcessed
)

// bulkViewer returns whose jobs the actor may see, "" for everybody's.
func (s *Session) bulkViewer() record.ID {
	if s.access.Has("ModifyAllData") || s.access.Has("ManageDataIntegrations") {
		return ""
	}
	return s.actor.User
}

// Quiet returns how long ago anybody but a job wrote in this process: what works in the background may take longer steps then.
func (o *Org) Quiet() time.Duration { return time.Since(time.Unix(0, o.written.Load())) }

// Bulk returns the jobs that the actor may see, in the unit of work.
func (t *Tx) Bulk() *BulkTx { return bulk.New(t.unit.tx, t.unit.session.bulkViewer()) }

// ReadBulk runs f over the jobs that the actor may see. They are the org's own rows: to read them is no use of data.
func (s *Session) ReadBulk(ctx context.Context, f func(ctx context.Context, b *BulkTx) error) error {
	return s.org.db.Read(ctx, s.use.Ticket(), func(tx store.Tx) error { return f(ctx, bulk.New(tx, s.bulkViewer())) })
}

// Each runs a query of rows without children and hands them to f in pages of up to n rows; the entry of a page's use is
// written before f gets it. The rows are those of one moment. It ends early where f returns false or an error.
func (s *Session) Each(ctx context.Context, soql string, opt QueryOptions, n int, f func(*record.Result) (more bool, err error)) error {
	return s.org.db.Read(ctx, s.use.Ticket(), func(tx store.Tx) error {
		return query.Each(ctx, tx, s.queryEnv(), soql, opt, n, func(r *record.Result) (bool, error) {
			if err := s.settle(); err != nil {
				return false, err
			}
			return f(r)
		})
	})
}

// A QueryForm is what a query is, before it runs.
type QueryForm = query.Form

// Form binds a query and tells what it is.
func (s *Session) Form(ctx context.Context, soql string) (f *QueryForm, err error) {
	err = s.org.db.Read(ctx, s.use.Ticket(), func(tx store.Tx) error {
		f, err = query.FormOf(ctx, tx, s.queryEnv(), soql)
		return err
	})
	return f, err
}
