package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
	"stoa/internal/store"
)

func schema(t *testing.T, db store.DB) {
	makeThings(t, db, 50)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := db.Read(t.Context(), ticket(), func(tx store.Tx) error {
					p, err := all(t.Context(), tx, selectAll(tx.Dialect(), things, thingColumns), outs(thingColumns)...)
					if err == nil && p.Len() != 50 {
						return fmt.Errorf("%d rows, want 50", p.Len())
					}
					return err
				})
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
			}
		})
	}
	for i := range 10 {
		c := store.Column{Name: fmt.Sprintf("Added%d__c", i), Class: store.Class(i % 9), Scale: 1, Folded: store.Class(i%9) == store.Text}
		index := store.Index{Columns: []store.IndexColumn{{Name: c.Name, Folded: c.Folded}, {Name: "Id", Desc: true}}, Live: i%2 == 0}
		if c.Class == store.Bytes {
			index.Columns = index.Columns[1:]
		}
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			for range 2 { // the second time it is there
				if err := tx.AddColumn(ctx, things, c); err != nil {
					return err
				}
				if err := tx.CreateIndex(ctx, things, index); err != nil {
					return err
				}
				if err := tx.CreateTable(ctx, store.Table{Name: things, Columns: append(thingColumns[:4:4], c), Indexes: []store.Index{index}}); err != nil {
					return err
				}
			}
			p, err := all(ctx, tx, selectAll(tx.Dialect(), things, []store.Column{c}), outs([]store.Column{c})...)
			if err != nil {
				return err
			}
			want := ""
			if c.Class == store.Bool {
				want = "false"
			}
			if got := p.Value(0, 0).String(); got != want {
				t.Errorf("new column %s holds %q, want %q", c.Name, got, want)
			}
			return nil
		})
	}
	close(stop)
	wg.Wait()
	err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return tx.AddColumn(t.Context(), "Nothing__c", thingColumns[1])
	})
	if err == nil {
		t.Error("a column of a table that is not there")
	}
}

func schemaUndone(t *testing.T, db store.DB) {
	err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		if err := tx.CreateTable(t.Context(), store.Table{Name: things, Columns: thingColumns}); err != nil {
			return err
		}
		if _, err := addThings(t.Context(), tx, 1); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	makeThings(t, db, 2)
	if got := count(t, db); got != "2" {
		t.Errorf("%s rows, want 2", got)
	}
}

func system(t *testing.T, db store.DB) {
	now := record.OfDateTime(1700000000)
	body := record.OfBytes([]byte("body"))
	for _, c := range []struct {
		table string
		cols  []store.Column
		row   []record.Value
	}{
		{store.MetadataTable, store.MetadataColumns(), []record.Value{record.OfText("CustomObject"), record.OfText("A__c"), record.OfText(`{"a":1}`), record.OfInt(1)}},
		{store.UsePageTable, store.UsePageColumns(), []record.Value{record.OfInt(1000), now, record.OfInt(1), {}, record.OfText("header"), body, {}}},
		{store.VaultTable, store.VaultColumns(), []record.Value{record.OfText("session"), record.OfText("key"), record.OfText("005000000000001AAA"), body, now}},
		{store.AllowanceTable, store.AllowanceColumns(), []record.Value{record.OfText("name"), record.OfInt(1_700_000_000_000)}},
		{store.QueryCursorTable, store.QueryCursorColumns(), []record.Value{
			record.OfText("01g000000000001AAA"), record.OfText("005000000000001AAA"), record.OfText("SELECT Id FROM Case"), record.OfBool(true), body, now}},
	} {
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			return tx.Insert(ctx, c.table, c.cols, [][]record.Value{c.row})
		})
		read(t, db, func(ctx context.Context, tx store.Tx) error {
			q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
			for i, col := range c.cols {
				if i > 0 {
					q.Raw(", ")
				}
				q.Name(col.Name)
			}
			p, err := all(ctx, tx, q.Raw(" FROM ").Table(c.table), outs(c.cols)...)
			if err != nil {
				return err
			}
			want := make([]string, len(c.row))
			for i, v := range c.row {
				want[i] = v.String()
			}
			if diff := cmp.Diff([][]string{want}, rowsOf(p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.table, diff)
			}
			return nil
		})
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		made, err := tx.NewIDs(ctx, "707", 2)
		if err != nil {
			return err
		}
		cols := store.JobColumns()
		for _, id := range made {
			row := make([]record.Value, len(cols))
			for i, c := range cols {
				switch {
				case c.Class == store.ID:
					row[i] = record.OfID(id)
				case c.NotNull && c.Class == store.Int:
					row[i] = record.OfInt(0)
				case c.NotNull && c.Class == store.DateTime:
					row[i] = now
				case c.Name == "state":
					row[i] = record.OfText("waiting")
				case c.NotNull:
					row[i] = record.OfText("x")
				}
			}
			if err := tx.Insert(ctx, store.JobTable, cols, [][]record.Value{row}); err != nil {
				return err
			}
		}
		// The register numbers its pages itself.
		_, err = tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.UsePageTable).Raw(" (at, n, headers, bodies) VALUES (").
			Arg(store.DateTime, now).Raw(", 1, ").Str("next").Raw(", ").Blob([]byte("body")).Raw(")"))
		return err
	})
	pages := column(t, db, store.Out{Class: store.Text}, func(q *store.SQL) {
		q.Raw("SELECT headers FROM ").Table(store.UsePageTable).Raw(" ORDER BY at, seq")
	})
	if len(pages) != 2 {
		t.Errorf("pages %v, want 2", pages)
	}
}

