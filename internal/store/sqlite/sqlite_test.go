package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

func ticket() store.Ticket { return store.Issue("005000000000001AAA", "test", "system") }

var columns = []store.Column{
	{Name: "Id", Class: store.ID}, {Name: "Name", Class: store.Text, Folded: true}, {Name: "IsDeleted", Class: store.Bool},
}

var byName = store.Index{Columns: []store.IndexColumn{{Name: "Name", Folded: true}}, Live: true}

func openIn(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func openTable(t *testing.T, dir string) *DB {
	d := openIn(t, dir)
	if err := d.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return tx.CreateTable(t.Context(), store.Table{Name: "Case", Columns: columns, Indexes: []store.Index{byName}})
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

func insert(ctx context.Context, tx store.Tx, names ...string) error {
	ids, err := tx.NewIDs(ctx, "500", len(names))
	if err != nil {
		return err
	}
	rows := make([][]record.Value, len(names))
	for i, name := range names {
		rows[i] = []record.Value{record.OfID(ids[i]), record.OfText(name), {}}
	}
	return tx.Insert(ctx, "Case", columns, rows)
}

func write(t *testing.T, d *DB, names ...string) {
	t.Helper()
	if err := d.Write(t.Context(), ticket(), func(tx store.Tx) error { return insert(t.Context(), tx, names...) }); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *DB) int64 {
	t.Helper()
	r, err := d.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.give(r)
	n, _, err := r.one(`SELECT count(*) FROM "Case"`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestASecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	d := openIn(t, dir)
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("second opening: %v, want ErrLocked", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

func TestThePodStays(t *testing.T) {
	dir := t.TempDir()
	for i, pod := range []string{"Q1", "", "Z9"} {
		d, err := Open(t.Context(), Options{Dir: dir, Pod: pod})
		if err != nil {
			t.Fatal(err)
		}
		if d.w.pod != "Q1" {
			t.Errorf("opening %d has pod %s", i, d.w.pod)
		}
		d.Close()
	}
	if _, err := Open(t.Context(), Options{Dir: t.TempDir(), Pod: "ok"}); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), Options{Dir: t.TempDir(), Pod: "n'"}); err == nil {
		t.Error("a pod that cannot stand in an id")
	}
}

// TestLiveIndexIsUsed holds that a query of live rows finds the partial index, whose condition Live wrote.
func TestLiveIndexIsUsed(t *testing.T) {
	d := openTable(t, t.TempDir())
	q := store.NewSQL(d.dialect).Raw("EXPLAIN QUERY PLAN SELECT 1 FROM ").Table("Case").Raw(" c WHERE ")
	d.dialect.Live(q, "c")
	q.Raw(" AND ").Col("c", store.Shadow("Name")).Raw(" = 'x'")
	s, err := d.w.c.prepare(q.Text())
	if err != nil {
		t.Fatal(err)
	}
	defer s.finalize()
	if _, err := s.step(); err != nil {
		t.Fatal(err)
	}
	if plan := string(bytesOf(&s.cells()[3])); !strings.Contains(plan, store.IndexName("Case", byName)) {
		t.Errorf("plan: %s", plan)
	}
}

// TestFullDisk holds that a call for which there is no room fails alone, and that its neighbours do not.
func TestFullDisk(t *testing.T) {
	d := openTable(t, t.TempDir())
	if err := d.w.c.run("PRAGMA max_page_count = 120"); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 1<<20)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			name, want := fmt.Sprint("small ", i), error(nil)
			if i%5 == 0 {
				name, want = large, store.ErrFull
			}
			err := d.Write(t.Context(), ticket(), func(tx store.Tx) error { return insert(t.Context(), tx, name) })
			if !errors.Is(err, want) {
				t.Errorf("write %d: %v, want %v", i, err, want)
			}
		})
	}
	wg.Wait()
	if n := count(t, d); n != 24 {
		t.Errorf("%d rows, want 24", n)
	}
}

