package org

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Do runs f as one unit of work: what it writes through tx stands or falls
// together, in one transaction with one use entry of all that was read and
// written in it. An error of f undoes everything, and is what Do returns.
//
// On PostgreSQL others write at the same time, and what was read may have changed when f writes by it. Whoever looks and then
// writes must Lock the records before looking.
//
// f must be short and wait for nothing, and must not write through the session itself. It may run again after a conflict with
// another transaction, so whatever it sets outside of itself it must set anew in
// each run: only what the last one did has happened. Where Once named the unit
// and it was done before, f does not run; see Repeated.
func (s *Session) Do(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	res, again, err := s.do(ctx, func(tx *Tx) ([]SaveResult, error) {
		err := f(ctx, tx)
		return tx.unit.results, err
	})
	s.repeated = nil
	if again {
		s.repeated = append([]SaveResult{}, res...)
	}
	return err
}

// A unit is what all Tx of one transaction share.
type unit struct {
	ctx     context.Context // of Do, for what takes none
	session *Session
	tx      store.Tx
	use     *purpose.Use
	snap    *catalog.Snapshot
	system  *access.Access // made when it is first asked for
	results []SaveResult   // of the session's own writes, for Once
	touched bool           // anybody's access may have changed
	failed  error          // of what returns none
}

// do runs f in a transaction with the use entry of what it read and wrote.
// again is true where Once named it and it was done before.
func (s *Session) do(ctx context.Context, f func(*Tx) ([]SaveResult, error)) (res []SaveResult, again bool, err error) {
	if s.within != nil {
		res, err = s.doWithin(ctx, f)
		return res, false, err
	}
	if s.use.Channel != string(Jobs) {
		s.org.written.Store(time.Now().UnixNano())
	}
	name := s.once
	s.once = ""
	receipt, touched := "", false
	s.org.shape.RLock()
	defer s.org.shape.RUnlock()
	work := func(tx store.Tx) (err error) {
		receipt, touched = "", false
		if res, again, err = s.done(ctx, tx, name); err != nil || again {
			return err
		}
		u := &unit{ctx: ctx, session: s, tx: tx, use: s.use.Again(), snap: s.Catalog()}
		if res, err = f(u.begin()); err != nil {
			return err
		}
		if u.failed != nil {
			return u.failed
		}
		if err := s.remember(ctx, tx, name, res); err != nil {
			return err
		}
		if touched = u.touched; touched {
			if err := s.org.touch(ctx, tx); err != nil {
				return err
			}
		}
		receipt, err = u.use.Write(ctx, tx)
		return err
	}
	err = s.org.db.Write(ctx, s.use.Ticket(), work)
	if errors.Is(err, errDoneMeanwhile) {
		err = s.org.db.Write(ctx, s.use.Ticket(), work)
	}
	if err != nil {
		return nil, false, err
	}
	if receipt != "" {
		s.receipt.Store(&receipt)
	}
	if touched {
		if err := s.org.refresh(ctx); err != nil {
			s.org.report(err)
		}
	}
	return res, again, nil
}

// A Tx is what a unit of work reads and writes with. It belongs to one
// goroutine and is not usable after the unit.
type Tx struct {
	unit  *unit
	env   *dml.Env
	depth int // of hooks that led here
}

// begin returns the Tx of the session itself.
func (u *unit) begin() *Tx {
	t := &Tx{unit: u, env: u.session.dmlEnv()}
	t.env.Snapshot, t.env.Use, t.env.Hooks = u.snap, u.use, t.hooks()
	return t
}

// asSystem returns a Tx that sees and writes everything, at a depth of hooks.
func (t *Tx) asSystem(depth int) *Tx {
	if t.unit.system == nil {
		t.unit.system = access.System()
	}
	sys := &Tx{unit: t.unit, depth: depth}
	sys.env = t.env.As(t.unit.system, sys.hooks())
	return sys
}

// Now is the one time of the transaction, in whole seconds UTC.
func (t *Tx) Now() time.Time { return t.unit.tx.Now() }

// Actor returns who is asking, as a system Tx too: records carry their name.
func (t *Tx) Actor() Actor { return t.unit.session.actor }

// Catalog returns the catalog of the transaction.
func (t *Tx) Catalog() *catalog.Snapshot { return t.unit.snap }

// System returns a Tx of the same transaction that sees and writes everything, as hooks do.
func (t *Tx) System() *Tx {
	if t.env.Access == t.unit.system {
		return t
	}
	return t.asSystem(t.depth)
}

