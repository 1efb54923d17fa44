package storetest

import (
	"context"
	"testing"

	"stoa/internal/record"
	"stoa/internal/store"
)

func TestSmoke(t *testing.T) {
	Each(t, func(t *testing.T, db store.DB) {
		cols := []store.Column{
			{Name: "Id", Class: store.ID}, {Name: "Name", Class: store.Text, Folded: true}, {Name: "Amount", Class: store.Decimal, Scale: 2},
			{Name: "IsDeleted", Class: store.Bool},
		}
		var ids []record.ID
		write(t, db, func(ctx context.Context, tx store.Tx) (err error) {
			if err := tx.CreateTable(ctx, store.Table{Name: "Case", Columns: cols, Indexes: []store.Index{
				{Columns: []store.IndexColumn{{Name: "Name", Folded: true}}, Unique: true, Live: true},
			}}); err != nil {
				return err
			}
			if ids, err = tx.NewIDs(ctx, "500", 3); err != nil {
				return err
			}
			rows := [][]record.Value{
				{record.OfID(ids[0]), record.OfText("Ärger"), record.OfDecimal(125, 1), record.OfBool(false)},
				{record.OfID(ids[1]), record.OfText("Broken"), {}, record.OfBool(true)},
				{record.OfID(ids[2]), {}, record.OfInt(-7), {}},
			}
			if err := tx.Index(ctx, []store.Doc{{ID: ids[0], Object: "Case", Name: "Ärger im Park", Body: "smooth road"}}); err != nil {
				return err
			}
			return tx.Insert(ctx, "Case", cols, rows)
		})
		read(t, db, func(ctx context.Context, tx store.Tx) error {
			d := tx.Dialect()
			q := store.NewSQL(d).Raw("SELECT ").Col("c", "Id").Raw(", ").Col("c", "Name~f").Raw(", ").Col("c", "Amount").Raw(", ").Col("c", "IsDeleted").
				Raw(" FROM ").Table("Case").Raw(" c WHERE ").Col("c", "Id").In(ids).Raw(" ORDER BY 1")
			p, err := all(ctx, tx, q, store.Out{Class: store.ID}, store.Out{Class: store.Text}, store.Out{Class: store.Decimal, Scale: 2}, store.Out{Class: store.Bool})
			if err != nil {
				return err
			}
			for i := range p.Len() {
				t.Log(p.Value(i, 0), p.Value(i, 1), p.Value(i, 2), p.Value(i, 3))
			}
			for _, w := range []string{"arger", "sm?oth", "smo*", "xx", "s*h"} {
				q = store.NewSQL(d)
				d.Search(q, "Case", store.Match{Op: store.Word, Words: []string{w}})
				p, err = all(ctx, tx, q, store.Out{Class: store.ID}, store.Out{Class: store.Decimal, Float: true})
				if err != nil {
					return err
				}
				t.Log(w, p.Len())
			}
			return nil
		})
	})
}
