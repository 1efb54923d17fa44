// Package dml is the write pipeline: what happens to a batch of drafts between
// the client and the table, in the order of stages.go. It knows no protocol;
// its one invariant is that a batch is written whole or as its results say.
package dml

import (
	"context"
	"errors"
	"slices"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// MaxBatch is how many records go through the stages at once, and how many a client may bring in a call. Source: the API's own limit.
const MaxBatch = 200

// An Env is who writes and under which catalog. It belongs to one transaction.
type Env struct {
	Snapshot *catalog.Snapshot
	Access   *access.Access
	Use      *purpose.Use
	User     record.ID
	Hooks    Hooks   // of apps; nil for none
	Memory   *Memory // of the org; nil for that of the transaction alone

	known *lore // what is known under Snapshot
	made  *made // by the transaction
}

// ready makes what all Envs of the transaction share.
func (e *Env) ready() *Env {
	if e.known == nil {
		e.known, e.made = e.Memory.lore(e.Snapshot), &made{}
	}
	return e
}

// As returns an Env of the same transaction with other rights and hooks.
func (e *Env) As(a *access.Access, h Hooks) *Env {
	as := *e.ready()
	as.Access, as.Hooks = a, h
	return &as
}

// try runs f so that its error undoes what f did, and what was noted of it.
func (e *Env) try(ctx context.Context, tx store.Tx, f func() error) error {
	made := len(e.ready().made.order)
	var mark purpose.Mark
	if e.Hooks != nil {
		mark = e.Use.Mark() // hooks tell of their writes before f ends
	}
	err := tx.Try(ctx, f)
	if err != nil {
		e.made.rewind(made)
		if e.Hooks != nil {
			e.Use.Rewind(mark)
		}
	}
	return err
}

func (e *Env) form(o *catalog.Object) *form { return e.ready().known.form(o) }

// Options say how a batch is written.
type Options struct {
	AllOrNone     bool // one failure undoes all
	AllowTruncate bool // cut text that is too long instead of refusing it
	AutoAssign    bool // run assignment rules
	KeepIDs       bool // insert with the ids and audit fields that the drafts bring (imports); takes ModifyAllData
	Seed          bool // the org's own rows: objects and fields that no client may write are written as given, nothing is derived
}

// Insert creates records; Update changes them by id; results are in input order.
func Insert(ctx context.Context, tx store.Tx, env *Env, drafts []record.Draft, opt Options) ([]Result, error) {
	opt.KeepIDs = opt.KeepIDs && env.Access.Has("ModifyAllData")
	c := newCall(tx, env, len(drafts), opt)
	return c.finish(ctx, func() error {
		return c.save(ctx, drafts, indexes(len(drafts)), true)
	})
}

// Update changes records by id; results are in input order.
func Update(ctx context.Context, tx store.Tx, env *Env, drafts []record.Draft, opt Options) ([]Result, error) {
	opt.KeepIDs = false
	c := newCall(tx, env, len(drafts), opt)
	for i := range drafts {
		c.ids = append(c.ids, drafts[i].ID)
	}
	return c.finish(ctx, func() error {
		return c.save(ctx, drafts, indexes(len(drafts)), false)
	})
}

// A call is one call of this package: its results, and what it did to which records.
type call struct {
	tx      store.Tx
	env     *Env
	opt     Options
	results []Result
	deeds   []deed
	ids     []record.ID    // that the caller named
	key     *catalog.Field // of an upsert
	lost    []int          // drafts of an upsert whose key was taken meanwhile
}

// A deed is what the use entry is told about.
type deed struct {
	op     purpose.Op
	object *catalog.Object
	ids    []record.ID
}

func newCall(tx store.Tx, env *Env, n int, opt Options) *call {
	return &call{tx: tx, env: env, opt: opt, results: make([]Result, n)}
}

var errRolledBack = fault.New(fault.AllOrNoneRolledBack, "Record rolled back because not all records were valid and the request was using AllOrNone header")

// finish runs f, undoes it where all should be written and one was not, and tells the use entry what stands.
func (c *call) finish(ctx context.Context, f func() error) ([]Result, error) {
	if c.env.Access.Scoped() {
		return nil, fault.New(fault.InsufficientAccess, "What is shared with a guest can be read, not written.")
	}
	run := f
	if c.opt.AllOrNone {
		run = func() error {
			return c.env.try(ctx, c.tx, func() error {
				if err := f(); err != nil {
					return err
				}
				if c.failed() {
					return errRefused
				}
				return nil
			})
		}
	}
	err := run()
	switch {
	case errors.Is(err, errRefused):
		c.deeds = nil
		for i := range c.results {
			if r := &c.results[i]; r.OK() {
				*r = Result{Errors: []*fault.Error{errRolledBack}}
			}
		}
	case err != nil:
		return nil, c.explain(err)
	}
	for _, d := range c.deeds {
		c.env.Use.Wrote(string(d.op), d.object, d.ids)
	}
	return c.results, nil
}

// explain turns what the store could not do into what the client should hear of it.
func (c *call) explain(err error) error {
	switch {
	case errors.Is(err, store.ErrSerialization):
		return fault.New(fault.UnableToLockRow, "unable to obtain exclusive access to this record or %d records: %s", len(c.ids), joinIDs(c.ids)).Because(err)
	case errors.Is(err, store.ErrFull):
		return fault.New(fault.StorageLimitExceeded, "storage limit exceeded").Because(err)
	default:
		return err
	}
}

func (c *call) failed() bool {
	for i := range c.results {
		if !c.results[i].OK() {
			return true
		}
	}
	return false
}

func (c *call) fail(at int, err *fault.Error) {
	c.results[at].Errors = append(c.results[at].Errors, err)
}

// did notes what became of records, for the use entry.
func (c *call) did(op purpose.Op, o *catalog.Object, ids []record.ID) {
	if len(ids) > 0 {
		c.deeds = append(c.deeds, deed{op, o, ids})
	}
}

// save writes the drafts at some places: a batch a run of drafts of one object, of at most MaxBatch. A record
// that comes twice goes into another batch, so that the second change sees the first.
func (c *call) save(ctx context.Context, drafts []record.Draft, at []int, insert bool) error {
	for len(at) > 0 {
		o := c.env.Snapshot.Object(drafts[at[0]].Object)
		if o == nil {
			c.fail(at[0], notSupported(drafts[at[0]].Object))
			at = at[1:]
			continue
		}
		b := newBatch(c.tx, c.env, o, insert, c.opt)
		b.key = c.key
		seen := map[record.ID]bool{}
		n := 0
		for _, i := range at {
			d := &drafts[i]
			if n == MaxBatch || catalog.Fold(d.Object) != catalog.Fold(o.Name) || !insert && seen[d.ID] {
				break
			}
			seen[d.ID] = true
			b.add(d, i)
			n++
		}
		at = at[n:]
		if err := b.run(ctx); err != nil {
			return err
		}
		c.collect(b)
		if c.opt.AllOrNone && c.failed() {
			return nil
		}
	}
	return nil
}

// collect takes over the outcome of a batch.
func (c *call) collect(b *Batch) {
	lost := slices.ContainsFunc(b.all, (*Row).lost)
	for _, r := range b.all {
		if lost && (c.opt.AllOrNone || r.lost()) {
			c.lost = append(c.lost, r.at)
			continue
		}
		if len(r.errs) > 0 {
			c.results[r.at].Errors = append(c.results[r.at].Errors, r.errs...)
			if !b.Insert {
				c.results[r.at].ID = r.ID
			}
			continue
		}
		c.results[r.at] = Result{ID: r.ID, Created: b.Insert}
	}
	op := purpose.OpUpdate
	if b.Insert {
		op = purpose.OpCreate
	}
	if !lost || !c.opt.AllOrNone {
		c.did(op, b.Object, b.ids())
	}
}

// lost reports whether the record's key was taken while it was written.
func (r *Row) lost() bool { return slices.Contains(r.errs, errLost) }

func indexes(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	return at
}
