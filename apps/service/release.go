package service

import (
	"context"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// jobRelease lets a held message go.
const jobRelease = "service.release"

// hold has a message go out when it can no longer be taken back.
func hold(ctx context.Context, tx *org.Tx, message record.ID) error {
	return tx.Enqueue(ctx, org.Job{Kind: jobRelease, Key: string(message), Due: tx.Now().Add(sendHold), Body: []byte(message)})
}

// release is the job: from here on the message is public, and it is on its way.
// One that was taken back is gone, and one that went out already stays as it is.
func release(ctx context.Context, s *org.Session, body []byte) error {
	id := record.ID(body)
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT Id FROM EmailMessage WHERE Id = ? AND Status = ?", id, mailDraft)
		if err != nil || res.Len() == 0 {
			return err
		}
		if _, err = org.Must(tx.Update(ctx, []record.Draft{changes("EmailMessage", id, "Status", mailSent, "MessageDate", tx.Now())}, org.WriteOptions{})); err != nil {
			return err
		}
		return Dispatch(ctx, tx, id, time.Time{})
	})
}
