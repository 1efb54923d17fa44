package org

import (
	"context"

	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Insert creates records and Update changes them by id: at most 200 a call, results in input order.
func (s *Session) Insert(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Insert(ctx, tx, env, drafts, opt)
	})
}

func (s *Session) Update(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Update(ctx, tx, env, drafts, opt)
	})
}

// Upsert inserts or updates by the value that each draft brings for the key field, Id or an external id.
func (s *Session) Upsert(ctx context.Context, key string, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Upsert(ctx, tx, env, key, drafts, opt)
	})
}

// Delete puts records and what hangs on them into the recycle bin, Undelete takes them out again, HardDelete removes them for good.
func (s *Session) Delete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Delete(ctx, tx, env, ids, opt)
	})
}

func (s *Session) Undelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Undelete(ctx, tx, env, ids, opt)
	})
}

func (s *Session) HardDelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.HardDelete(ctx, tx, env, ids, opt)
	})
}

// Merge gives master the draft's fields, moves the children of losers to it and deletes them.
func (s *Session) Merge(ctx context.Context, master record.Draft, losers []record.ID) (SaveResult, error) {
	res, err := s.write(ctx, 1+len(losers), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		r, err := dml.Merge(ctx, tx, env, master, losers)
		return []SaveResult{r}, err
	})
	if err != nil {
		return SaveResult{}, err
	}
	return res[0], nil
}

// write runs f in a transaction with the use entry of what it wrote.
func (s *Session) write(ctx context.Context, n int, f func(store.Tx, *dml.Env) ([]SaveResult, error)) (res []SaveResult, err error) {
	if n > dml.MaxBatch {
		return nil, fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records in this call", dml.MaxBatch)
	}
	err = s.org.db.Write(ctx, s.use.Ticket(), func(tx store.Tx) error {
		res, err = f(tx, s.dmlEnv())
		if err != nil {
			return err
		}
		return s.org.record(ctx, tx, s.use)
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
