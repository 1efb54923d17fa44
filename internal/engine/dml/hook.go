package dml

import (
	"context"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A When is a place in the pipeline where apps act.
type When uint8

// The places.
const (
	Before When = iota // defaults are filled, nothing is checked or written: Set and Fail work
	After              // the batch is written, and has ids: Fail undoes the record
	// BeforeDelete is where live records are about to be deleted, merge's losers among them: Fail keeps one. AfterDelete is where
	// they have been, losers with their MasterRecordId: Fail undoes it. In both the rows have the values of before.
	BeforeDelete
	AfterDelete
	AfterUndelete // records are back from the recycle bin: Fail sends one there again. The rows have no values of before
)

// A Hook is what an app does to a batch of an object. It runs over the whole
// batch, and again over the rest of it where a record was refused after it was
// written: what the first run wrote is undone by then.
type Hook func(ctx context.Context, b *Batch) error

// Hooks returns the hooks of an object at a place, in the order in which they run.
type Hooks func(o *catalog.Object, when When) []Hook

// runHooks returns the stage that runs the hooks of a place. The org's own rows have none.
func runHooks(when When) func(context.Context, *Batch) error {
	return func(ctx context.Context, b *Batch) error {
		if b.Env.Hooks == nil || b.opt.Seed {
			return nil
		}
		for _, run := range b.Env.Hooks(b.Object, when) {
			if err := run(ctx, b); err != nil {
				return err
			}
			if b.drop(); len(b.Rows) == 0 {
				return nil
			}
		}
		return nil
	}
}

// By name, as apps write it. A field that the object lacks is null, and to Put into it does nothing.

// Value returns the value that a record will have in the field with a name, Was the one it had before.
func (r *Row) Value(name string) record.Value { return r.Get(r.batch.Field(name)) }
func (r *Row) Was(name string) record.Value   { return r.Old(r.batch.Field(name)) }

// Text returns the value of the field with a name as text, "" for null.
func (r *Row) Text(name string) string {
	v := r.Value(name)
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// Put is Set, Changes is Changed by the name of the field.
func (r *Row) Put(name string, v record.Value) { r.Set(r.batch.Field(name), v) }
func (r *Row) Changes(name string) bool        { return r.Changed(r.batch.Field(name)) }

// Given reports whether the client or a hook gave the field with a name a value, be it null; else it has its default.
func (r *Row) Given(name string) bool { return r.says(name) }

// Imported reports whether the records come from elsewhere with their own ids and times: they are to be kept as they are.
func (b *Batch) Imported() bool { return b.opt.KeepIDs }
