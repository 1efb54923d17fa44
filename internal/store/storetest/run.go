package storetest

import (
	"context"
	"testing"

	"stoa/internal/record"
	"stoa/internal/store"
)

// ticket is what the suite reads and writes with.
func ticket() store.Ticket { return store.Issue("005000000000001AAA", "test", "system") }

// write and read run f and fail the test on an error.
func write(t *testing.T, db store.DB, f func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), ticket(), func(tx store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func read(t *testing.T, db store.DB, f func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := db.Read(t.Context(), ticket(), func(tx store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// all returns every row of a query.
func all(ctx context.Context, tx store.Tx, q *store.SQL, cols ...store.Out) (*record.Page, error) {
	rows, err := tx.Query(ctx, q, cols)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(len(cols), 16)
	for {
		done, err := rows.Fill(p, 100)
		if err != nil || done {
			return p, err
		}
	}
}
