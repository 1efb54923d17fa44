package bulk

import (
	"context"
	"encoding/json"
	"time"

	"stoa/internal/org"
)

const (
	keptFor  = 7 * 24 * time.Hour // for which a job and its results are kept. Source: the API's own
	idleFor  = 10 * time.Minute   // after which a job that should be worked on is put into the queue again
	mostIdle = 1000               // of them that are looked for at once
	sweepNow = 40                 // parts, or jobs, that go in one transaction, so that each stays short
)

// sweep removes old jobs and uploads that belong to none, and takes up jobs that were dropped: each time a little, so that nobody waits.
func sweep(ctx context.Context, system *org.Session, _ []byte) error {
	var old, idle []org.BulkJob
	err := system.ReadBulk(ctx, func(ctx context.Context, b *org.BulkTx) (err error) {
		if old, err = b.Old(ctx, b.Now().Add(-keptFor), sweepNow); err != nil {
			return err
		}
		if idle, err = b.Old(ctx, b.Now().Add(-idleFor), mostIdle, org.BulkUploadComplete, org.BulkInProgress); err != nil {
			return err
		}
		classic, err := b.Old(ctx, b.Now().Add(-idleFor), mostIdle, org.BulkOpen, org.BulkClosed)
		for _, j := range classic {
			waiting, err := b.Batches(ctx, j.ID, 1, org.BulkInProgress, org.BulkQueued)
			if err != nil {
				return err
			}
			if j.API == 1 && len(waiting) > 0 {
				idle = append(idle, j)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for i := range old {
		if err := system.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return tx.Bulk().Remove(ctx, &old[i]) }); err != nil {
			return err
		}
	}
	for i := range idle {
		if err := revive(ctx, system, &idle[i]); err != nil {
			return err
		}
	}
	more := true
	for more && err == nil {
		err = system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			upload, ok, err := tx.Bulk().Stray(ctx)
			if more = ok; err != nil || !ok {
				return err
			}
			_, err = tx.Bulk().Unload(ctx, upload, sweepNow)
			return err
		})
	}
	return err
}

// revive puts a job that should be worked on into the queue again, where it may be already, or gives it up.
func revive(ctx context.Context, system *org.Session, j *org.BulkJob) error {
	return system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if j.Retries > maxRetries {
			_, err := tx.Bulk().Move(ctx, j.ID, org.BulkFailed, "InternalServerError : The job could not be done.", j.State)
			return err
		}
		if j.State != org.BulkUploadComplete {
			if err := tx.Bulk().Retry(ctx, j.ID); err != nil {
				return err
			}
		}
		return enqueue(ctx, tx, j.ID)
	})
}

// optionsOf reads what a job keeps for this package.
func optionsOf(j *org.BulkJob) (o options) {
	if j.Options != "" {
		_ = json.Unmarshal([]byte(j.Options), &o) // this package wrote it
	}
	return o
}
