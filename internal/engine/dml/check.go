package dml

import (
	"context"
	"errors"
	"strings"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// checkRequired refuses records that lack what they must have: all missing fields in one error.
func checkRequired(_ context.Context, b *Batch) error {
	if b.opt.Seed {
		return nil
	}
	must := b.form.mustChange
	if b.Insert {
		must = b.form.mustNew
	}
	for _, r := range b.Rows {
		var missing []string
		for _, i := range must {
			if r.new[i].IsNull() && (b.Insert || r.changed(i)) {
				missing = append(missing, b.form.fields[i].Name)
			}
		}
		if len(missing) > 0 {
			r.Fail(fault.New(fault.RequiredFieldMissing, "Required fields are missing: [%s]", strings.Join(missing, ", ")).On(missing...))
		}
	}
	return nil
}

// mustHave reports whether a record cannot be saved without a value in f.
func mustHave(f *catalog.Field, insert bool) bool {
	switch {
	case f.Type.Kind == record.Bool || f.AutoNumber || f.Calculated || f.Name == "Id":
		return false
	case f.Required:
		return true
	case f.Nillable || !f.Createable:
		return false
	case insert:
		return !f.DefaultedOnCreate && !(f.IsName && f.Object.Custom)
	default:
		return true
	}
}

// checkUnique refuses records whose unique value another live record has, in the store or earlier in the batch.
func checkUnique(ctx context.Context, b *Batch) error {
	for _, i := range b.form.unique {
		if err := b.checkUniqueField(ctx, i, b.form.fields[i]); err != nil {
			return err
		}
	}
	if b.Insert && (b.opt.KeepIDs || b.opt.Seed) {
		return b.checkUniqueIDs(ctx)
	}
	return nil
}

func (b *Batch) checkUniqueField(ctx context.Context, i int, f *catalog.Field) error {
	first := map[string]*Row{}
	var rows []*Row
	var values []record.Value
	for _, r := range b.Rows {
		if r.new[i].IsNull() || !r.changed(i) {
			continue
		}
		k := keyOf(f, r.new[i])
		if other, ok := first[k]; ok {
			r.Fail(duplicate(f, string(other.ID)))
			continue
		}
		first[k] = r
		rows, values = append(rows, r), append(values, r.new[i])
	}
	if len(rows) == 0 {
		return nil
	}
	found, err := findByKey(ctx, b.Tx, systemEnv(b.Env), b.Object, f, values)
	if err != nil {
		return err
	}
	var taken []record.ID
	for _, r := range rows {
		for _, id := range found[keyOf(f, r.new[i])] {
			if id != r.ID {
				taken = append(taken, id)
			}
		}
	}
	if len(taken) == 0 {
		return nil
	}
	seen, err := visible(ctx, b.Tx, b.Env, b.Object, distinct(taken), access.Read)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for _, id := range found[keyOf(f, r.new[i])] {
			if id == r.ID {
				continue
			}
			if f == b.key {
				r.Fail(errLost)
				break
			}
			name := string(id)
			if seen != nil && !seen[id] {
				name = "<unknown>"
			}
			r.Fail(duplicate(f, name))
			break
		}
	}
	return nil
}

// checkUniqueIDs refuses imported records whose id is taken.
func (b *Batch) checkUniqueIDs(ctx context.Context) error {
	first := map[record.ID]bool{}
	var ids []record.ID
	for _, r := range b.Rows {
		if r.draft.ID == "" {
			if _, ok := r.draft.Get("Id"); !ok {
				continue
			}
		}
		if first[r.ID] {
			r.Fail(duplicate(b.form.fields[b.form.id], string(r.ID)))
			continue
		}
		first[r.ID] = true
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	col := b.form.cols[b.form.id]
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Name(col.Name).Raw(" FROM ").Table(b.Object.Table).Raw(" WHERE ").Name(col.Name).In(ids)
	page, err := store.Fetch(ctx, b.Tx, q, outOf(col))
	if err != nil || page.Len() == 0 {
		return err
	}
	taken := map[record.ID]bool{}
	for i := range page.Len() {
		taken[page.ID(i, 0)] = true
	}
	for _, r := range b.Rows {
		if taken[r.ID] && len(r.errs) == 0 {
			r.Fail(duplicate(b.form.fields[b.form.id], string(r.ID)))
		}
	}
	return nil
}

// errLost marks a record of an upsert whose key somebody else has taken since it
// was looked for: it is no new record any more, and the upsert finds it anew.
var errLost = fault.New(fault.DuplicateValue, "lost race")

func duplicate(f *catalog.Field, id string) *fault.Error {
	return fault.New(fault.DuplicateValue, "duplicate value found: %s duplicates value on record with id: %s", f.Name, id).On(f.Name)
}

// systemEnv returns env with the access of the engine itself.
func systemEnv(env *Env) *Env {
	c := *env.ready()
	c.Access = access.System()
	return &c
}

// brokenUnique returns the field of a unique index that a write broke, nil if it cannot be told.
func brokenUnique(o *catalog.Object, err error) *catalog.Field {
	u, ok := errors.AsType[*store.UniqueError](err)
	if !ok || len(u.Columns) == 0 {
		return nil
	}
	for _, f := range o.Fields {
		if f.Column == u.Columns[0] {
			return f
		}
	}
	return nil
}