func dateParts(t *testing.T, db store.DB) {
	days := []int64{first, last, 0, -1, 59, 364, 365, 18321, 20454, 20453, 20000}
	zones := []string{"", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "no'zone"}
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		d := tx.Dialect()
		for _, day := range days {
			moment := time.Unix(day*86400+45296, 0).UTC() // 12:34:56
			for part := store.CalendarYear; part <= store.DayOnly; part++ {
				out := store.Out{Class: store.Int}
				if part == store.DayOnly {
					out.Class = store.Date
				}
				ask := func(of store.Class, zone string, v record.Value) (string, error) {
					q := store.NewSQL(d).Raw("SELECT ")
					d.DatePart(q, part, of, zone, func() { q.Arg(of, v) })
					p, err := all(ctx, tx, q, out)
					if err != nil {
						return "", err
					}
					return p.Value(0, 0).String(), nil
				}
				if part != store.HourInDay {
					got, err := ask(store.Date, "", record.OfDate(day))
					if err != nil {
						return err
					}
					if want := datePart(moment, part); got != want {
						t.Errorf("part %d of day %d is %s, want %s", part, day, got, want)
					}
				}
				if day == first || day == last { // zones of far years are guesses
					continue
				}
				for _, name := range zones {
					in := moment
					if l, err := time.LoadLocation(name); err == nil {
						in = moment.In(l)
					}
					got, err := ask(store.DateTime, name, record.OfInstant(moment))
					if err != nil {
						return err
					}
					if want := datePart(in, part); got != want {
						t.Errorf("part %d of %s in %q is %s, want %s", part, moment, name, got, want)
					}
				}
			}
		}
		// Null has no parts, and equal expressions group.
		q := store.NewSQL(d).Raw("SELECT ")
		d.DatePart(q, store.CalendarYear, store.Date, "", func() { q.Arg(store.Date, record.Value{}) })
		p, err := all(ctx, tx, q, store.Out{Class: store.Int})
		if err != nil {
			return err
		}
		if !p.Null(0, 0) {
			t.Errorf("year of null is %s", p.Value(0, 0))
		}
		year := func(q *store.SQL) {
			d.DatePart(q, store.CalendarYear, store.DateTime, "America/New_York", func() { q.Raw("at") })
		}
		q = store.NewSQL(d).Raw("SELECT ")
		year(q)
		q.Raw(", count(*) FROM ").Table(store.UsePageTable).Raw(" GROUP BY ")
		year(q)
		_, err = all(ctx, tx, q, store.Out{Class: store.Int}, store.Out{Class: store.Int})
		return err
	})
}

