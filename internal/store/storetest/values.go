package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
	"stoa/internal/store"
)

var everyClass = []store.Column{
	{Name: "Id", Class: store.ID},
	{Name: "Bool__c", Class: store.Bool},
	{Name: "Int__c", Class: store.Int},
	{Name: "Decimal__c", Class: store.Decimal, Scale: 2},
	{Name: "Small__c", Class: store.Decimal, Scale: 18},
	{Name: "Text__c", Class: store.Text},
	{Name: "Folded__c", Class: store.Text, Folded: true},
	{Name: "Date__c", Class: store.Date},
	{Name: "DateTime__c", Class: store.DateTime},
	{Name: "Time__c", Class: store.Time},
	{Name: "Ref__c", Class: store.ID},
	{Name: "Bytes__c", Class: store.Bytes},
}

// first and last are the days that the API knows: 1700-12-31 and 4000-12-31.
const (
	first = -98251
	last  = 741807
)

func values(t *testing.T, db store.DB) {
	v := record.Value{}
	no := record.OfBool(false)
	rows := [][]record.Value{
		{v, no, v, v, v, v, v, v, v, v, v, v},
		{v, record.OfBool(true), record.OfInt(-9223372036854775807), record.OfDecimal(999999999999999999, 2), record.OfDecimal(999999999999999999, 18),
			record.OfText("plain"), record.OfText("Straße ÉTÉ"), record.OfDate(first), record.OfDateTime(first * 86400), record.OfTime(0),
			record.OfID("001000000000001AAA"), record.OfBytes([]byte{0, 1, 255, '\\', '"'})},
		{v, no, record.OfInt(9223372036854775807), record.OfDecimal(-999999999999999999, 2), record.OfDecimal(-1, 18),
			record.OfText("tab\there \"quoted\" back\\slash\nnew line, {comma} \\N 😀"), record.OfText("NULL"),
			record.OfDate(last), record.OfDateTime(last*86400 + 86399), record.OfTime(86399999),
			record.OfID("003XXXXXXXXXXXXY55"), record.OfBytes([]byte("x"))},
		{v, no, record.OfInt(0), record.OfDecimal(125, 1), record.OfInt(0), record.OfText(strings.Repeat("ä", 70000)), record.OfText("{}"),
			record.OfDate(0), record.OfDateTime(-1), record.OfTime(1), v, record.OfBytes(make([]byte, 100000))},
		{v, no, record.OfInt(-1), record.OfDecimal(5, 3), record.OfInt(0), record.OfText(" "), record.OfText("\r"),
			record.OfDate(-1), record.OfDateTime(0), record.OfTime(43200000), v, v},
	}
	// Both ways in: few rows at a time, and many at once.
	for _, times := range []int{1, 40} {
		table := "Every" + record.OfInt(int64(times)).String()
		var want [][]string
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			if err := tx.CreateTable(ctx, store.Table{Name: table, Columns: everyClass}); err != nil {
				return err
			}
			want = nil
			made, err := tx.NewIDs(ctx, "a01", len(rows)*times)
			if err != nil {
				return err
			}
			var in [][]record.Value
			for i, id := range made {
				row := append([]record.Value{record.OfID(id)}, rows[i%len(rows)][1:]...)
				in = append(in, row)
				texts := make([]string, len(row))
				for j, v := range row {
					texts[j] = v.String()
				}
				if texts[3] == "0.005" {
					texts[3] = "0.01" // rounded to the column's scale
				}
				want = append(want, texts)
			}
			return tx.Insert(ctx, table, everyClass, in)
		})
		read(t, db, func(ctx context.Context, tx store.Tx) error {
			p, err := all(ctx, tx, selectAll(tx.Dialect(), table, everyClass), outs(everyClass)...)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(want, rowsOf(p)); diff != "" {
				t.Errorf("rows of %s (-want +got):\n%.2000s", table, diff)
			}
			kinds := []record.Kind{record.Ref, record.Bool, record.Number, record.Number, record.Number, record.Text, record.Text,
				record.Date, record.DateTime, record.Time, record.Ref, record.Bytes}
			for i, k := range kinds {
				if got := p.Kind(1, i); got != k {
					t.Errorf("column %s has kind %d, want %d", everyClass[i].Name, got, k)
				}
			}
			// Each value finds its row.
			for i, c := range everyClass[:len(everyClass)-1] {
				q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name("Id").Raw(" FROM ").Table(table).Raw(" WHERE ").Name(c.Name).Raw(" = ").
					ColArg(c, rows[1][i]).Raw(" AND ").Name("Id").Raw(" = ").Arg(store.ID, p.Value(1, 0))
				if i == 0 {
					q = store.NewSQL(tx.Dialect()).Raw("SELECT ").Name("Id").Raw(" FROM ").Table(table).Raw(" WHERE ").Name("Id").In([]record.ID{p.ID(1, 0)})
				}
				found, err := all(ctx, tx, q, store.Out{Class: store.ID})
				if err != nil {
					return err
				}
				if found.Len() != 1 {
					t.Errorf("%s = %s finds %d rows, want 1", c.Name, rows[1][i], found.Len())
				}
			}
			return nil
		})
	}
}

