package purpose

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func entry(t testing.TB, n int) Entry {
	t.Helper()
	u := New("005Sa0000000001AAA", "casework.benefits", "rest", "test")
	ids := make([]record.ID, n)
	for i := range ids {
		ids[i] = record.ID(record.AppendID(nil, []byte("500Sa0000000"+string([]byte{record.Alphabet[i/62/62%62], record.Alphabet[i/62%62], record.Alphabet[i%62]}))))
	}
	u.Read(&catalog.Object{Name: "Case", Person: true}, nil, ids)
	e, ok := u.Seal(noon)
	if !ok {
		t.Fatal("a read of rows leaves no entry")
	}
	return e
}

func headers(t *testing.T, db store.DB) (got []string) {
	t.Helper()
	err := db.Read(t.Context(), store.Issue("", "test", "test"), func(tx store.Tx) error {
		got = nil
		q := store.NewSQL(tx.Dialect()).Raw("SELECT header FROM ").Table(store.UseEntryTable).Raw(" ORDER BY seq")
		rows, err := tx.Query(t.Context(), q, []store.Out{{Class: store.Text}})
		if err != nil {
			return err
		}
		defer rows.Close()
		p := record.NewPage(1, 8)
		if _, err := rows.Fill(p, 1000); err != nil {
			return err
		}
		for i := range p.Len() {
			got = append(got, p.Value(i, 0).Text())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEntriesOfAKilledProcessAreSettledOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		dir := t.TempDir()
		j, err := OpenJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range 3 {
			e := entry(t, i+1)
			want = append(want, e.Header)
			if err := j.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		// The process is gone: nobody closed j. Its last record was cut.
		left := j.segment.Name()
		b, err := os.ReadFile(left)
		if err != nil {
			t.Fatal(err)
		}
		torn := append(b, b[:20]...)
		if err := os.WriteFile(left, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenJournal(dir); !errors.Is(err, store.ErrLocked) {
			t.Errorf("a journal is open twice: %v", err)
		}
		j.lock.Close() // as the system does
		next, err := OpenJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Settle(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, headers(t, db)); diff != "" {
			t.Error(diff)
		}
		// Killed between commit and removal: the segment stands there again with its mark in the store.
		err = db.Write(t.Context(), store.Issue("", "test", "test"), func(tx store.Tx) error {
			q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.MetaTable).Raw(" (key, value) VALUES (").Str(markPrefix + filepath.Base(left)).Raw(", 'x')")
			_, err := tx.Exec(t.Context(), q)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := next.Settle(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if got := headers(t, db); len(got) != 3 {
			t.Errorf("%d entries after settling a marked segment again, want 3", len(got))
		}
		if err := next.Close(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if files, _ := os.ReadDir(dir); len(files) != 1 {
			t.Errorf("%d files are left in a closed journal, want the lock", len(files))
		}
	})
}

func TestAnUnreadableSegmentLeavesAGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		j, err := OpenJournal(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := j.Append(entry(t, 1)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(j.segment.Name())
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := os.WriteFile(j.segment.Name(), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		got := headers(t, db)
		if len(got) != 2 || got[1][:len("stoa/use/v1|")] != "stoa/use/v1|" || !containsKind(got[1], "gap") {
			t.Errorf("got %q, want one entry and a gap", got)
		}
	})
}

func containsKind(header, kind string) bool {
	for i, f := range splitHeader(header) {
		if i == 2 {
			return f == kind
		}
	}
	return false
}

func splitHeader(h string) (fields []string) {
	from := 0
	for i := range len(h) {
		if h[i] == '|' {
			fields, from = append(fields, h[from:i]), i+1
		}
	}
	return append(fields, h[from:])
}

func TestHeadersNameNobody(t *testing.T) {
	e := entry(t, 12)
	want := []string{"stoa/use/v1", "2026-11-23T12", "access", "list", "person", "casework.benefits", "-", "0", "-", "10-49", "allow", "rest"}
	got := splitHeader(e.Header)
	if diff := cmp.Diff(want, got[:len(got)-1]); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkEntry(b *testing.B) {
	j, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	o := &catalog.Object{Name: "Case", Person: true}
	ids := []record.ID{"500Sa0000000001AAA"}
	for b.Loop() {
		u := New("005Sa0000000001AAA", "casework.benefits", "rest", "bench")
		u.Read(o, nil, ids)
		e, _ := u.Seal(noon)
		if err := j.Append(e); err != nil {
			b.Fatal(err)
		}
	}
}
