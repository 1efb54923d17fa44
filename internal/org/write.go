package org

import (
	"context"
	"crypto/rand"
	"time"

	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Insert creates records and Update changes them by id: at most 200 a call, results in input order.
func (s *Session) Insert(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx *Tx) ([]SaveResult, error) { return tx.Insert(ctx, drafts, opt) })
}

func (s *Session) Update(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx *Tx) ([]SaveResult, error) { return tx.Update(ctx, drafts, opt) })
}

// Upsert inserts or updates by the value that each draft brings for the key field, Id or an external id.
func (s *Session) Upsert(ctx context.Context, key string, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx *Tx) ([]SaveResult, error) { return tx.Upsert(ctx, key, drafts, opt) })
}

// Delete puts records and what hangs on them into the recycle bin, Undelete takes them out again, HardDelete removes them for good.
func (s *Session) Delete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx *Tx) ([]SaveResult, error) { return tx.Delete(ctx, ids, opt) })
}

func (s *Session) Undelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx *Tx) ([]SaveResult, error) {
		return tx.Undelete(ctx, ids, opt)
	})
}

func (s *Session) HardDelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx *Tx) ([]SaveResult, error) { return tx.HardDelete(ctx, ids, opt) })
}

// Merge gives master the draft's fields, moves the children of losers to it and deletes them.
func (s *Session) Merge(ctx context.Context, master record.Draft, losers []record.ID) (SaveResult, error) {
	res, err := s.write(ctx, 1+len(losers), func(tx *Tx) ([]SaveResult, error) {
		r, err := tx.Merge(ctx, master, losers)
		return []SaveResult{r}, err
	})
	if err != nil {
		return SaveResult{}, err
	}
	return res[0], nil
}

// write is a unit of work of one call with n records.
func (s *Session) write(ctx context.Context, n int, f func(*Tx) ([]SaveResult, error)) ([]SaveResult, error) {
	if n > dml.MaxBatch {
		return nil, fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records in this call", dml.MaxBatch)
	}
	res, _, err := s.do(ctx, f)
	return res, err
}

// SignedIn notes that a user has signed in. It is no change of the user: nobody's access depends on it, and no history keeps it.
func (t *Tx) SignedIn(ctx context.Context, user record.ID, at time.Time) error {
	o := t.Catalog().Object("User")
	q := store.NewSQL(t.unit.tx.Dialect()).Raw("UPDATE ").Table(o.Table).Raw(" SET ").Name(o.Field("LastLoginDate").Column).Raw(" = ").
		Arg(store.DateTime, record.OfInstant(at)).Raw(" WHERE ").Name(store.IDColumn).Raw(" = ").Arg(store.ID, record.OfID(user))
	_, err := t.unit.tx.Exec(ctx, q)
	return err
}

// touch has everybody's access read again once the transaction stands, in other processes too.
func (o *Org) touch(ctx context.Context, tx store.Tx) error {
	if err := metaPut(ctx, tx, metaAccess, rand.Text()); err != nil {
		return err
	}
	tx.AfterCommit(o.forget)
	return nil
}

func (o *Org) refresh(ctx context.Context) error {
	return o.db.Read(ctx, o.ticket(), func(tx store.Tx) error { return o.loadAbout(ctx, tx) })
}
