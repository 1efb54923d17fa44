package dml

import (
	"context"

	"stoa/internal/engine/catalog"
)

// A When is a place in the pipeline where apps act.
type When uint8

// The places.
const (
	Before When = iota // defaults are filled, nothing is checked or written: Set and Fail work
	After              // the batch is written: Fail undoes the record
)

// A Hook is what an app does to every batch of an object. It runs over the
// whole batch, as the system: it sees all rows and fields.
type Hook struct {
	Object string // API name
	When   When
	Run    func(ctx context.Context, b *Batch) error
}

// Hooks are the hooks of all apps by object. They do not change, so they need no lock.
type Hooks struct{ by map[hookKey][]Hook }

type hookKey struct {
	object string
	when   When
}

// NewHooks returns hooks that run in the given order.
func NewHooks(hooks ...Hook) *Hooks {
	h := &Hooks{by: map[hookKey][]Hook{}}
	for _, k := range hooks {
		key := hookKey{catalog.Fold(k.Object), k.When}
		h.by[key] = append(h.by[key], k)
	}
	return h
}

// runHooks returns the stage that runs the hooks of a place.
func runHooks(when When) func(context.Context, *Batch) error {
	return func(ctx context.Context, b *Batch) error {
		if b.Env.Hooks == nil || b.opt.Seed || len(b.Env.Hooks.by) == 0 {
			return nil
		}
		for _, h := range b.Env.Hooks.by[hookKey{catalog.Fold(b.Object.Name), when}] {
			if err := h.Run(ctx, b); err != nil {
				return err
			}
			if b.drop(); len(b.Rows) == 0 {
				return nil
			}
		}
		return nil
	}
}
