package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stoa/internal/store"
)

// TestLogIsWholeHoweverLarge holds that what is gathered on its way into the log is there after the commit, for other
// connections and the next process: of transactions that are larger than what is gathered, that the engine writes
// down in part before they end, and that are undone then.
func TestLogIsWholeHoweverLarge(t *testing.T) {
	dir := t.TempDir()
	d := openTable(t, dir)
	if err := d.w.c.run("PRAGMA cache_size = 20"); err != nil { // pages: the engine spills soon
		t.Fatal(err)
	}
	var long []string
	for range 100 {
		long = append(long, strings.Repeat("lamp ", 4000))
	}
	undone := errors.New("undone")
	for n := range int64(4) {
		write(t, d, long...)
		err := d.Write(t.Context(), ticket(), func(tx store.Tx) error {
			return errors.Join(insert(t.Context(), tx, long...), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		write(t, d, "short")
		if got := count(t, d); got != 101*(n+1) {
			t.Fatalf("%d rows, want %d", got, 101*(n+1))
		}
		if n == 1 {
			d.w.checkpoint("TRUNCATE")
		}
	}
	kept := openCopy(t, dir) // as a process that is killed leaves it
	if got := count(t, kept); got != 404 {
		t.Errorf("%d rows in what a kill leaves, want 404", got)
	}
	for _, db := range []*DB{d, kept} {
		if wrong, err := db.Check(t.Context()); err != nil || len(wrong) > 0 {
			t.Errorf("check: %v, %v", wrong, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// openCopy opens a copy of a store's files as they are now.
func openCopy(t *testing.T, dir string) *DB {
	t.Helper()
	to := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, FileName+suffix))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, FileName+suffix), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return openIn(t, to)
}
