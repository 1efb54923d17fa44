package dml

import (
	"context"

	"stoa/internal/record"
	"stoa/internal/store"
)

// save writes the batch: all columns of new records, and of changed ones those that changed in any of them.
func save(ctx context.Context, b *Batch) error {
	ids := b.ids()
	values := make([][]record.Value, len(b.Rows))
	if b.Insert {
		for i, r := range b.Rows {
			values[i] = r.new
		}
		if err := b.Tx.Insert(ctx, b.Object.Table, b.form.cols, values); err != nil {
			return err
		}
		b.Env.made.add(ids)
		return nil
	}
	var at []int
	var cols []store.Column
	for i, c := range b.form.cols {
		for _, r := range b.Rows {
			if r.changed(i) {
				at, cols = append(at, i), append(cols, c)
				break
			}
		}
	}
	if len(cols) == 0 {
		return nil
	}
	for i, r := range b.Rows {
		values[i] = make([]record.Value, len(at))
		for k, c := range at {
			values[i][k] = r.new[c]
		}
	}
	return b.Tx.Update(ctx, b.Object.Table, cols, ids, values)
}
