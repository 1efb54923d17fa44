package org

import (
	"context"
	"crypto/rand"

	"stoa/internal/engine/access"
	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Insert creates records and Update changes them by id: at most 200 a call, results in input order.
func (s *Session) Insert(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), s.touchesDrafts(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Insert(ctx, tx, env, drafts, opt)
	})
}

func (s *Session) Update(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), s.touchesDrafts(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Update(ctx, tx, env, drafts, opt)
	})
}

// Upsert inserts or updates by the value that each draft brings for the key field, Id or an external id.
func (s *Session) Upsert(ctx context.Context, key string, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(drafts), s.touchesDrafts(drafts), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Upsert(ctx, tx, env, key, drafts, opt)
	})
}

// Delete puts records and what hangs on them into the recycle bin, Undelete takes them out again, HardDelete removes them for good.
func (s *Session) Delete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), s.touchesIDs(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Delete(ctx, tx, env, ids, opt)
	})
}

func (s *Session) Undelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), s.touchesIDs(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.Undelete(ctx, tx, env, ids, opt)
	})
}

func (s *Session) HardDelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	return s.write(ctx, len(ids), s.touchesIDs(ids), func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		return dml.HardDelete(ctx, tx, env, ids, opt)
	})
}

// Merge gives master the draft's fields, moves the children of losers to it and deletes them.
func (s *Session) Merge(ctx context.Context, master record.Draft, losers []record.ID) (SaveResult, error) {
	res, err := s.write(ctx, 1+len(losers), false, func(tx store.Tx, env *dml.Env) ([]SaveResult, error) {
		r, err := dml.Merge(ctx, tx, env, master, losers)
		return []SaveResult{r}, err
	})
	if err != nil {
		return SaveResult{}, err
	}
	return res[0], nil
}

// write runs f in a transaction with the use entry of what it wrote.
func (s *Session) write(ctx context.Context, n int, touches bool, f func(store.Tx, *dml.Env) ([]SaveResult, error)) (res []SaveResult, err error) {
	if n > dml.MaxBatch {
		return nil, fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records in this call", dml.MaxBatch)
	}
	receipt := ""
	err = s.org.db.Write(ctx, s.use.Ticket(), func(tx store.Tx) error {
		s.use.Reset()
		var before bool
		if res, before, err = s.done(ctx, tx); err != nil || before {
			return err
		}
		if res, err = f(tx, s.dmlEnv()); err != nil {
			return err
		}
		if err := s.remember(ctx, tx, res); err != nil {
			return err
		}
		if touches {
			if err := s.org.touch(ctx, tx); err != nil {
				return err
			}
		}
		receipt, err = s.use.Write(ctx, tx)
		return err
	})
	if err != nil {
		s.use.Reset()
		return nil, err
	}
	if receipt != "" {
		s.receipt.Store(&receipt)
	}
	if touches {
		if err := s.org.refresh(ctx); err != nil {
			s.org.report(err)
		}
	}
	return res, nil
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

func (s *Session) touchesDrafts(drafts []record.Draft) bool {
	for i := range drafts {
		if o := s.Catalog().Object(drafts[i].Object); o != nil && access.Touches(o) {
			return true
		}
	}
	return false
}

func (s *Session) touchesIDs(ids []record.ID) bool {
	for _, id := range ids {
		if o := s.Catalog().Of(id); o != nil && access.Touches(o) {
			return true
		}
	}
	return false
}
