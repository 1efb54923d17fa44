package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
	"stoa/internal/store"
)

var errUndo = errors.New("undo")

// nested runs calls of random steps: to write a row, to read, and to do a few of such in a Try that
// is kept, undone, or fails as a statement in it does. What is left is what a stack of lists says.
func nested(t *testing.T, db store.DB) {
	makeThings(t, db, 0)
	random := rand.New(rand.NewPCG(7, 11))
	want := 0
	for range 60 {
		n := 0 // of rows that stand, if the call does
		undone := random.IntN(4) == 0
		err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			ctx := t.Context()
			var steps func(depth int) error
			steps = func(depth int) error {
				for range 1 + random.IntN(4) {
					switch what := random.IntN(6); {
					case what == 0:
						if _, err := store.Fetch(ctx, tx, store.NewSQL(tx.Dialect()).Raw("SELECT count(*) FROM ").Table(things), store.Out{Class: store.Int}); err != nil {
							return err
						}
					case what <= 2 || depth == 4:
						n++
						if _, err := addThings(ctx, tx, 1); err != nil {
							return err
						}
					default:
						before, fate := n, random.IntN(3)
						err := tx.Try(ctx, func() error {
							if err := steps(depth + 1); err != nil || fate == 0 {
								return err
							}
							if fate == 1 {
								return errUndo
							}
							_, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table("Nothing__c"))
							return err
						})
						switch {
						case fate == 0 && err != nil:
							return err
						case fate > 0 && err == nil:
							t.Error("Try forgot an error")
						case fate > 0:
							n = before
						}
					}
				}
				return nil
			}
			if err := steps(0); err != nil || !undone {
				return err
			}
			return errUndo
		})
		switch {
		case undone && !errors.Is(err, errUndo), !undone && err != nil:
			t.Fatal(err)
		case !undone:
			want += n
		}
		if got := count(t, db); got != fmt.Sprint(want) {
			t.Fatalf("%s rows, want %d", got, want)
		}
	}
	if want == 0 {
		t.Error("nothing was kept")
	}
}

func try(t *testing.T, db store.DB) {
	makeThings(t, db, 1)
	ran := []string{}
	write(t, db, func(ctx context.Context, tx store.Tx) error {
		if err := tx.Try(ctx, func() error {
			tx.AfterCommit(func() { ran = append(ran, "kept") })
			_, err := addThings(ctx, tx, 1)
			return err
		}); err != nil {
			return err
		}
		err := tx.Try(ctx, func() error {
			tx.AfterCommit(func() { ran = append(ran, "undone") })
			if _, err := addThings(ctx, tx, 1); err != nil {
				return err
			}
			// What is inside goes with it, kept or not.
			if err := tx.Try(ctx, func() error { _, err := addThings(ctx, tx, 1); return err }); err != nil {
				return err
			}
			_ = tx.Try(ctx, func() error { _, err := addThings(ctx, tx, 1); return errors.Join(err, errUndo) })
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Errorf("Try: %v", err)
		}
		// A statement that fails fails its Try, even where the caller forgets about it.
		err = tx.Try(ctx, func() error {
			_, _ = tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table("Nothing__c").Raw(" VALUES (1)"))
			return nil
		})
		if err == nil {
			t.Error("Try forgot an error")
		}
		_, err = addThings(ctx, tx, 1)
		return err
	})
	if got := count(t, db); got != "3" {
		t.Errorf("%s rows, want 3", got)
	}
	if diff := cmp.Diff([]string{"kept"}, ran); diff != "" {
		t.Errorf("after commit (-want +got):\n%s", diff)
	}
	// Without Try the transaction is lost, on both engines.
	err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
		ctx := t.Context()
		if _, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table("Nothing__c")); err == nil {
			t.Error("no error from a table that is not there")
		}
		_, err := addThings(ctx, tx, 1)
		if !errors.Is(err, store.ErrFailed) {
			t.Errorf("insert after an error: %v, want ErrFailed", err)
		}
		return nil
	})
	if err == nil {
		t.Error("a failed transaction was committed")
	}
	if got := count(t, db); got != "3" {
		t.Errorf("%s rows, want 3", got)
	}
}

