// Package storetest opens stores for tests and holds the suite that every
// dialect passes. It knows both engines; its one invariant is that a test runs
// the same on each.
package storetest

import (
	"testing"

	"stoa/internal/store"
	"stoa/internal/store/sqlite"
)

// Each runs f on a fresh store of each engine: SQLite in a temporary folder.
func Each(t *testing.T, f func(t *testing.T, db store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		f(t, db)
	})
}
