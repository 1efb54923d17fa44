package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stoa/internal/store"
	"stoa/internal/store/sqlite"
	"stoa/internal/store/storetest"
)

func ticket() store.Ticket { return store.Issue("", "operation", "test") }

func commit(t *testing.T, db store.DB, f func(tx store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), ticket(), f); err != nil {
		t.Fatal(err)
	}
}

func announce(t *testing.T, db store.DB, bodies ...string) {
	t.Helper()
	commit(t, db, func(tx store.Tx) error {
		for _, b := range bodies {
			if err := write(t.Context(), tx, "a", b, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// read returns the bodies of what is new to a tail.
func read(t *testing.T, db store.DB, tail *tail) (bodies []string) {
	t.Helper()
	err := db.Read(t.Context(), ticket(), func(tx store.Tx) error {
		found, err := tail.read(t.Context(), tx)
		for _, e := range found {
			bodies = append(bodies, e.Body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

func begin(t *testing.T, db store.DB) (tail *tail) {
	t.Helper()
	commit(t, db, func(tx store.Tx) (err error) {
		tail, err = start(t.Context(), tx)
		return err
	})
	return tail
}

func TestEventsAreReadOnceAndOnlyWhenCommitted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		announce(t, db, "before")
		old := begin(t, db)
		if got := read(t, db, old); got != nil {
			t.Errorf("what was before is read: %q", got)
		}
		undone := errors.New("undone")
		err := db.Write(t.Context(), ticket(), func(tx store.Tx) error {
			return errors.Join(write(t.Context(), tx, "a", "undone", ""), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		announce(t, db, "one", "two")
		if got := read(t, db, old); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("read %q", got)
		}
		if got := read(t, db, old); got != nil {
			t.Errorf("read again: %q", got)
		}
		// Who starts anew, the table empty, goes on with what comes.
		commit(t, db, func(tx store.Tx) error {
			_, err := tx.Exec(t.Context(), store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.LiveTable))
			return err
		})
		anew := begin(t, db)
		announce(t, db, "three")
		for name, reader := range map[string]*tail{"old": old, "new": anew} {
			if got := read(t, db, reader); !slices.Equal(got, []string{"three"}) {
				t.Errorf("the %s reader reads %q", name, got)
			}
		}
	})
}

// TestALowerNumberMayComeLater has a transaction announce, another one announce and commit, and only then the first one commit.
func TestALowerNumberMayComeLater(t *testing.T) {
	db, err := storetest.Postgres(t)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	announce(t, db, "before")
	tail := begin(t, db)
	commit(t, db, func(tx store.Tx) error {
		if err := write(t.Context(), tx, "a", "late", ""); err != nil {
			return err
		}
		announce(t, db, "early")
		if got := read(t, db, tail); !slices.Equal(got, []string{"early"}) {
			t.Errorf("read %q", got)
		}
		return nil
	})
	announce(t, db, "last")
	if got := read(t, db, tail); !slices.Equal(got, []string{"late", "last"}) {
		t.Errorf("read %q", got)
	}
	if len(tail.seen) > 0 {
		t.Errorf("still waits for numbers: %+v", tail)
	}
}

func TestAMissingNumberIsGivenUpInTime(t *testing.T) {
	tail := &tail{next: 5, seen: map[int64]struct{}{}}
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	for _, n := range []int64{5, 7, 8, 10} {
		if !tail.note(n) || tail.note(n) {
			t.Errorf("%d is not noted once", n)
		}
	}
	for _, step := range []struct {
		after time.Duration
		next  int64
	}{{0, 6}, {late - 1, 6}, {late, 9}, {late + 1, 9}, {2 * late, 11}} {
		if tail.expire(now.Add(step.after)); tail.next != step.next {
			t.Errorf("after %s it waits for %d, want %d", step.after, tail.next, step.next)
		}
	}
	if tail.note(6) {
		t.Error("a number that was given up is noted")
	}
}

// hubOf returns a hub of a store that runs until the test ends.
func hubOf(t *testing.T, db store.DB) (hub *Hub) {
	t.Helper()
	commit(t, db, func(tx store.Tx) (err error) {
		hub, err = NewHub(t.Context(), tx)
		return err
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		hub.Run(ctx, db, ticket(), func(err error) { t.Error(err) })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return hub
}

func TestAnEventIsHeardOnceItIsCommittedAndNeverWhereItWasUndone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		hub := hubOf(t, db)
		heard, stop := hub.Listen("a")
		defer stop()
		say := func(tx store.Tx, body string) error {
			return hub.Announce(t.Context(), tx, "a", body, "005Sa0000000001AAA")
		}
		undone := errors.New("undone")
		err := db.Write(t.Context(), ticket(), func(tx store.Tx) error { return errors.Join(say(tx, "of a transaction"), undone) })
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		var at time.Time
		commit(t, db, func(tx store.Tx) error {
			at = tx.Now()
			err := tx.Try(t.Context(), func() error { return errors.Join(say(tx, "of a part"), undone) })
			if !errors.Is(err, undone) {
				return err
			}
			return errors.Join(say(tx, "one"), say(tx, "two"))
		})
		for _, body := range []string{"one", "two"} {
			want := Event{At: at, Topic: "a", Body: body, Actor: "005Sa0000000001AAA"}
			if got := <-heard; !got.At.Equal(want.At) || got.Topic != want.Topic || got.Body != want.Body || got.Actor != want.Actor {
				t.Errorf("heard %+v, want %+v", got, want)
			}
		}
		if len(heard) != 0 {
			t.Errorf("heard %+v, too", <-heard)
		}
	})
}

func TestAListenerHearsItsTopicsAndThatItWasTooSlow(t *testing.T) {
	db, err := storetest.SQLite(t)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hub := hubOf(t, db)
	say := func(n int, topic string) {
		commit(t, db, func(tx store.Tx) error {
			for i := range n {
				if err := hub.Announce(t.Context(), tx, topic, fmt.Sprint(i), "005Sa0000000001AAA"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	exact, stopExact := hub.Listen("a", "other")
	below, stopBelow := hub.Listen("a/")
	say(1, "a")
	say(1, "a/b")
	say(1, "ab")
	if e := <-exact; len(exact) != 0 || e.Topic != "a" || e.Actor == "" {
		t.Errorf("heard %+v and %d more", e, len(exact))
	}
	if e := <-below; len(below) != 0 || e.Topic != "a/b" {
		t.Errorf("heard %+v and %d more", e, len(below))
	}

	say(backlog+10, "a")
	say(1, "a")
	for i := range backlog {
		if e := <-exact; e.Body != fmt.Sprint(i) {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	if e := <-exact; e.Topic != Lost || len(exact) != 0 {
		t.Errorf("who is too slow hears %+v and %d more", e, len(exact))
	}
	say(1, "a")
	if e := <-exact; e.Topic != "a" {
		t.Errorf("who has caught up hears %+v", e)
	}

	stopExact()
	stopExact()
	if _, ok := <-exact; ok {
		t.Error("a stopped listener hears")
	}
	stopBelow()
}

// TestOldRowsGo runs in a bubble of time, over SQLite: what waits for a socket has no such time.
func TestOldRowsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		announce(t, db, "one", "two")
		time.Sleep(age - time.Second)
		rows := func() int {
			if err := Trim(t.Context(), db, ticket()); err != nil {
				t.Fatal(err)
			}
			return len(read(t, db, &tail{next: 1, seen: map[int64]struct{}{}}))
		}
		if rows() == 0 {
			t.Error("events went early")
		}
		time.Sleep(time.Second)
		if n := rows(); n != 0 {
			t.Errorf("%d events stay", n)
		}
	})
}