// isolation writes from many goroutines at once, every third of them in vain.
func isolation(t *testing.T, db store.DB) {
	makeThings(t, db, 0, store.Index{Columns: []store.IndexColumn{{Name: "Name", Folded: true}}, Unique: true})
	var wg sync.WaitGroup
	var kept atomic.Int64
	for i := range 150 {
		wg.Go(func() {
			err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
				id, err := tx.NewIDs(t.Context(), "a00", 2)
				if err != nil {
					return err
				}
				name := fmt.Sprint("name ", i)
				if err := tx.Insert(t.Context(), things, thingColumns, [][]record.Value{thing(id[0], name, 1), thing(id[1], name+" b", 1)}); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return errUndo
				case 2:
					return tx.Insert(t.Context(), things, thingColumns, [][]record.Value{thing(id[0], name, 1)})
				}
				return nil
			})
			switch {
			case err == nil:
				kept.Add(2)
			case i%3 == 0, i%3 == 1 && !errors.Is(err, errUndo), i%3 == 2 && !errors.Is(err, store.ErrUnique):
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if got := count(t, db); got != "100" || kept.Load() != 100 {
		t.Errorf("%s rows and %d acknowledged, want 100", got, kept.Load())
	}
}

func panics(t *testing.T, db store.DB) {
	makeThings(t, db, 1)
	dies := func(f func(tx store.Tx)) (value any) {
		defer func() { value = recover() }()
		err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			if _, err := addThings(t.Context(), tx, 1); err != nil {
				return err
			}
			f(tx)
			return nil
		})
		return err
	}
	if got := dies(func(store.Tx) { panic("one") }); got != "one" {
		t.Errorf("panic in Write: %v", got)
	}
	if got := dies(func(tx store.Tx) { _ = tx.Try(t.Context(), func() error { panic("two") }) }); got != "two" {
		t.Errorf("panic in Try: %v", got)
	}
	if got := count(t, db); got != "1" {
		t.Errorf("%s rows, want 1", got)
	}
	if got := dies(func(tx store.Tx) { tx.AfterCommit(func() { panic("three") }) }); got != "three" {
		t.Errorf("panic after commit: %v", got)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Read(t.Context(), ticket(), func(store.Tx) error { panic("four") })
	}()
	write(t, db, func(ctx context.Context, tx store.Tx) error { _, err := addThings(ctx, tx, 1); return err })
	if got := count(t, db); got != "3" {
		t.Errorf("%s rows, want 3", got)
	}
}

func afterCommit(t *testing.T, db store.DB) {
	makeThings(t, db, 0)
	for name, after := range map[string]func(store.Tx, func()){"AfterCommit": store.Tx.AfterCommit, "Signal": store.Tx.Signal} {
		var seen string
		before := count(t, db)
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			after(tx, func() { seen = count(t, db) })
			_ = tx.Try(ctx, func() error {
				after(tx, func() { t.Errorf("%s: ran after it was undone", name) })
				return errUndo
			})
			_, err := addThings(ctx, tx, 1)
			return err
		})
		if seen == before || seen != count(t, db) {
			t.Errorf("%s: %q rows, %q before and %q now", name, seen, before, count(t, db))
		}
		_ = db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			after(tx, func() { t.Errorf("%s: ran after an error", name) })
			return errUndo
		})
	}
}

func tickets(t *testing.T, db store.DB) {
	none := func(store.Tx) error { t.Error("ran without a ticket"); return nil }
	if err := db.Read(t.Context(), store.Ticket{}, none); !errors.Is(err, store.ErrTicket) {
		t.Errorf("Read: %v", err)
	}
	if err := db.Write(t.Context(), store.Ticket{}, none); !errors.Is(err, store.ErrTicket) {
		t.Errorf("Write: %v", err)
	}
	write(t, db, func(_ context.Context, tx store.Tx) error {
		if tx.Ticket() != ticket() {
			t.Errorf("ticket %v", tx.Ticket())
		}
		if now := tx.Now(); now.Nanosecond() != 0 || now.Location() != time.UTC || time.Since(now).Abs() > time.Minute || now != tx.Now() {
			t.Errorf("now is %v", now)
		}
		return nil
	})
}

func snapshot(t *testing.T, db store.DB) {
	makeThings(t, db, 1)
	read(t, db, func(ctx context.Context, tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("SELECT count(*) FROM ").Table(things)
		for range 3 {
			p, err := all(ctx, tx, q, store.Out{Class: store.Int})
			if err != nil {
				return err
			}
			if got := p.Value(0, 0).Int(); got != 1 {
				t.Errorf("the transaction sees %d rows, want 1", got)
			}
			write(t, db, func(ctx context.Context, tx store.Tx) error { _, err := addThings(ctx, tx, 1); return err })
		}
		if err := tx.Delete(ctx, things, []record.ID{"a00000000000001AAA"}); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("Delete: %v, want ErrReadOnly", err)
		}
		if _, err := tx.NewIDs(ctx, "a00", 1); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("NewIDs: %v, want ErrReadOnly", err)
		}
		return nil
	})
	if got := count(t, db); got != "4" {
		t.Errorf("%s rows, want 4", got)
	}
	var kept store.Tx
	read(t, db, func(_ context.Context, tx store.Tx) error { kept = tx; return nil })
	if _, err := kept.Query(t.Context(), store.NewSQL(db.Dialect()).Raw("SELECT 1"), []store.Out{{Class: store.Int}}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a transaction after its end: %v, want ErrClosed", err)
	}
}