// TestLostGroup holds that when the engine undoes a whole transaction, the calls
// that were in it run again.
func TestLostGroup(t *testing.T) {
	d := openTable(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := d.Write(t.Context(), ticket(), func(tx store.Tx) error {
				if err := insert(t.Context(), tx, fmt.Sprint("name ", i)); err != nil {
					return err
				}
				if i%10 == 3 {
					return d.w.c.run("ROLLBACK") // as the engine does when it must
				}
				return nil
			})
			if i%10 != 3 && err != nil || i%10 == 3 && err == nil {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d); n != 36 {
		t.Errorf("%d rows, want 36", n)
	}
	write(t, d, "after")
}

// TestGroupsShareCommits holds that calls that wait while the disk is busy share one commit.
func TestGroupsShareCommits(t *testing.T) {
	d := openTable(t, t.TempDir())
	first, holds := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = d.Write(t.Context(), ticket(), func(store.Tx) error { close(holds); <-first; return nil })
	})
	<-holds // else others may be done before it begins
	commits := 0
	done := make(chan struct{})
	var watching sync.WaitGroup
	changed := d.Wait()
	watching.Go(func() {
		for {
			select {
			case <-changed:
				commits++
				changed = d.Wait()
			case <-done:
				return
			}
		}
	})
	for i := range 200 {
		wg.Go(func() { write(t, d, fmt.Sprint(i)) })
	}
	for d.waiting.Load() < 200 {
		time.Sleep(time.Millisecond)
	}
	close(first)
	wg.Wait()
	close(done)
	watching.Wait()
	if commits > 20 {
		t.Errorf("200 calls took %d commits", commits)
	}
	if n := count(t, d); n != 200 {
		t.Errorf("%d rows, want 200", n)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string, size int64){
		"cut": func(t *testing.T, path string, size int64) {
			if err := os.Truncate(path, size/2); err != nil {
				t.Fatal(err)
			}
		},
		"overwritten": func(t *testing.T, path string, size int64) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteAt(make([]byte, 4096*8), size/2/4096*4096); err != nil {
				t.Fatal(err)
			}
		},
		"one byte": func(t *testing.T, path string, size int64) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at := strings.LastIndex(string(b), "name 17name 17name 17") // inside a text, where the engine notices nothing
			if at < 0 {
				t.Fatal("text not found")
			}
			if _, err := f.WriteAt([]byte("N"), int64(at)); err != nil {
				t.Fatal(err)
			}
		},
		"not a database": func(t *testing.T, path string, _ int64) {
			if err := os.WriteFile(path, []byte(strings.Repeat("nonsense", 1024)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := openTable(t, dir)
			for i := range 50 {
				write(t, d, strings.Repeat(fmt.Sprint("name ", i), 200))
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, FileName)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			damage(t, path, info.Size())
			if d, err = Open(t.Context(), Options{Dir: dir}); err != nil {
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("open: %v, want ErrCorrupt", err)
				}
				return
			}
			defer d.Close()
			wrong, err := d.Check(t.Context())
			if err != nil || len(wrong) == 0 {
				t.Errorf("check: %v, %v", wrong, err)
			}
		})
	}
}

// TestSumsFollowCheckpoints holds that no sum is wrong while the store is written to and checkpointed.
func TestSumsFollowCheckpoints(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		d, err := Open(t.Context(), Options{Dir: dir, LogPages: 20})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), ticket(), func(tx store.Tx) error {
			return tx.CreateTable(t.Context(), store.Table{Name: "Case", Columns: columns, Indexes: []store.Index{byName}})
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for n := range 30 {
					write(t, d, strings.Repeat(fmt.Sprint(i, n), 300))
					if n%10 == 0 {
						if wrong, err := d.Check(t.Context()); err != nil || len(wrong) > 0 {
							t.Errorf("check: %v, %v", wrong, err)
						}
					}
				}
			})
		}
		wg.Wait()
		if info, err := os.Stat(d.path); err != nil || info.Size() < 50*4096 {
			t.Errorf("no checkpoint so far: %d bytes, %v", info.Size(), err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// A database that is made anew has no old sums.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(dir, FileName+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	fresh := openTable(t, dir)
	for i := range 20 {
		write(t, fresh, strings.Repeat(fmt.Sprint(i), 3000))
	}
	if wrong, err := fresh.Check(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("check: %v, %v", wrong, err)
	}
	fresh.Close()
	// Lost sums are taken anew.
	if err := os.Remove(filepath.Join(dir, sumsName)); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir).Close()
	d := openIn(t, dir)
	if wrong, err := d.Check(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("check: %v, %v", wrong, err)
	}
	info, err := d.sums.file.Stat()
	if err != nil || info.Size() < 30*sumSize {
		t.Errorf("%d bytes of sums, %v", info.Size(), err)
	}
}

