package dml

import (
	"context"
	"errors"
	"slices"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// BinAge is how long deleted records can be taken back. Source: the API's own period.
const BinAge = 15 * 24 * time.Hour

var errNotInBin = fault.New(fault.UndeleteFailed, "Entity is not in the recycle bin")

// Undelete takes records out of the recycle bin, with what their deletion took
// along and the lookups that it cleared, where they are still empty.
func Undelete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	c := newCall(tx, env, len(ids), opt)
	return c.finish(ctx, func() error {
		return c.byObject(ids, undeleting, func(o *catalog.Object, at []int) error { return c.undelete(ctx, o, ids, at) })
	})
}

func (c *call) undelete(ctx context.Context, o *catalog.Object, ids []record.ID, at []int) error {
	roots, err := c.inBin(ctx, o, ids, at, errNotInBin)
	if err != nil || len(roots) == 0 {
		return err
	}
	roots, err = c.withMasters(ctx, o, ids, at, roots)
	if err != nil || len(roots) == 0 {
		return err
	}
	err = c.lift(ctx, o, ids, at, roots)
	if !errors.Is(err, store.ErrUnique) {
		return err
	}
	// A unique value has been given away meanwhile: find out whose, record by record.
	for _, i := range at {
		if !slices.Contains(roots, ids[i]) || !c.results[i].OK() {
			continue
		}
		err := c.lift(ctx, o, ids, []int{i}, ids[i:i+1])
		switch {
		case errors.Is(err, store.ErrUnique):
			name := "<unknown>"
			if f := brokenUnique(o, err); f != nil {
				c.fail(i, fault.New(fault.DuplicateValue, "duplicate value found: %s duplicates value on record with id: %s", f.Name, name).On(f.Name))
				continue
			}
			c.fail(i, fault.New(fault.DuplicateValue, "duplicate value found: %s duplicates value on record with id: %s", name, name))
		case err != nil:
			return err
		}
	}
	return nil
}

// lift takes families out of the bin and runs the hooks of their roots. Those that a hook refuses stay there.
func (c *call) lift(ctx context.Context, o *catalog.Object, ids []record.ID, at []int, roots []record.ID) error {
	for len(roots) > 0 {
		var hooked *leaving
		var refused map[record.ID]*Row
		deeds := len(c.deeds)
		err := c.env.try(ctx, c.tx, func() (err error) {
			if err = c.exhume(ctx, roots); err != nil {
				return err
			}
			if hooked, err = c.leaving(ctx, o, ids, at, roots, AfterUndelete); err != nil {
				return err
			}
			for _, b := range hooked.batches {
				for _, r := range b.Rows {
					r.old = nil
				}
			}
			if refused, err = hooked.run(ctx, AfterUndelete); err == nil && len(refused) > 0 {
				err = errRefused
			}
			return err
		})
		if !errors.Is(err, errRefused) {
			return err
		}
		c.deeds, roots = c.deeds[:deeds], hooked.without(refused, roots)
	}
	return nil
}

// inBin returns the records that were deleted themselves, not with another one, and that the user may take back or empty.
func (c *call) inBin(ctx context.Context, o *catalog.Object, ids []record.ID, at []int, otherwise *fault.Error) ([]record.ID, error) {
	rows, err := c.standing(ctx, o, ids, at)
	if err != nil {
		return nil, err
	}
	some := make([]record.ID, len(at))
	for k, i := range at {
		some[k] = ids[i]
	}
	members, err := c.members(ctx, some)
	if err != nil {
		return nil, err
	}
	seen, err := visible(ctx, c.tx, c.env, o, some, access.All)
	if err != nil {
		return nil, err
	}
	var roots []record.ID
	for _, i := range at {
		id := ids[i]
		switch _, there := rows[id]; {
		case !there:
			c.fail(i, errInvalidReference)
		case seen != nil && !seen[id]:
			c.fail(i, errNoAccess)
		case members.root[id] != id || slices.Contains(roots, id):
			c.fail(i, otherwise)
		default:
			roots = append(roots, id)
		}
	}
	return roots, nil
}