// datePart is SOQL's meaning of the parts, once more.
func datePart(t time.Time, part store.DatePart) string {
	if part == store.DayOnly {
		return t.Format(time.DateOnly)
	}
	return fmt.Sprint(map[store.DatePart]int{
		store.CalendarYear: t.Year(), store.CalendarQuarter: (int(t.Month()) + 2) / 3, store.CalendarMonth: int(t.Month()), store.DayInMonth: t.Day(),
		store.DayInWeek: int(t.Weekday()) + 1, store.DayInYear: t.YearDay(), store.WeekInMonth: (t.Day() + 6) / 7, store.WeekInYear: (t.YearDay() + 6) / 7,
		store.HourInDay: t.Hour(),
	}[part])
}

func distance(t *testing.T, db store.DB) {
	place := store.Column{Class: store.Decimal, Scale: 6}
	for _, c := range []struct {
		from, to [2]int64 // millionths of a degree
		km       float64
	}{
		{[2]int64{52520008, 13404954}, [2]int64{48856613, 2352222}, 877.46}, // Berlin, Paris
		{[2]int64{0, 0}, [2]int64{0, 0}, 0},
		{[2]int64{0, 179000000}, [2]int64{0, -179000000}, 222.39},
		{[2]int64{90000000, 0}, [2]int64{-90000000, 0}, 20015.11},
	} {
		read(t, db, func(ctx context.Context, tx store.Tx) error {
			q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
			arg := func(n int64) func() { return func() { q.ColArg(place, record.OfDecimal(n, 6)) } }
			tx.Dialect().Distance(q, 6, arg(c.from[0]), arg(c.from[1]), arg(c.to[0]), arg(c.to[1]))
			p, err := all(ctx, tx, q, store.Out{Class: store.Decimal, Float: true})
			if err != nil {
				return err
			}
			if got := p.Value(0, 0).Float(); math.Abs(got-c.km) > 0.01 {
				t.Errorf("distance from %v to %v is %v km, want %v", c.from, c.to, got, c.km)
			}
			return nil
		})
	}
}

func health(t *testing.T, db store.DB) {
	makeThings(t, db, 300)
	s, err := db.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Engine != db.Dialect().Name() || s.Version == "" || s.SizeBytes < 4096 || s.Path == "" {
		t.Errorf("stats %+v", s)
	}
	wrong, err := db.Check(t.Context())
	if err != nil || len(wrong) > 0 {
		t.Errorf("check: %v, %v", wrong, err)
	}
}

// reopen closes a store and opens it again: everything is there, and nothing is given out twice.
func reopen(t *testing.T, o Opener) {
	var before []record.ID
	var number int64
	for i := range 3 {
		db, err := o(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			if err := tx.CreateTable(ctx, store.Table{Name: things, Columns: thingColumns}); err != nil {
				return err
			}
			made, err := addThings(ctx, tx, 1)
			if err != nil {
				return err
			}
			n, err := tx.NewNumbers(ctx, "numbers", 1)
			if err != nil {
				return err
			}
			if n != number+1 || i > 0 && made[0] <= before[i-1] {
				t.Errorf("opening %d gives number %d and id %s after %d and %v", i, n, made[0], number, before)
			}
			number, before = n, append(before, made[0])
			return nil
		})
		got := column(t, db, store.Out{Class: store.ID}, func(q *store.SQL) {
			q.Raw("SELECT ").Name("Id").Raw(" FROM ").Table(things).Raw(" ORDER BY 1")
		})
		if diff := cmp.Diff(texts(before), got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		if err := db.Read(t.Context(), ticket(), func(store.Tx) error { return nil }); err == nil {
			t.Error("read after Close")
		}
		if err := db.Write(t.Context(), ticket(), func(store.Tx) error { return nil }); err == nil {
			t.Error("write after Close")
		}
	}
}