// TestACrashInACheckpoint holds that pages whose sums were not taken any more are not reported.
func TestACrashInACheckpoint(t *testing.T) {
	dir := t.TempDir()
	d := openTable(t, dir)
	for i := range 30 {
		write(t, d, strings.Repeat(fmt.Sprint(i), 500))
	}
	// As if the process had ended right after the engine's part.
	pages, err := d.sums.logged()
	if err != nil || len(pages) < 5 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	if err := d.sums.writePending(filepath.Join(dir, pendingName), pages); err != nil {
		t.Fatal(err)
	}
	if err := d.w.c.run("PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := openIn(t, copied)
	if wrong, err := again.Check(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("check: %v, %v", wrong, err)
	}
	if n := count(t, again); n != 30 {
		t.Errorf("%d rows, want 30", n)
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	d := openIn(t, dir)
	if err := d.w.c.run("UPDATE stoa_meta SET value = '9999' WHERE key = 'migration'"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("open: %v", err)
	}
}

func TestStatementsAreBounded(t *testing.T) {
	d := openTable(t, t.TempDir())
	for i := range 3 * statements {
		s, err := d.w.c.stmt(fmt.Sprint("SELECT ", i))
		if err != nil {
			t.Fatal(err)
		}
		d.w.c.done(s)
	}
	if n := d.w.c.order.Len(); n > statements || n != len(d.w.c.cache) {
		t.Errorf("%d statements are kept", n)
	}
	d.w.c.trim()
	if n := d.w.c.order.Len(); n > statements/8 {
		t.Errorf("%d statements are kept by an idle connection", n)
	}
}

// TestOpenIsQuick holds a database that is there to 50 ms.
func TestOpenIsQuick(t *testing.T) {
	dir := t.TempDir()
	openTable(t, dir).Close()
	best := time.Hour
	for range 5 {
		began := time.Now()
		d, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
		d.Close()
	}
	t.Logf("opened in %v", best)
	if best > 50*time.Millisecond {
		t.Errorf("opening took %v", best)
	}
}

func TestReadersComeAndGo(t *testing.T) {
	d := openTable(t, t.TempDir())
	var wg sync.WaitGroup
	for range 4 * cap(d.slots) {
		wg.Go(func() {
			err := d.Read(t.Context(), ticket(), func(tx store.Tx) error {
				rows, err := tx.Query(t.Context(), store.NewSQL(d.dialect).Raw("SELECT count(*) FROM ").Table("Case"), []store.Out{{Class: store.Int}})
				if err != nil {
					return err
				}
				_, err = rows.Fill(record.NewPage(1, 1), 1)
				return err // not closed: the transaction's end does it
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d.mu.Lock()
	n := len(d.idle)
	d.mu.Unlock()
	if n == 0 || n > cap(d.slots) {
		t.Errorf("%d idle readers", n)
	}
}

func readCount(t *testing.T, d *DB) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), ticket(), func(tx store.Tx) error {
		p, err := store.Fetch(t.Context(), tx, store.NewSQL(d.dialect).Raw("SELECT count(*) FROM ").Table("Case"), store.Out{Class: store.Int})
		if err == nil {
			n = p.Value(0, 0).Int()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestATransactionGoesOnUntilTheNextCommit holds that reads share a transaction while nothing is committed, and that
// none misses what was committed before it.
func TestATransactionGoesOnUntilTheNextCommit(t *testing.T) {
	d := openTable(t, t.TempDir())
	for want := range int64(20) {
		for range 2 {
			if got := readCount(t, d); got != want {
				t.Fatalf("%d rows are seen after %d commits", got, want)
			}
		}
		d.mu.Lock()
		if r := d.idle[0]; !r.open || r.autocommit() || r.ctx != nil {
			t.Fatal("the transaction has ended without a commit")
		}
		d.mu.Unlock()
		write(t, d, "name")
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				before := readCount(t, d)
				write(t, d, "name")
				if after := readCount(t, d); after <= before {
					t.Errorf("%d rows after a commit, %d before", after, before)
				}
			}
		})
	}
	wg.Wait()
}

// TestIdleReadersDoNotKeepTheLog holds that the log begins anew after a checkpoint however much is read.
func TestIdleReadersDoNotKeepTheLog(t *testing.T) {
	const pages = 20
	d, err := Open(t.Context(), Options{Dir: t.TempDir(), LogPages: pages, Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(t.Context(), ticket(), func(tx store.Tx) error {
		return tx.CreateTable(t.Context(), store.Table{Name: "Case", Columns: columns, Indexes: []store.Index{byName}})
	}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(d.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	most := info.Size() + 3*pages*4096 // the first tables are one commit
	for range 20 * pages {
		readCount(t, d)
		write(t, d, "name")
		readCount(t, d)
	}
	if info, err = os.Stat(d.path + "-wal"); err != nil || info.Size() > most {
		t.Errorf("the log has %d bytes, over %d: %v", info.Size(), most, err)
	}
}