// members reads from the bin what the deletion of some records took along.
func (c *call) members(ctx context.Context, roots []record.ID) (*family, error) {
	f := newFamily(c.tx, c.env)
	q := store.NewSQL(c.tx.Dialect()).Raw("SELECT id, root FROM ").Table(store.BinTable).Raw(" WHERE root").In(roots).Raw(" ORDER BY id")
	page, err := store.Fetch(ctx, c.tx, q, store.Out{Class: store.ID}, store.Out{Class: store.ID})
	if err != nil {
		return nil, err
	}
	for i := range page.Len() {
		id := page.ID(i, 0)
		f.root[id] = page.ID(i, 1)
		if o := c.env.Snapshot.Of(id); o != nil && o.Table != "" {
			f.admit(o, []record.ID{id})
		}
	}
	return f, nil
}

// withMasters fails the records whose master is in the bin itself, or gone.
func (c *call) withMasters(ctx context.Context, o *catalog.Object, ids []record.ID, at []int, roots []record.ID) ([]record.ID, error) {
	for _, f := range o.Fields {
		if !f.MasterDetail || f.Column == "" {
			continue
		}
		for _, name := range f.ReferenceTo {
			m := c.env.Snapshot.Object(name)
			if m == nil || m.Table == "" || !keepsDeleted(m) {
				continue
			}
			id := o.Field("Id").StoreColumn()
			q := store.NewSQL(c.tx.Dialect()).Raw("SELECT ").Col("r", id.Name).Raw(" FROM ").Table(o.Table).Raw(" r WHERE ").Col("r", id.Name).In(roots).
				Raw(" AND NOT EXISTS (SELECT 1 FROM ").Table(m.Table).Raw(" m WHERE ").Col("m", m.Field("Id").Column).Raw(" = ").Col("r", f.Column).Raw(" AND ")
			c.tx.Dialect().Live(q, "m")
			page, err := store.Fetch(ctx, c.tx, q.Raw(")"), outOf(id))
			if err != nil {
				return nil, err
			}
			for k := range page.Len() {
				orphan := page.ID(k, 0)
				roots = slices.DeleteFunc(roots, func(id record.ID) bool { return id == orphan })
				for _, i := range at {
					if ids[i] == orphan && c.results[i].OK() {
						c.fail(i, fault.New(fault.UndeleteFailed, "%s: the parent record is deleted", f.Label).On(f.Name))
					}
				}
			}
		}
	}
	return roots, nil
}

// exhume takes whole families out of the bin.
func (c *call) exhume(ctx context.Context, roots []record.ID) error {
	f, err := c.members(ctx, roots)
	if err != nil {
		return err
	}
	for _, o := range f.order {
		if err := f.mark(ctx, o, f.of[o], false); err != nil {
			return err
		}
		if err := c.reindex(ctx, o, f.of[o]); err != nil {
			return err
		}
	}
	if err := f.relink(ctx, roots); err != nil {
		return err
	}
	if err := f.forget(ctx, roots); err != nil {
		return err
	}
	for _, o := range f.order {
		c.did(purpose.OpUpdate, o, f.of[o])
	}
	return nil
}

