package dml

import (
	"context"
	"strings"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// permitMasked refuses records whose drafts say something of fields that are hidden from the user in the record as it
// stands, or as it will stand where it is new.
func permitMasked(_ context.Context, b *Batch) error {
	veil := b.Env.veil(b.Object)
	if veil == nil || b.opt.Seed {
		return nil
	}
	for _, r := range b.Rows {
		row := r.old
		if b.Insert {
			row = r.new
		}
		var refused []string
		for i, f := range b.form.fields {
			if r.given[i] && veil.Hides(f) && (f.Unique || veil.Holds(f, func(g *catalog.Field) record.Value { return r.value(row, g) })) {
				refused = append(refused, f.Name)
			}
		}
		if len(refused) > 0 {
			r.Fail(hidden(refused...))
		}
	}
	return nil
}

func hidden(fields ...string) *fault.Error {
	return fault.New(fault.InsufficientAccess, "What is hidden from you cannot be written: %s", strings.Join(fields, ", ")).On(fields...)
}

func (e *Env) veil(o *catalog.Object) *access.Veil { return e.Access.Veil(e.Snapshot, o) }

// showsNames reports whether messages may call an object's records by their names.
func (e *Env) showsNames(o *catalog.Object) bool {
	return o.NameField != nil && o.NameField.Column != "" && !e.veil(o).Hides(o.NameField)
}
