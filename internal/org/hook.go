package org

import (
	"context"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/dml"
	"stoa/internal/fault"
)

// What hooks work on.
type (
	Batch = dml.Batch
	Row   = dml.Row
	When  = dml.When
)

// The places where hooks run.
const (
	Before        = dml.Before
	After         = dml.After
	BeforeDelete  = dml.BeforeDelete
	AfterDelete   = dml.AfterDelete
	AfterUndelete = dml.AfterUndelete
)

// A Hook is what an app does whenever records of an object are created, changed,
// deleted or taken back, by whomever and through whichever door; only the org's own
// rows pass it by, and what goes along with a record that is deleted or taken back. It runs over a whole batch, inside the transaction of the write.
//
// tx sees and writes everything, in the actor's name. What the hook writes
// through it runs hooks too, at most maxDepth deep. An error of Run undoes the
// whole unit of work; to refuse one record, use Row.Fail. On PostgreSQL others write at the same time:
// a hook that looks at other records and writes by what it saw must Lock them before it looks.
type Hook struct {
	Object string // API name
	When   When
	Run    func(ctx context.Context, tx *Tx, b *Batch) error
}

// maxDepth is how deep hooks may lead to hooks. Source: Stoa's own.
const maxDepth = 8

type hookKey struct {
	object string // folded
	when   When
}

// hooks are those of all apps. They do not change, so they need no lock.
type hooks map[hookKey][]Hook

func newHooks(all []Hook) hooks {
	h := hooks{}
	for _, k := range all {
		key := hookKey{catalog.Fold(k.Object), k.When}
		h[key] = append(h[key], k)
	}
	return h
}

// hooks returns what runs on the writes of t, nil where no app has any.
func (t *Tx) hooks() dml.Hooks {
	all := t.unit.session.org.hooks
	if len(all) == 0 {
		return nil
	}
	return func(o *catalog.Object, when When) []dml.Hook {
		found := all[hookKey{catalog.Fold(o.Name), when}]
		if len(found) == 0 {
			return nil
		}
		sys := t.asSystem(t.depth + 1)
		run := make([]dml.Hook, len(found))
		for i, h := range found {
			run[i] = func(ctx context.Context, b *Batch) error {
				if sys.depth > maxDepth {
					return fault.New(fault.CannotSave, "%s: maximum hook depth exceeded: hooks lead to hooks more than %d deep.", b.Object.Name, maxDepth)
				}
				return h.Run(ctx, sys, b)
			}
		}
		return run
	}
}