// reindex puts rows back into the search index, a batch at a time.
func (c *call) reindex(ctx context.Context, o *catalog.Object, ids []record.ID) error {
	if !o.Searchable {
		return nil
	}
	for part := range slices.Chunk(ids, MaxBatch) {
		b := newBatch(c.tx, c.env, o, false, c.opt)
		for i, id := range part {
			b.add(&record.Draft{Object: o.Name, ID: id}, i)
		}
		if err := b.read(ctx, false); err != nil {
			return err
		}
		b.drop()
		for _, r := range b.Rows {
			r.old = nil
		}
		if err := index(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// relink gives back the lookups that the deletion cleared, where nobody has filled them since.
func (f *family) relink(ctx context.Context, roots []record.ID) error {
	q := store.NewSQL(f.tx.Dialect()).Raw("SELECT child, parent, field, object FROM ").Table(store.BinLinkTable).Raw(" WHERE root").In(roots).Raw(" ORDER BY object, field, child")
	page, err := store.Fetch(ctx, f.tx, q, store.Out{Class: store.ID}, store.Out{Class: store.ID}, store.Out{Class: store.Text}, store.Out{Class: store.Text})
	if err != nil {
		return err
	}
	for i := 0; i < page.Len(); {
		object, name := page.Value(i, 3).Text(), page.Value(i, 2).Text()
		parent := map[record.ID]record.ID{}
		var ids []record.ID
		for ; i < page.Len() && page.Value(i, 3).Text() == object && page.Value(i, 2).Text() == name; i++ {
			parent[page.ID(i, 0)] = page.ID(i, 1)
			ids = append(ids, page.ID(i, 0))
		}
		o := f.env.Snapshot.Object(object)
		if o == nil || o.Field(name) == nil || o.Field(name).Column == "" {
			continue
		}
		field := o.Field(name)
		q := store.NewSQL(f.tx.Dialect()).Raw("SELECT ").Name("Id").Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name(o.Field("Id").Column).In(ids).
			Raw(" AND ").Name(field.Column).Raw(" IS NULL")
		empty, err := store.Fetch(ctx, f.tx, q, store.Out{Class: store.ID})
		if err != nil {
			return err
		}
		var still []record.ID
		var values [][]record.Value
		for k := range empty.Len() {
			id := empty.ID(k, 0)
			still, values = append(still, id), append(values, []record.Value{record.OfID(parent[id])})
		}
		if err := f.tx.Update(ctx, o.Table, []store.Column{field.StoreColumn()}, still, values); err != nil {
			return err
		}
	}
	return nil
}

// forget removes what the bin knows of some roots.
func (f *family) forget(ctx context.Context, roots []record.ID) error {
	for _, table := range []string{store.BinTable, store.BinLinkTable} {
		if _, err := f.tx.Exec(ctx, store.NewSQL(f.tx.Dialect()).Raw("DELETE FROM ").Table(table).Raw(" WHERE root").In(roots)); err != nil {
			return err
		}
	}
	return nil
}

// HardDelete removes records for good, with what hangs on them. Records in the
// bin need the right to delete; live ones the permission BulkApiHardDelete too.
func HardDelete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	c := newCall(tx, env, len(ids), opt)
	return c.finish(ctx, func() error {
		return c.byObject(ids, deleting, func(o *catalog.Object, at []int) error { return c.hardDelete(ctx, o, ids, at) })
	})
}

func (c *call) hardDelete(ctx context.Context, o *catalog.Object, ids []record.ID, at []int) error {
	rows, err := c.standing(ctx, o, ids, at)
	if err != nil {
		return err
	}
	var live, dead []int
	for _, i := range at {
		switch {
		case rows[ids[i]].deleted:
			dead = append(dead, i)
		case !c.env.Access.Has("BulkApiHardDelete") && !c.opt.Seed:
			c.fail(i, errNoAccess)
		default:
			live = append(live, i)
		}
	}
	if err := c.delete(ctx, o, ids, live); err != nil {
		return err
	}
	for _, i := range live {
		if c.results[i].OK() {
			dead = append(dead, i)
		}
	}
	if !keepsDeleted(o) || len(dead) == 0 {
		return nil
	}
	slices.Sort(dead)
	roots, err := c.inBin(ctx, o, ids, dead, errDeleted)
	if err != nil || len(roots) == 0 {
		return err
	}
	return c.purge(ctx, roots)
}

// purge removes whole families from the bin for good.
func (c *call) purge(ctx context.Context, roots []record.ID) error {
	c.env.ready().made.rewind(0)
	f, err := c.members(ctx, roots)
	if err != nil {
		return err
	}
	for _, o := range f.order {
		if err := c.tx.Delete(ctx, o.Table, f.of[o]); err != nil {
			return err
		}
		c.did(purpose.OpDelete, o, f.of[o])
	}
	return f.forget(ctx, roots)
}

// EmptyBin removes for good what was deleted more than BinAge ago, at most max
// deletions a call, and returns how many there were.
func EmptyBin(ctx context.Context, tx store.Tx, env *Env, max int) (int, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT id FROM ").Table(store.BinTable).Raw(" WHERE at < ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-BinAge))).
		Raw(" AND id = root ORDER BY at, id LIMIT ").Int(int64(max))
	page, err := store.Fetch(ctx, tx, q, store.Out{Class: store.ID})
	if err != nil || page.Len() == 0 {
		return 0, err
	}
	roots := make([]record.ID, page.Len())
	for i := range roots {
		roots[i] = page.ID(i, 0)
	}
	c := newCall(tx, env, 0, Options{})
	_, err = c.finish(ctx, func() error { return c.purge(ctx, roots) })
	return len(roots), err
}