// Query runs SOQL. It sees what the transaction has written, under the access
// of the Tx. There are no cursors: of more rows than opt.BatchSize, or 2,000, it
// returns the first and Next is "more". Total is the number of rows returned.
func (t *Tx) Query(ctx context.Context, soql string, opt QueryOptions) (*record.Result, error) {
	env := t.queryEnv()
	opt.NoTotal, opt.Rest = true, nil
	res, _, err := query.Run(ctx, t.unit.tx, env, soql, opt)
	if err != nil {
		return nil, err
	}
	res.Total = max(res.Total, res.Len())
	return res, t.unit.session.derive(ctx, t.unit.tx, env, res)
}

// Retrieve reads one record of o as Session.Retrieve does, all readable fields
// where fields is nil. The result has no rows where the record is not there.
func (t *Tx) Retrieve(ctx context.Context, o *catalog.Object, id record.ID, fields []string) (*record.Result, error) {
	return query.Retrieve(ctx, t.unit.tx, t.queryEnv(), o, []record.ID{id}, fields, false)
}

func (t *Tx) queryEnv() *query.Env {
	env := t.unit.session.queryEnv()
	env.Snapshot, env.Access, env.Use = t.unit.snap, t.env.Access, t.unit.use
	return env
}

// Taken returns those of some texts that a live record of an object has in a unique field: for keys that an app draws. It looks
// at all records, whatever the Tx may see, and leaves no use entry.
func (t *Tx) Taken(ctx context.Context, object, field string, texts []string) ([]string, error) {
	o := t.unit.snap.Object(object)
	if o == nil || o.Field(field) == nil || !o.Field(field).Unique {
		return nil, fmt.Errorf("taken: %s has no unique field %s", object, field)
	}
	values := make([]record.Value, len(texts))
	for i, s := range texts {
		values[i] = record.OfText(s)
	}
	found, err := dml.Taken(ctx, t.unit.tx, t.env, o, o.Field(field), values)
	taken := make([]string, len(found))
	for i, v := range found {
		taken[i] = v.Text()
	}
	return taken, err
}

// Insert creates records and Update changes them by id, any number of them. A
// record that is refused is a result with errors, and the others stand unless
// opt.AllOrNone is set; see Must.
func (t *Tx) Insert(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	t.touchDrafts(drafts)
	return t.wrote(dml.Insert(ctx, t.unit.tx, t.env, drafts, opt))
}

func (t *Tx) Update(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	t.touchDrafts(drafts)
	return t.wrote(dml.Update(ctx, t.unit.tx, t.env, drafts, opt))
}

// Upsert inserts or updates by the value that each draft brings for the key field, Id or an external id.
func (t *Tx) Upsert(ctx context.Context, key string, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error) {
	t.touchDrafts(drafts)
	return t.wrote(dml.Upsert(ctx, t.unit.tx, t.env, key, drafts, opt))
}

// Delete puts records and what hangs on them into the recycle bin.
func (t *Tx) Delete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	t.touchIDs(ids)
	return t.wrote(dml.Delete(ctx, t.unit.tx, t.env, ids, opt))
}

// Undelete takes records out of the recycle bin, with what their deletion took along.
func (t *Tx) Undelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	t.touchIDs(ids)
	return t.wrote(dml.Undelete(ctx, t.unit.tx, t.env, ids, opt))
}

// Merge gives master the draft's fields, moves the children of one or two losers to it and deletes them.
func (t *Tx) Merge(ctx context.Context, master record.Draft, losers []record.ID) (SaveResult, error) {
	t.touchDrafts([]record.Draft{master})
	t.touchIDs(losers)
	res, err := dml.Merge(ctx, t.unit.tx, t.env, master, losers)
	_, err = t.wrote([]SaveResult{res}, err)
	return res, err
}

// HardDelete removes records for good.
func (t *Tx) HardDelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error) {
	t.touchIDs(ids)
	return t.wrote(dml.HardDelete(ctx, t.unit.tx, t.env, ids, opt))
}

// Must returns the ids of the records that a write saved, or the first refusal as an error.
func Must(res []SaveResult, err error) ([]record.ID, error) {
	if err != nil {
		return nil, err
	}
	ids := make([]record.ID, len(res))
	for i, r := range res {
		if !r.OK() {
			return nil, r.Errors[0]
		}
		ids[i] = r.ID
	}
	return ids, nil
}

// wrote keeps the results of the unit's own writes; those of hooks are nobody's answer.
func (t *Tx) wrote(res []SaveResult, err error) ([]SaveResult, error) {
	if t.depth == 0 {
		t.unit.results = append(t.unit.results, res...)
	}
	return res, err
}

func (t *Tx) touchDrafts(drafts []record.Draft) {
	for i := range drafts {
		if o := t.unit.snap.Object(drafts[i].Object); o != nil && access.Touches(o) {
			t.unit.touched = true
			return
		}
	}
}

func (t *Tx) touchIDs(ids []record.ID) {
	for _, id := range ids {
		if o := t.unit.snap.Of(id); o != nil && access.Touches(o) {
			t.unit.touched = true
			return
		}
	}
}
