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

// maxLosers is how many records a merge folds into the master. Source: the API's own limit of three records.
const maxLosers = 2

// Merge gives master the draft's fields, moves the children of losers to it and
// puts the losers into the bin, where MasterRecordId tells what became of them.
func Merge(ctx context.Context, tx store.Tx, env *Env, master record.Draft, losers []record.ID) (Result, error) {
	c := newCall(tx, env, 1, Options{AllOrNone: true})
	res, err := c.finish(ctx, func() error { return c.merge(ctx, master, losers) })
	if err != nil {
		return Result{}, err
	}
	return res[0], nil
}

func (c *call) merge(ctx context.Context, master record.Draft, losers []record.ID) error {
	o := c.env.Snapshot.Object(master.Object)
	if o == nil && master.ID != "" {
		o = c.env.Snapshot.Of(master.ID)
	}
	if o == nil {
		c.fail(0, notSupported(master.Object))
		return nil
	}
	master.Object = o.Name
	if err := c.mergeable(o, master.ID, losers); err != nil {
		c.fail(0, err)
		return nil
	}
	if err := c.save(ctx, []record.Draft{master}, []int{0}, false); err != nil || c.failed() {
		return err
	}
	if err := c.losersFit(ctx, o, losers); err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			c.fail(0, f)
			return nil
		}
		return err
	}
	hooked, err := c.leaving(ctx, o, losers, indexes(len(losers)), losers, BeforeDelete, AfterDelete)
	if err != nil {
		return err
	}
	if refused, err := hooked.run(ctx, BeforeDelete); err != nil || len(refused) > 0 {
		hooked.without(refused, losers)
		return err
	}
	fam := newFamily(c.tx, c.env)
	for _, rel := range o.Children {
		if err := fam.move(ctx, o, rel, master.ID, losers); err != nil {
			return err
		}
	}
	for _, id := range losers {
		fam.root[id] = id
	}
	fam.admit(o, losers)
	if err := fam.bury(ctx); err != nil {
		return err
	}
	c.did(purpose.OpDelete, o, losers)
	if f := o.Field("MasterRecordId"); f != nil && f.Column != "" {
		values := make([][]record.Value, len(losers))
		for i := range values {
			values[i] = []record.Value{record.OfID(master.ID)}
		}
		if err := c.tx.Update(ctx, o.Table, []store.Column{f.StoreColumn()}, losers, values); err != nil {
			return err
		}
	}
	for _, b := range hooked.batches {
		for _, r := range b.Rows {
			r.set("MasterRecordId", record.OfID(master.ID))
		}
	}
	refused, err := hooked.run(ctx, AfterDelete)
	hooked.without(refused, losers)
	return err
}

// mergeable refuses objects that do not merge and lists that make no sense.
func (c *call) mergeable(o *catalog.Object, master record.ID, losers []record.ID) *fault.Error {
	if err := allowed(c.env, o, deleting); err != nil {
		return err
	}
	switch {
	case !o.Mergeable && o.Name != "Case":
		return fault.New(fault.MergeFailed, "entity type does not support merge: %s", o.Label)
	case len(losers) == 0 || len(losers) > maxLosers:
		return fault.New(fault.MergeFailed, "merge takes one or two records to merge into the master, not %d", len(losers))
	case slices.Contains(losers, master) || len(losers) == 2 && losers[0] == losers[1]:
		return fault.New(fault.MergeFailed, "a record cannot be merged with itself")
	}
	for _, id := range losers {
		if err := rightID(o, id); err != nil {
			return err
		}
	}
	return nil
}

// losersFit checks that the losers are there and that the user may delete them.
func (c *call) losersFit(ctx context.Context, o *catalog.Object, losers []record.ID) error {
	rows, err := c.standing(ctx, o, losers, indexes(len(losers)))
	if err != nil {
		return err
	}
	seen, err := visible(ctx, c.tx, c.env, o, losers, access.All)
	if err != nil {
		return err
	}
	for _, id := range losers {
		switch s, ok := rows[id]; {
		case !ok:
			return errInvalidReference
		case s.deleted:
			return errDeleted
		case seen != nil && !seen[id]:
			return errNoAccess
		}
	}
	return nil
}

// move gives the master the children that losers have by one relationship. History stays where it was made.
func (f *family) move(ctx context.Context, o *catalog.Object, rel *catalog.Relationship, master record.ID, losers []record.ID) error {
	child, field := f.childOf(rel)
	if field == nil || child.Companion == catalog.HistoryOf || child.Companion == catalog.ShareOf {
		return nil
	}
	id := child.Field("Id").Column
	if child == o {
		// The master cannot become its own parent.
		q := store.NewSQL(f.tx.Dialect()).Raw("UPDATE ").Table(child.Table).Raw(" SET ").Name(field.Column).Raw(" = NULL WHERE ").
			Name(id).Raw(" = ").Arg(store.ID, record.OfID(master)).Raw(" AND ").Name(field.Column).In(losers)
		if _, err := f.tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	q := store.NewSQL(f.tx.Dialect()).Raw("UPDATE ").Table(child.Table).Raw(" SET ").Name(field.Column).Raw(" = ").Arg(store.ID, record.OfID(master))
	f.touch(q, child)
	_, err := f.tx.Exec(ctx, q.Raw(" WHERE ").Name(field.Column).In(losers))
	return err
}