// concurrency moves amounts between rows while others read: the sum never changes.
func concurrency(t *testing.T, db store.DB) {
	made := makeThings(t, db, 10) // amounts 1 to 10
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	add := func(tx store.Tx, id record.ID, sign string) error {
		_, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(things).Raw(" SET ").Name("Amount__c").Raw(" = ").Name("Amount__c").
			Raw(" "+sign+" ").ColArg(thingColumns[2], record.OfInt(1)).Raw(" WHERE ").Name("Id").In([]record.ID{id}))
		return err
	}
	var writers, readers sync.WaitGroup
	var done atomic.Bool
	for w := range 6 {
		writers.Go(func() {
			for i := range 25 {
				// In no common order: on PostgreSQL some meet in a deadlock, and try again.
				err := db.Write(ctx, ticket(), func(tx store.Tx) error {
					if err := add(tx, made[(w*7+i)%10], "-"); err != nil {
						return err
					}
					return add(tx, made[(w*3+i*11)%10], "+")
				})
				if err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	for range 3 {
		readers.Go(func() {
			for !done.Load() {
				err := db.Read(ctx, ticket(), func(tx store.Tx) error {
					p, err := all(ctx, tx, selectAll(tx.Dialect(), things, thingColumns), outs(thingColumns)...)
					if err != nil {
						return err
					}
					var sum float64
					for i := range p.Len() {
						sum += p.Value(i, 2).Float()
					}
					if sum != 55 {
						t.Errorf("sum is %v, want 55", sum)
					}
					return nil
				})
				if err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

func locks(t *testing.T, db store.DB) {
	made := makeThings(t, db, 3)
	held, second := make(chan struct{}), make(chan struct{})
	var order []int
	var wg sync.WaitGroup
	wg.Go(func() {
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			if err := tx.Lock(ctx, things, made); err != nil {
				return err
			}
			close(held)
			select {
			case <-second:
			case <-time.After(50 * time.Millisecond): // on SQLite the second does not begin before the first has ended
			}
			order = append(order, 1)
			return nil
		})
	})
	<-held
	wg.Go(func() {
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			if db.Dialect().Name() == "postgres" {
				close(second)
			}
			if err := tx.Lock(ctx, things, []record.ID{made[2], made[0]}); err != nil {
				return err
			}
			order = append(order, 2)
			return nil
		})
	})
	wg.Wait()
	if diff := cmp.Diff([]int{1, 2}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func contexts(t *testing.T, db store.DB) {
	makeThings(t, db, 1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	none := func(store.Tx) error { t.Error("ran with a context that had ended"); return nil }
	if err := db.Write(gone, ticket(), none); !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v", err)
	}
	if err := db.Read(gone, ticket(), none); !errors.Is(err, context.Canceled) {
		t.Errorf("Read: %v", err)
	}
	// A query that would take hours stops when its context does.
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := db.Read(short, ticket(), func(tx store.Tx) error {
		_, err := all(short, tx, store.NewSQL(tx.Dialect()).
			Raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000000) SELECT max(i) FROM n"), store.Out{Class: store.Int})
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("a query beyond its time: %v after %v", err, time.Since(began))
	}
	// A write whose context ends keeps nothing, and disturbs nobody.
	for range 5 {
		ending, cancel := context.WithCancel(t.Context())
		err := db.Write(ending, ticket(), func(tx store.Tx) error {
			if _, err := addThings(ending, tx, 1); err != nil {
				return err
			}
			cancel()
			_, err := addThings(ending, tx, 1)
			return err
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v", err)
		}
	}
	write(t, db, func(ctx context.Context, tx store.Tx) error { _, err := addThings(ctx, tx, 1); return err })
	if got := count(t, db); got != "2" {
		t.Errorf("%s rows, want 2", got)
	}
}

func wait(t *testing.T, db store.DB) {
	makeThings(t, db, 0)
	changed := db.Wait()
	_ = db.Write(t.Context(), ticket(), func(store.Tx) error { return errUndo })
	write(t, db, func(ctx context.Context, tx store.Tx) error { _, err := addThings(ctx, tx, 1); return err })
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told of a commit")
	}
	if db.Wait() == changed {
		t.Error("the same channel twice")
	}
}
