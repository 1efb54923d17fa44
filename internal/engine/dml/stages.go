package dml

import (
	"context"
	"errors"
	"fmt"

	"stoa/internal/fault"
	"stoa/internal/store"
)

// The order of a save, which is this page:
//
//	load → bind → defaults → hooks before → derive → checks → save → history → search → companions → hooks after
//
// What apps and metadata add has its place in it. Validation and duplicate rules
// belong to the checks, before anything is written; assignment, auto-response,
// flows, escalation and entitlements follow the hooks after; then roll-ups, sharing
// and change events, in this order, since each sees what those before it wrote. The
// use entry and the commit are org's.

// A stage is one step of the save pipeline over a whole batch. It marks the
// records that it refuses and returns an error only for what is nobody's fault.
type stage struct {
	name string
	run  func(context.Context, *Batch) error
}

// prepare is what happens to a batch before anything is written. A record that
// a stage refuses sees none of those after it.
func prepare() []stage {
	return []stage{
		{"permit", permit},              // the user's rights on the object
		{"load", load},                  // rows to change: locked in id order, read in one statement
		{"access", permitRows},          // the user's access to each of them
		{"bind", bind},                  // names → fields, field security, text → values
		{"parents", bindParents},        // parents named by an external id → ids
		{"defaults", fillDefaults},      // what the draft left open
		{"masks", permitMasked},         // nothing is said of what is hidden from the user
		{"hooks", runHooks(Before)},     // apps, before
		{"derive", derive},              // what the platform computes from the rest: derive_<object>.go
		{"references", checkReferences}, // parents exist, owners are active, no circles
		{"required", checkRequired},     // nothing required is missing
		{"identify", identify},          // ids and auto-numbers
		{"unique", checkUnique},         // no other record has the value
	}
}

// write is what happens to the records that are left, all of it undone where a stage refuses one more.
func write() []stage {
	return []stage{
		{"save", save},             // one INSERT or UPDATE
		{"history", writeHistory},  // a row per tracked field that changed
		{"search", index},          // the search index, where a searched field changed
		{"companions", companions}, // rows of other objects that the record brings: derive_<object>.go
		{"hooks", runHooks(After)}, // apps, after
	}
}

// run takes a batch through the pipeline. Afterwards every row is written or has errors.
func (b *Batch) run(ctx context.Context) error {
	if err := b.through(ctx, prepare()); err != nil {
		return err
	}
	if b.opt.AllOrNone && len(b.Rows) < len(b.all) {
		return nil // all of the call is undone anyway
	}
	for len(b.Rows) > 0 {
		before := len(b.Rows)
		err := b.Env.try(ctx, b.Tx, func() error {
			if err := b.through(ctx, write()); err != nil {
				return err
			}
			if len(b.Rows) < before {
				return errRefused
			}
			return nil
		})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errRefused):
			if b.opt.AllOrNone {
				return nil
			}
		case errors.Is(err, store.ErrUnique):
			// Somebody else wrote the value since it was looked for.
			if err := b.lostRace(ctx, err); err != nil || b.opt.AllOrNone {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// errRefused undoes the writing of a batch of which a record was refused; the rest is written again.
var errRefused = errors.New("record refused after it was written")

func (b *Batch) through(ctx context.Context, stages []stage) error {
	for _, s := range stages {
		if len(b.Rows) == 0 {
			return nil
		}
		if err := s.run(ctx, b); err != nil {
			if _, ok := errors.AsType[*fault.Error](err); ok {
				return err
			}
			return fmt.Errorf("%s %s: %w", s.name, b.Object.Name, err)
		}
		b.drop()
	}
	return nil
}

// lostRace marks the records whose unique value another transaction has taken.
// Where this transaction cannot see the other's row it must be run anew.
func (b *Batch) lostRace(ctx context.Context, cause error) error {
	before := len(b.Rows)
	if err := checkUnique(ctx, b); err != nil {
		return err
	}
	b.drop()
	if len(b.Rows) == before {
		return errors.Join(store.ErrSerialization, cause)
	}
	return nil
}
