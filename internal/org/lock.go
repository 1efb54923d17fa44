package org

import (
	"context"
	"maps"
	"slices"

	"stoa/internal/record"
)

// Lock keeps other transactions from changing records until this one ends: what
// is read of them afterwards stays true. Records are locked in the order of
// their ids; those of an object that there is not are passed by. A unit that
// locks in several calls must name the records in one order everywhere.
func (t *Tx) Lock(ctx context.Context, ids ...record.ID) error {
	by := map[string][]record.ID{}
	for _, id := range ids {
		if o := t.unit.snap.Of(id); o != nil && o.Table != "" {
			by[o.Table] = append(by[o.Table], id)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(by)) {
		if err := t.unit.tx.Lock(ctx, table, by[table]); err != nil {
			return err
		}
	}
	return nil
}
