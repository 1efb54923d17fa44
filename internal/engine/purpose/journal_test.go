package purpose

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// use has read n cases.
func use(n int) *Use {
	u := New("005Sa0000000001AAA", "casework.benefits", "rest", "test")
	ids := make([]record.ID, n)
	for i := range ids {
		ids[i] = record.ID(record.AppendID(nil, []byte("500Sa0000000"+string([]byte{record.Alphabet[i/62/62%62], record.Alphabet[i/62%62], record.Alphabet[i%62]}))))
	}
	u.Read(FieldsOf(&catalog.Object{Name: "Case", Person: true}, nil), ids)
	return u
}

// add appends the entry of a use to a journal.
func add(t testing.TB, j *Journal, u *Use, at time.Time) {
	t.Helper()
	if receipt, err := j.Append(u, at); err != nil || receipt == "" {
		t.Fatalf("receipt %q: %v", receipt, err)
	}
}

func pagesOf(t *testing.T, db store.DB) (pages []keptPage) {
	t.Helper()
	err := db.Read(t.Context(), store.Issue("", "test", "test"), func(tx store.Tx) (err error) {
		pages, err = readPages(t.Context(), tx, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Check(t.Context(), db); err != nil || len(found) > 0 {
		t.Errorf("check: %q, %v", found, err)
	}
	return pages
}

// buckets returns the kind of each entry of the register, and how many rows it tells of.
func buckets(t *testing.T, db store.DB) (got []string) {
	t.Helper()
	for _, p := range pagesOf(t, db) {
		for h := range p.entries {
			f := strings.Split(string(h), "|")
			got = append(got, f[2]+" "+f[9])
		}
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
		for _, n := range []int{1, 2, 12} {
			add(t, j, use(n), noon)
		}
		want := []string{"access 1", "access 2-9", "access 10-49"}
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
		if diff := cmp.Diff(want, buckets(t, db)); diff != "" {
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
		if got := buckets(t, db); len(got) != 3 {
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
			add(t, j, use(1), noon)
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
		if diff := cmp.Diff([]string{"access 1", "gap -"}, buckets(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHeadersNameNobody(t *testing.T) {
	var e entry
	if !use(12).seal(&e, noon, &random{}) {
		t.Fatal("a read of rows leaves no entry")
	}
	want := []string{"stoa/use/v1", "2026-11-23T12", "access", "list", "person", "casework.benefits", "-", "0", "-", "10-49", "allow", "rest"}
	got := strings.Split(string(e.header()), "|")
	if diff := cmp.Diff(want, got[:len(got)-1]); diff != "" {
		t.Error(diff)
	}
}

// TestEntriesOfOneSecondAreAPage holds that pages have one second and 256 entries at most, and tell what the names of
// fields stand for, whichever segment told it.
func TestEntriesOfOneSecondAreAPage(t *testing.T) {
	o := &catalog.Object{Name: "Case", Person: true}
	fields := Named(o, []*catalog.Field{{Name: "Id"}, {Name: "Subject"}, {Name: "Status"}, {Name: "OwnerId"}})
	storetest.Each(t, func(t *testing.T, db store.DB) {
		j, err := OpenJournal(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			u := New("005Sa0000000001AAA", "casework", "rest", "test")
			u.Read(fields, []record.ID{"500Sa0000000001AAA"})
			add(t, j, u, noon)
			if i == 0 {
				if err := j.Settle(t.Context(), db); err != nil {
					t.Fatal(err)
				}
			}
		}
		add(t, j, use(1), noon.Add(time.Second))
		if err := j.Close(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		type page struct {
			n    int
			at   string
			sets string
		}
		var got []page
		for _, p := range pagesOf(t, db) {
			got = append(got, page{p.n, p.at.Format(time.TimeOnly), string(p.sets)})
		}
		told := fields.name + ` {"object":"Case","fields":["Id","Subject","Status","OwnerId"]}`
		want := []page{{1, "12:00:00", told}, {256, "12:00:00", told}, {43, "12:00:00", told}, {1, "12:00:01", ""}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(page{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheckFindsWhatWasChanged(t *testing.T) {
	o := &catalog.Object{Name: "Case"}
	fields := Named(o, []*catalog.Field{{Name: "Id"}, {Name: "Subject"}, {Name: "Status"}, {Name: "OwnerId"}})
	for name, change := range map[string]func(p *page){
		"a body":            func(p *page) { p.bodies[len(p.bodies)-5] ^= 1 },
		"a header":          func(p *page) { p.headers[len(p.headers)-1] ^= 1 },
		"a list of fields":  func(p *page) { p.sets[len(p.sets)-4] ^= 1 },
		"no list of fields": func(p *page) { p.sets = nil },
		"a cut page":        func(p *page) { p.bodies = p.bodies[:len(p.bodies)-1] },
		"a lost entry":      func(p *page) { p.headers = p.headers[:len(p.headers)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db store.DB) {
				err := db.Write(t.Context(), store.Issue("", "test", "test"), func(tx store.Tx) error {
					var e entry
					var p *page
					for range 2 {
						u := New("005Sa0000000001AAA", "casework", "rest", "test")
						u.Read(fields, []record.ID{"500Sa0000000001AAA"})
						u.seal(&e, noon, &random{})
						if p == nil {
							p = e.page()
						} else {
							p.add(e.header(), e.body())
						}
					}
					if what := p.wrong(); what != "" {
						t.Errorf("unchanged: %s", what)
					}
					change(p)
					return p.insert(t.Context(), tx)
				})
				if err != nil {
					t.Fatal(err)
				}
				if found, err := Check(t.Context(), db); err != nil || len(found) != 1 {
					t.Errorf("found %q, %v", found, err)
				}
			})
		})
	}
}

// TestUsesOfOneObjectAreOneTouch holds that what is read of an object in several steps is told together.
func TestUsesOfOneObjectAreOneTouch(t *testing.T) {
	o := &catalog.Object{Name: "Case"}
	id, subject := &catalog.Field{Name: "Id"}, &catalog.Field{Name: "Subject"}
	u := New("005Sa0000000001AAA", "casework", "rest", "test")
	first := FieldsOf(o, []*catalog.Field{id})
	u.Read(first, []record.ID{"500Sa0000000001AAA"})
	u.Read(first, []record.ID{"500Sa0000000002AAA"})
	u.Read(FieldsOf(o, []*catalog.Field{id, subject}), []record.ID{"500Sa0000000003AAA"})
	u.Wrote(string(OpUpdate), o, []record.ID{"500Sa0000000003AAA"})
	var e entry
	if !u.seal(&e, noon, &random{}) || u.seal(new(entry), noon, &random{}) {
		t.Fatal("not one entry")
	}
	want := `"touched":[{"op":"read","object":"Case","n":3,"fields":["Id","Subject"],"ids":"ADUwMFNhMDAwMDAwMDAwMQ4yDjM"},{"op":"update","object":"Case","n":1,"ids":"ADUwMFNhMDAwMDAwMDAwMw"}]}`
	if got := string(e.body()); !strings.HasSuffix(got, want) {
		t.Errorf("got %q", got[saltSize:])
	}
	if len(first.list) != 1 {
		t.Error("the fields of another use have changed")
	}
}

func BenchmarkEntry(b *testing.B) {
	j, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	f := Named(&catalog.Object{Name: "Case", Person: true}, []*catalog.Field{{Name: "Id"}, {Name: "Subject"}, {Name: "Status"}, {Name: "OwnerId"}})
	ids := []record.ID{"500Sa0000000001AAA"}
	b.ReportAllocs()
	for b.Loop() {
		u := New("005Sa0000000001AAA", "casework.benefits", "rest", "bench")
		u.Read(f, ids)
		if _, err := j.Append(u, noon); err != nil {
			b.Fatal(err)
		}
	}
}
