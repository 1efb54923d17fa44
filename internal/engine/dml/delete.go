package dml

import (
	"context"
	"errors"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Delete puts records and what hangs on them into the recycle bin. Configuration, which has no bin, goes for good.
func Delete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	c := newCall(tx, env, len(ids), opt)
	return c.finish(ctx, func() error {
		return c.byObject(ids, deleting, func(o *catalog.Object, at []int) error { return c.delete(ctx, o, ids, at) })
	})
}

// byObject calls f for each run of ids of one object on which the user may do something.
func (c *call) byObject(ids []record.ID, v verb, f func(o *catalog.Object, at []int) error) error {
	c.ids = ids
	for i := range ids {
		c.results[i].ID = ids[i]
	}
	for from := 0; from < len(ids); {
		o := c.env.Snapshot.Of(ids[from])
		to := from + 1
		for to < len(ids) && ids[to].Prefix() == ids[from].Prefix() {
			to++
		}
		at := indexes(to)[from:]
		from = to
		var err *fault.Error
		switch {
		case o == nil || o.Table == "":
			err = errInvalidReference
		case !c.opt.Seed:
			err = allowed(c.env, o, v)
		}
		if err != nil {
			for _, i := range at {
				c.fail(i, err)
			}
			continue
		}
		if err := f(o, at); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) delete(ctx context.Context, o *catalog.Object, ids []record.ID, at []int) error {
	roots, names, err := c.roots(ctx, o, ids, at)
	if err != nil || len(roots) == 0 {
		return err
	}
	hooked, err := c.leaving(ctx, o, ids, at, roots, BeforeDelete, AfterDelete)
	if err != nil {
		return err
	}
	refused, err := hooked.run(ctx, BeforeDelete)
	if err != nil {
		return err
	}
	for roots = hooked.without(refused, roots); len(roots) > 0; roots = hooked.without(refused, roots) {
		var fam *family
		err := c.env.try(ctx, c.tx, func() error {
			if fam, err = c.bury(ctx, o, ids, at, roots, names); err != nil {
				return err
			}
			if refused, err = hooked.run(ctx, AfterDelete); err == nil && len(refused) > 0 {
				err = errRefused
			}
			return err
		})
		if errors.Is(err, errRefused) {
			continue
		}
		if err != nil {
			return err
		}
		for _, o := range fam.order {
			c.did(purpose.OpDelete, o, fam.of[o])
		}
		return nil
	}
	return nil
}

// bury puts records with their families into the bin, but for those whose children forbid it.
func (c *call) bury(ctx context.Context, o *catalog.Object, ids []record.ID, at []int, roots []record.ID, names map[record.ID]string) (*family, error) {
	fam := newFamily(c.tx, c.env)
	if err := fam.grow(ctx, o, roots); err != nil {
		return nil, err
	}
	errs := fam.forbidden(names)
	for _, i := range at {
		if err := errs[ids[i]]; err != nil && c.results[i].OK() {
			c.fail(i, err)
		}
	}
	fam.without(errs)
	return fam, fam.bury(ctx)
}

// roots locks the records to delete and returns those that are there and that the user may delete, with their names.
func (c *call) roots(ctx context.Context, o *catalog.Object, ids []record.ID, at []int) ([]record.ID, map[record.ID]string, error) {
	rows, err := c.standing(ctx, o, ids, at)
	if err != nil {
		return nil, nil, err
	}
	live := make([]record.ID, 0, len(at))
	names := make(map[record.ID]string, len(at))
	for _, i := range at {
		switch s, ok := rows[ids[i]]; {
		case !ok:
			c.fail(i, errInvalidReference)
		case s.deleted || names[ids[i]] != "":
			c.fail(i, errDeleted)
		default:
			live = append(live, ids[i])
			names[ids[i]] = s.name
		}
	}
	if c.opt.Seed {
		return live, names, nil
	}
	seen, err := visible(ctx, c.tx, c.env, o, live, access.All)
	if err != nil || seen == nil {
		return live, names, err
	}
	may := live[:0]
	for _, i := range at {
		switch id := ids[i]; {
		case !c.results[i].OK():
		case seen[id]:
			may = append(may, id)
		default:
			c.fail(i, errNoAccess)
		}
	}
	return may, names, nil
}

// A standing is what a deletion needs to know of a row.
type standing struct {
	name    string
	deleted bool
}

// standing locks rows and tells how they stand.
func (c *call) standing(ctx context.Context, o *catalog.Object, ids []record.ID, at []int) (map[record.ID]standing, error) {
	some := make([]record.ID, len(at))
	for k, i := range at {
		some[k] = ids[i]
	}
	some = distinct(some)
	if err := c.tx.Lock(ctx, o.Table, some); err != nil {
		return nil, err
	}
	id := o.Field("Id").StoreColumn()
	q := store.NewSQL(c.tx.Dialect()).Raw("SELECT ").Name(id.Name)
	out := []store.Out{outOf(id)}
	name, deleted := -1, -1
	if f := o.NameField; c.env.showsNames(o) {
		q.Raw(", ").Name(f.Column)
		name, out = len(out), append(out, outOf(f.StoreColumn()))
	}
	if f := o.Field(store.DeletedColumn); f != nil && f.Column != "" {
		q.Raw(", ").Name(f.Column)
		deleted, out = len(out), append(out, outOf(f.StoreColumn()))
	}
	page, err := store.Fetch(ctx, c.tx, q.Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name(id.Name).In(some), out...)
	if err != nil {
		return nil, err
	}
	rows := make(map[record.ID]standing, page.Len())
	for i := range page.Len() {
		s := standing{name: string(page.ID(i, 0))}
		if name > 0 && !page.Null(i, name) {
			s.name = page.Value(i, name).String()
		}
		if deleted > 0 {
			s.deleted = page.Value(i, deleted).Bool()
		}
		rows[page.ID(i, 0)] = s
	}
	return rows, nil
}
