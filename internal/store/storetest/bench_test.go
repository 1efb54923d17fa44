package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"stoa/internal/record"
	"stoa/internal/store"
)

// wide is a table of 20 columns as objects have them.
func wide() []store.Column {
	cols := []store.Column{
		{Name: "Id", Class: store.ID}, {Name: "OwnerId", Class: store.ID}, {Name: "AccountId", Class: store.ID},
		{Name: "CreatedDate", Class: store.DateTime}, {Name: "LastModifiedDate", Class: store.DateTime}, {Name: "IsDeleted", Class: store.Bool},
		{Name: "Amount__c", Class: store.Decimal, Scale: 2}, {Name: "Count__c", Class: store.Int}, {Name: "Day__c", Class: store.Date},
		{Name: "Subject", Class: store.Text, Folded: true},
	}
	for i := len(cols); i < 20; i++ {
		cols = append(cols, store.Column{Name: fmt.Sprintf("Text%d__c", i), Class: store.Text})
	}
	return cols
}

func wideRow(id record.ID, i int, cols []store.Column) []record.Value {
	row := make([]record.Value, len(cols))
	for c := range cols {
		switch cols[c].Class {
		case store.ID:
			row[c] = record.OfID(id)
		case store.DateTime:
			row[c] = record.OfDateTime(1700000000 + int64(i))
		case store.Date:
			row[c] = record.OfDate(19000)
		case store.Bool:
			row[c] = record.OfBool(false)
		case store.Decimal:
			row[c] = record.OfDecimal(int64(i), 2)
		case store.Int:
			row[c] = record.OfInt(int64(i))
		default:
			row[c] = record.OfText(fmt.Sprintf("text %d of row %d", c, i))
			if c%5 == 0 {
				row[c] = record.Value{}
			}
		}
	}
	return row
}

func addWide(ctx context.Context, tx store.Tx, cols []store.Column, n int) ([]record.ID, error) {
	made, err := tx.NewIDs(ctx, "500", n)
	if err != nil {
		return nil, err
	}
	rows := make([][]record.Value, n)
	for i, id := range made {
		rows[i] = wideRow(id, i, cols)
	}
	return made, tx.Insert(ctx, "Case", cols, rows)
}

// each runs a benchmark on a table of 20,000 rows of each engine.
func each(b *testing.B, f func(b *testing.B, db store.DB, cols []store.Column, ids []record.ID)) {
	for name, fresh := range map[string]func(testing.TB) Opener{"sqlite": SQLite, "postgres": Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b, fresh(b))
			cols := wide()
			var ids []record.ID
			for i := range 10 {
				write(b, db, func(ctx context.Context, tx store.Tx) error {
					if i == 0 {
						if err := tx.CreateTable(ctx, store.Table{Name: "Case", Columns: cols}); err != nil {
							return err
						}
					}
					made, err := addWide(ctx, tx, cols, 2000)
					ids = append(ids, made...)
					return err
				})
			}
			b.ReportAllocs()
			b.ResetTimer()
			f(b, db, cols, ids)
		})
	}
}

// BenchmarkScan reads 2,000 rows of 20 columns.
func BenchmarkScan(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, cols []store.Column, ids []record.ID) {
		p := record.NewPage(len(cols), 2000)
		for b.Loop() {
			read(b, db, func(ctx context.Context, tx store.Tx) error {
				q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
				for i, c := range cols {
					if i > 0 {
						q.Raw(", ")
					}
					q.Name(c.Name)
				}
				rows, err := tx.Query(ctx, q.Raw(" FROM ").Table("Case").Raw(" ORDER BY ").Name("Id").Raw(" LIMIT ").Int(2000), outs(cols))
				if err != nil {
					return err
				}
				defer rows.Close()
				p.Reset(len(cols))
				if _, err = rows.Fill(p, 2000); p.Len() != 2000 {
					b.Fatalf("%d rows", p.Len())
				}
				return err
			})
		}
	})
}

// BenchmarkRead reads one row by its id.
func BenchmarkRead(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, cols []store.Column, ids []record.ID) {
		p := record.NewPage(len(cols), 1)
		i := 0
		for b.Loop() {
			i += 7919
			read(b, db, func(ctx context.Context, tx store.Tx) error {
				q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
				for i, c := range cols {
					if i > 0 {
						q.Raw(", ")
					}
					q.Name(c.Name)
				}
				q.Raw(" FROM ").Table("Case").Raw(" WHERE ").Name("Id").Raw(" = ").Arg(store.ID, record.OfID(ids[i%len(ids)]))
				rows, err := tx.Query(ctx, q, outs(cols))
				if err != nil {
					return err
				}
				defer rows.Close()
				p.Reset(len(cols))
				_, err = rows.Fill(p, 2)
				return err
			})
		}
	})
}

// BenchmarkInsert200 writes 200 rows and waits for the disk.
func BenchmarkInsert200(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, cols []store.Column, _ []record.ID) {
		for b.Loop() {
			write(b, db, func(ctx context.Context, tx store.Tx) error { _, err := addWide(ctx, tx, cols, 200); return err })
		}
	})
}

// BenchmarkInsert writes one row and waits for the disk.
func BenchmarkInsert(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, cols []store.Column, _ []record.ID) {
		for b.Loop() {
			write(b, db, func(ctx context.Context, tx store.Tx) error { _, err := addWide(ctx, tx, cols, 1); return err })
		}
	})
}

// BenchmarkInsertParallel is BenchmarkInsert by 64 at once.
func BenchmarkInsertParallel(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, cols []store.Column, _ []record.ID) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				err := db.Write(b.Context(), ticket(), func(tx store.Tx) error { _, err := addWide(b.Context(), tx, cols, 1); return err })
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkIndex puts one document of 100 words into the search index.
func BenchmarkIndex(b *testing.B) {
	each(b, func(b *testing.B, db store.DB, _ []store.Column, ids []record.ID) {
		write(b, db, func(ctx context.Context, tx store.Tx) error {
			return tx.CreateTable(ctx, store.Table{Name: "Case", Columns: thingColumns, Searched: true})
		})
		body := strings.Repeat("several words of some length and others ", 14)
		var n atomic.Int64
		for b.Loop() {
			write(b, db, func(ctx context.Context, tx store.Tx) error {
				i := n.Add(1)
				return tx.Index(ctx, "Case", []store.Doc{{ID: ids[int(i)%len(ids)], Name: fmt.Sprint("name ", i), Body: body}})
			})
		}
	})
}