// text with what engines cannot keep is made such that they can.
func ranges(t *testing.T, db store.DB) {
	makeThings(t, db, 1)
	err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		made, err := tx.NewIDs(t.Context(), "a00", 1)
		if err != nil {
			return err
		}
		return tx.Insert(t.Context(), things, thingColumns, [][]record.Value{thing(made[0], "x", 100000000000000000)})
	})
	if !errors.Is(err, store.ErrRange) {
		t.Errorf("a number of 20 digits: %v, want ErrRange", err)
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		made, err := tx.NewIDs(ctx, "a00", 1)
		if err != nil {
			return err
		}
		return tx.Insert(ctx, things, thingColumns, [][]record.Value{thing(made[0], "a\x00b\xffc", 2)})
	})
	got := column(t, db, store.Out{Class: store.Text}, func(q *store.SQL) {
		q.Raw("SELECT ").Name("Name").Raw(" FROM ").Table(things).Raw(" WHERE ").Name("Amount__c").Raw(" = ").ColArg(thingColumns[2], record.OfInt(2))
	})
	if diff := cmp.Diff([]string{"a\uFFFDb\uFFFDc"}, got); diff != "" {
		t.Errorf("text with a NUL and a broken byte (-want +got):\n%s", diff)
	}
}

func updates(t *testing.T, db store.DB) {
	made := makeThings(t, db, 5)
	cols := []store.Column{{Name: "Name", Class: store.Text, Folded: true}, {Name: "IsDeleted", Class: store.Bool}}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		err := tx.Update(ctx, things, cols, []record.ID{made[1], made[3], "a00XXXXXXXXXXXXY55"}, [][]record.Value{
			{record.OfText("ÄNDERUNG"), record.OfBool(true)}, {{}, {}}, {record.OfText("nobody"), {}},
		})
		if err != nil {
			return err
		}
		if err := tx.Delete(ctx, things, []record.ID{made[4], "a00XXXXXXXXXXXXY55"}); err != nil {
			return err
		}
		if err := tx.Delete(ctx, things, nil); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(things).Raw(" SET ").Name("Amount__c").Raw(" = ").
			ColArg(thingColumns[2], record.OfDecimal(15, 1)).Raw(" WHERE ").Name("Id").In([]record.ID{made[0], made[4]}))
		if n != 1 {
			t.Errorf("update touched %d rows, want 1", n)
		}
		return err
	})
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		cols := append([]store.Column{{Name: store.Shadow("Name"), Class: store.Text}}, thingColumns[1:]...)
		p, err := all(ctx, tx, selectAll(tx.Dialect(), things, cols), outs(cols)...)
		if err != nil {
			return err
		}
		want := [][]string{{"n1", "N1", "1.5", "false"}, {"änderung", "ÄNDERUNG", "2", "true"}, {"n3", "N3", "3", "false"}, {"", "", "4", "false"}}
		if diff := cmp.Diff(want, rowsOf(p)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		return nil
	})
}

func fractions(t *testing.T, db store.DB) {
	makeThings(t, db, 3)
	for _, c := range []struct {
		op   string
		v    record.Value
		want int
	}{
		{"=", record.OfDecimal(1005, 3), 0}, {">", record.OfDecimal(1005, 3), 2}, {"<", record.OfDecimal(1005, 3), 1},
		{"<", record.OfDecimal(-5, 3), 0}, {"=", record.OfDecimal(2000, 3), 1}, {">", record.OfDecimal(999999999999999999, 0), 0},
		{"<", record.OfDecimal(999999999999999999, 0), 3}, {">", record.OfDecimal(2999999999999999999, 18), 1},
	} {
		got := column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) {
			q.Raw("SELECT 1 FROM ").Table(things).Raw(" WHERE ").Name("Amount__c").Raw(" "+c.op+" ").ColArg(thingColumns[2], c.v)
		})
		if len(got) != c.want {
			t.Errorf("amount %s %s finds %d rows, want %d", c.op, c.v, len(got), c.want)
		}
	}
	got := column(t, db, store.Out{Class: store.Int}, func(q *store.SQL) {
		q.Raw("SELECT n FROM (SELECT count(*) AS n FROM ").Table(things).Raw(") c WHERE n > ").Arg(store.Int, record.OfDecimal(25, 1))
	})
	if diff := cmp.Diff([]string{"3"}, got); diff != "" {
		t.Errorf("a whole number above 2.5 (-want +got):\n%s", diff)
	}
}

