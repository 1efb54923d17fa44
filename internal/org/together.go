package org

import (
	"context"

	"stoa/internal/store"
)

// Together runs f with a session of the same actor whose calls all belong to
// one transaction: each sees what those before it wrote, a call that fails
// undoes only itself, and an error of f undoes everything. It is one use of the data.
//
// What Do says of its function is true of f. in is of no use after f, and does
// what reads, writes and describes records, nothing else.
func (s *Session) Together(ctx context.Context, f func(ctx context.Context, in *Session) error) error {
	return s.Do(ctx, func(ctx context.Context, tx *Tx) error {
		return f(ctx, &Session{org: s.org, actor: s.actor, access: s.access, use: tx.unit.use, within: tx.unit})
	})
}

// doWithin is do inside a unit that runs already.
func (s *Session) doWithin(ctx context.Context, f func(*Tx) ([]SaveResult, error)) (res []SaveResult, err error) {
	s.once = "" // the whole has a name, its parts have none
	u := s.within
	before := len(u.results)
	err = u.tx.Try(ctx, func() error {
		res, err = f(u.begin())
		if err == nil {
			err = u.failed
		}
		return err
	})
	if err != nil {
		u.results = u.results[:before]
	}
	return res, err
}

// writeTx runs f in a transaction, that of the unit where the session belongs to one. f makes no use of data.
func (s *Session) writeTx(ctx context.Context, f func(store.Tx) error) error {
	if s.within != nil {
		return s.within.tx.Try(ctx, func() error { return f(s.within.tx) })
	}
	return s.org.db.Write(ctx, s.use.Ticket(), f)
}

// readTx runs f in a read transaction, that of the unit where the session belongs to one.
func (s *Session) readTx(ctx context.Context, f func(store.Tx) error) error {
	if s.within != nil {
		return f(s.within.tx)
	}
	return s.org.db.Read(ctx, s.use.Ticket(), f)
}
