package dml

import (
	"context"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// permit refuses a batch of an object on which the user, or anybody, may not do this.
func permit(_ context.Context, b *Batch) error {
	if b.opt.Seed {
		return nil
	}
	if err := allowed(b.Env, b.Object, b.verb()); err != nil {
		b.refuse(err)
	}
	return nil
}

func (b *Batch) verb() verb {
	if b.Insert {
		return inserting
	}
	return updating
}

// A verb is what a call does to records; text says it in messages.
type verb uint8

const (
	inserting verb = iota
	updating
	deleting
	undeleting
)

// allowed returns why a user may not do something to any record of o, nil where he may.
func allowed(env *Env, o *catalog.Object, v verb) *fault.Error {
	rights := env.Access.Object(o)
	if !rights.Read && !rights.Create {
		return notSupported(o.Name)
	}
	var can, has bool
	var done string
	switch v {
	case inserting:
		can, has, done = o.Createable, rights.Create, "inserted"
	case updating:
		can, has, done = o.Updateable, rights.Edit, "updated"
	case deleting:
		can, has, done = o.Deletable, rights.Delete, "deleted"
	case undeleting:
		can, has, done = o.Undeletable, rights.Delete, "undeleted"
	}
	switch {
	case !can || o.Table == "":
		return fault.New(fault.InsufficientAccess, "entity type cannot be %s: %s", done, o.Label)
	case !has:
		return fault.New(fault.InsufficientAccess, "insufficient access rights on object id")
	default:
		return nil
	}
}

func notSupported(name string) *fault.Error {
	return fault.New(fault.InvalidType, "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", name)
}

var (
	errInvalidReference = fault.New(fault.InvalidCrossReferenceKey, "invalid cross reference id")
	errDeleted          = fault.New(fault.EntityIsDeleted, "entity is deleted")
	errNoAccess         = fault.New(fault.InsufficientAccess, "insufficient access rights on object id")
)

// load reads the rows that are to change.
func load(ctx context.Context, b *Batch) error {
	if b.Insert {
		return nil
	}
	for _, r := range b.Rows {
		if err := rightID(b.Object, r.ID); err != nil {
			r.Fail(err)
		}
	}
	b.drop()
	return b.read(ctx, true)
}

// rightID refuses an id that cannot be one of the object's.
func rightID(o *catalog.Object, id record.ID) *fault.Error {
	switch {
	case id == "":
		return fault.New(fault.MissingArgument, "Id not specified in an update call").On("Id")
	case id.Prefix() != o.KeyPrefix:
		return fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", o.Label, id).On("Id")
	default:
		return nil
	}
}

// read locks the batch's rows and fills in old and new; rows that are not there, or deleted, fail.
func (b *Batch) read(ctx context.Context, refuseDeleted bool) error {
	if len(b.Rows) == 0 {
		return nil
	}
	ids := distinct(b.ids())
	if err := b.Tx.Lock(ctx, b.Object.Table, ids); err != nil {
		return err
	}
	page, cols, err := b.rows(ctx, ids)
	if err != nil {
		return err
	}
	at := make(map[record.ID]int, page.Len())
	for i := range page.Len() {
		at[page.ID(i, 0)] = i
	}
	for _, r := range b.Rows {
		i, ok := at[r.ID]
		if !ok {
			r.Fail(errInvalidReference)
			continue
		}
		r.old = make([]record.Value, len(b.form.fields))
		for c, to := range cols {
			r.old[to] = exact(b.form.cols[to], page.Value(i, c))
		}
		copy(r.new, r.old)
		if refuseDeleted && b.form.deleted >= 0 && r.old[b.form.deleted].Bool() {
			r.Fail(errDeleted)
		}
	}
	return nil
}

// rows reads all fields but contents, which can be large; cols tells the place of each in form.fields.
func (b *Batch) rows(ctx context.Context, ids []record.ID) (page *record.Page, cols []int, err error) {
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ")
	out := make([]store.Out, 0, len(b.form.cols))
	for i, c := range b.form.cols {
		if c.Class == store.Bytes {
			continue
		}
		if len(cols) > 0 {
			q.Raw(", ")
		}
		q.Name(c.Name)
		cols, out = append(cols, i), append(out, outOf(c))
	}
	q.Raw(" FROM ").Table(b.Object.Table).Raw(" WHERE ").Name(b.form.cols[b.form.id].Name).In(ids)
	page, err = store.Fetch(ctx, b.Tx, q, out...)
	return page, cols, err
}

// exact gives a number as many places as its column has, so that equal numbers are equal values.
func exact(c store.Column, v record.Value) record.Value {
	if v.Kind() != record.Number {
		return v
	}
	n, scale := v.Decimal()
	if scale == c.Scale {
		return v
	}
	if m, ok := record.Rescale(n, scale, c.Scale); ok {
		return record.OfDecimal(m, c.Scale)
	}
	return v
}

// permitRows refuses the rows that the user may not change.
func permitRows(ctx context.Context, b *Batch) error {
	if b.Insert || b.opt.Seed {
		return nil
	}
	ok, err := visible(ctx, b.Tx, b.Env, b.Object, b.ids(), access.Edit)
	if err != nil || ok == nil {
		return err
	}
	for _, r := range b.Rows {
		if !ok[r.ID] {
			r.Fail(errNoAccess)
		}
	}
	return nil
}

// visible returns which rows the user may touch at a level, nil for all.
func visible(ctx context.Context, tx store.Tx, env *Env, o *catalog.Object, ids []record.ID, need access.Level) (map[record.ID]bool, error) {
	if env.Access.AllRows(o, need) {
		return nil, nil
	}
	id := o.Field("Id").StoreColumn()
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Col("r", id.Name).Raw(" FROM ").Table(o.Table).Raw(" r WHERE ").Col("r", id.Name).In(ids).Raw(" AND ")
	env.Access.Filter(q, o, "r", need)
	page, err := store.Fetch(ctx, tx, q, outOf(id))
	if err != nil {
		return nil, err
	}
	ok := make(map[record.ID]bool, page.Len())
	for i := range page.Len() {
		ok[page.ID(i, 0)] = true
	}
	return ok, nil
}