func aggregates(t *testing.T, db store.DB) {
	makeThings(t, db, 4)
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		d := tx.Dialect()
		amount := func(q *store.SQL) func() { return func() { q.Name("Amount__c") } }
		q := store.NewSQL(d).Raw("SELECT count(*), sum(").Name("Amount__c").Raw("), min(").Name("Amount__c").Raw("), max(").Name("Name").Raw("), ")
		d.Avg(q, amount(q))
		q.Raw(", ")
		d.Avg(q, func() { q.Name("Amount__c").Raw(" * ").Int(3) })
		q.Raw(", sum(").Name("Amount__c").Raw(") FROM ").Table(things).Raw(" WHERE ").Name("Amount__c").Raw(" <> ").ColArg(thingColumns[2], record.OfInt(3))
		money := store.Out{Class: store.Decimal, Scale: 2}
		average := store.Out{Class: store.Decimal, Scale: 2, Float: true}
		p, err := all(ctx, tx, q, store.Out{Class: store.Int}, money, money, store.Out{Class: store.Text}, average, average, money)
		if err != nil {
			return err
		}
		if diff := cmp.Diff([][]string{{"3", "7", "1", "N4", "2.33333333333333", "7", "7"}}, rowsOf(p)); diff != "" {
			t.Errorf("aggregates (-want +got):\n%s", diff)
		}
		// Of nothing there is no sum.
		q = store.NewSQL(d).Raw("SELECT count(*), sum(").Name("Amount__c").Raw("), ")
		d.Avg(q, amount(q))
		q.Raw(" FROM ").Table(things).Raw(" WHERE ").Name("IsDeleted").Raw(" = ").Arg(store.Bool, record.OfBool(true))
		if p, err = all(ctx, tx, q, store.Out{Class: store.Int}, money, average); err != nil {
			return err
		}
		if diff := cmp.Diff([][]string{{"0", "", ""}}, rowsOf(p)); diff != "" {
			t.Errorf("aggregates of no rows (-want +got):\n%s", diff)
		}
		return nil
	})
}

func portions(t *testing.T, db store.DB) {
	makeThings(t, db, 250)
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		for _, size := range []int{1, 7, 125, 249, 250, 251, 1000} {
			rows, err := tx.Query(ctx, selectAll(tx.Dialect(), things, thingColumns), outs(thingColumns))
			if err != nil {
				return err
			}
			p := record.NewPage(len(thingColumns), size)
			done := false
			for n := 0; !done; n++ {
				before := p.Len()
				if done, err = rows.Fill(p, size); err != nil {
					return err
				}
				if got := p.Len() - before; !done && got != size || got > size {
					t.Fatalf("portion of %d holds %d rows", size, got)
				}
			}
			if p.Len() != 250 || p.Value(249, 1).Text() != "N250" {
				t.Errorf("portions of %d give %d rows", size, p.Len())
			}
			if again, err := rows.Fill(p, 1); !again || err != nil {
				t.Errorf("Fill after the end: %v, %v", again, err)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		// Closed halfway: the next query is not disturbed.
		rows, err := tx.Query(ctx, selectAll(tx.Dialect(), things, thingColumns), outs(thingColumns))
		if err != nil {
			return err
		}
		if done, err := rows.Fill(record.NewPage(len(thingColumns), 10), 10); done || err != nil {
			t.Errorf("Fill: %v, %v", done, err)
		}
		if err := rows.Close(); err != nil {
			return err
		}
		_, err = all(ctx, tx, selectAll(tx.Dialect(), things, thingColumns), outs(thingColumns)...)
		return err
	})
}

func overlap(t *testing.T, db store.DB) {
	makeThings(t, db, 20)
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		q := selectAll(tx.Dialect(), things, thingColumns)
		outer, err := tx.Query(ctx, q, outs(thingColumns))
		if err != nil {
			return err
		}
		defer outer.Close()
		p := record.NewPage(len(thingColumns), 20)
		for n := 0; ; n++ {
			done, err := outer.Fill(p, 3)
			if err != nil {
				return err
			}
			inner, err := all(ctx, tx, q, outs(thingColumns)...) // the same statement again
			if err != nil {
				return err
			}
			if inner.Len() != 20 {
				t.Errorf("inner query gives %d rows", inner.Len())
			}
			if err := tx.Try(ctx, func() error {
				return tx.Delete(ctx, "Nothing__c", []record.ID{"a00000000000001AAA"})
			}); err == nil {
				t.Error("no error from a table that is not there")
			}
			if done {
				break
			}
		}
		if p.Len() != 20 {
			t.Errorf("outer query gives %d rows", p.Len())
		}
		return nil
	})
}
