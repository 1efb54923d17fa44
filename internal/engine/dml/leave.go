package dml

import (
	"context"
	"slices"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// leaving are the records of one call that leave for the recycle bin, or come back from it, as hooks see them. Only the
// records that the caller names are among them: what goes along with a record has no hooks of its own.
type leaving struct {
	call    *call
	batches []*Batch
}

// leaving reads those of ids that are some for the hooks of an object at some places; it is empty where there are none.
func (c *call) leaving(ctx context.Context, o *catalog.Object, ids []record.ID, at []int, some []record.ID, places ...When) (*leaving, error) {
	l := &leaving{call: c}
	if c.env.Hooks == nil || c.opt.Seed || !slices.ContainsFunc(places, func(w When) bool { return len(c.env.Hooks(o, w)) > 0 }) {
		return l, nil
	}
	for part := range slices.Chunk(at, MaxBatch) {
		b := newBatch(c.tx, c.env, o, false, c.opt)
		for _, i := range part {
			if slices.Contains(some, ids[i]) {
				b.add(&record.Draft{Object: o.Name, ID: ids[i]}, i)
			}
		}
		if err := b.read(ctx, false); err != nil {
			return nil, err
		}
		b.drop()
		l.batches = append(l.batches, b)
	}
	return l, nil
}

// run runs the hooks of a place and returns why some records may not leave.
func (l *leaving) run(ctx context.Context, when When) (map[record.ID]*Row, error) {
	var refused map[record.ID]*Row
	for _, b := range l.batches {
		b.Rows = slices.DeleteFunc(b.Rows, func(r *Row) bool { return !l.result(r).OK() }) // what hangs on them forbids it
		left := slices.Clone(b.Rows)
		if err := runHooks(when)(ctx, b); err != nil {
			return nil, err
		}
		for _, r := range left {
			if len(r.errs) > 0 {
				if refused == nil {
					refused = map[record.ID]*Row{}
				}
				refused[r.ID] = r
			}
		}
	}
	return refused, nil
}

// result returns where the outcome of a record is told: a merge has one result for all.
func (l *leaving) result(r *Row) *Result {
	return &l.call.results[min(r.at, len(l.call.results)-1)]
}

// without fails the records that were refused and returns the rest.
func (l *leaving) without(refused map[record.ID]*Row, ids []record.ID) []record.ID {
	if len(refused) == 0 {
		return ids
	}
	for _, r := range refused {
		res := l.result(r)
		res.Errors = append(res.Errors, r.errs...)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id record.ID) bool { return refused[id] != nil })
}
