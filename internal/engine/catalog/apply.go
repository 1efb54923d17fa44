package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// backfillBatch is how many rows get a converted value at a time.
const backfillBatch = 1000

// Apply changes the tables so that they fit to instead of from, nil for an
// empty store. Nothing is ever taken away: what to no longer has stays as it is
// and is not written any more. A unique index that values break is a DUPLICATE_VALUE.
func Apply(ctx context.Context, tx store.Tx, from, to *Snapshot) error {
	for _, o := range to.objects {
		if !o.Kept() {
			continue
		}
		var old *Object
		if from != nil {
			old = from.Object(o.Name)
		}
		if old == o {
			continue
		}
		if err := applyTable(ctx, tx, old, o, func(f *Field) bool { return remade(from, to, f) }); err != nil {
			return fmt.Errorf("table of %s: %w", o.Name, err)
		}
		if from == nil {
			continue // sequences may be in use already: the org is an older server's
		}
		for _, f := range o.Fields {
			if old.field(f.Name) == nil {
				if err := begin(ctx, tx, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// remade reports whether f was dropped and made again between two snapshots: it is another field then, without values.
func remade(from, to *Snapshot, f *Field) bool {
	key := Fold(f.Object.Name + "." + f.Name)
	if f.Compound != "" {
		key = Fold(f.Object.Name + "." + f.Compound)
	}
	was, is := from.defs.fields[key], to.defs.fields[key]
	return was != nil && is != nil && was.Order != is.Order
}

// applyTable makes o's table of old's. fresh reports whether a field has nothing to do with the one of its name in old.
func applyTable(ctx context.Context, tx store.Tx, old, o *Object, fresh func(*Field) bool) error {
	table := Table(o)
	if old == nil || old.Table != o.Table {
		return tx.CreateTable(ctx, table)
	}
	was := Table(old)
	for _, c := range table.Columns {
		i := slices.IndexFunc(was.Columns, func(w store.Column) bool { return w.Name == c.Name })
		if i < 0 || c.Folded && !was.Columns[i].Folded {
			if err := tx.AddColumn(ctx, o.Table, c); err != nil {
				return err
			}
		}
	}
	for _, f := range o.Fields {
		w := old.Field(f.Name)
		if w == nil || w.Column == "" || f.Column == "" || w.Column == f.Column || fresh(f) {
			continue
		}
		if err := backfill(ctx, tx, w, f); err != nil {
			return err
		}
	}
	for _, i := range was.Indexes {
		if !hasIndex(table, i) {
			if err := tx.DropIndex(ctx, o.Table, i); err != nil {
				return err
			}
		}
	}
	for _, i := range table.Indexes {
		if !hasIndex(was, i) {
			if err := tx.CreateIndex(ctx, o.Table, i); errors.Is(err, store.ErrUnique) {
				return fault.New(fault.DuplicateValue, "duplicate value found: <unknown> duplicates value on record with id: <unknown>").
					On(o.keptIn(i.Columns[0].Name)).Because(err)
			} else if err != nil {
				return err
			}
		}
	}
	if table.Searched && !was.Searched {
		if err := tx.CreateTable(ctx, table); err != nil {
			return err
		}
	}
	return mastered(ctx, tx, old, o)
}

// mastered refuses a new master where records are without one.
func mastered(ctx context.Context, tx store.Tx, old, o *Object) error {
	for _, f := range o.Fields {
		if w := old.field(f.Name); !f.MasterDetail || w != nil && w.MasterDetail {
			continue
		}
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name(f.Column).Raw(" IS NULL LIMIT 1")
		rows, err := tx.Query(ctx, q, []store.Out{{Class: store.ID}})
		if err != nil {
			return err
		}
		p := record.NewPage(1, 1)
		_, err = rows.Fill(p, 1)
		if err = errors.Join(err, rows.Close()); err != nil {
			return err
		}
		if p.Len() > 0 {
			return fault.New(fault.FieldIntegrity, "%s cannot be a master-detail relationship: there are records without a value for it, such as %s", f.Name, p.ID(0, 0)).On(f.Name)
		}
	}
	return nil
}

// begin sets the sequence of a new auto-number to its first number.
func begin(ctx context.Context, tx store.Tx, f *Field) error {
	if !f.AutoNumber || f.StartingNumber <= 1 {
		return nil
	}
	_, err := tx.NewNumbers(ctx, f.Sequence(), f.StartingNumber-1)
	return err
}

// keptIn returns the name of the field whose values a column keeps.
func (o *Object) keptIn(column string) string {
	for _, f := range o.Fields {
		if f.Column == column {
			return f.Name
		}
	}
	return column
}

func hasIndex(t store.Table, i store.Index) bool {
	name := store.IndexName(t.Name, i)
	return slices.ContainsFunc(t.Indexes, func(j store.Index) bool { return store.IndexName(t.Name, j) == name })
}

// backfill copies the values of a field whose type changed from its old column
// into its new one, a batch of rows at a time in the order of their ids.
func backfill(ctx context.Context, tx store.Tx, was, f *Field) error {
	from, to := was.StoreColumn(), f.StoreColumn()
	out := []store.Out{{Class: store.ID}, {Class: from.Class, Scale: from.Scale}}
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(", ").Name(from.Name).Raw(" FROM ").Table(f.Object.Table).
		Raw(" WHERE ").Name(from.Name).Raw(" IS NOT NULL")
	rows, err := tx.Query(ctx, q, out)
	if err != nil {
		return err
	}
	p := record.NewPage(2, backfillBatch)
	for done := false; !done; {
		if done, err = rows.Fill(p, backfillBatch); err != nil {
			rows.Close()
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for at := 0; at < p.Len(); at += backfillBatch {
		var ids []record.ID
		var values [][]record.Value
		for row := at; row < min(at+backfillBatch, p.Len()); row++ {
			ids = append(ids, p.ID(row, 0))
			values = append(values, []record.Value{f.convert(p.Value(row, 1))})
		}
		if err := tx.Update(ctx, f.Object.Table, []store.Column{to}, ids, values); err != nil {
			return err
		}
	}
	return nil
}
