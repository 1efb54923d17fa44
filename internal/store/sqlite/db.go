// Package sqlite keeps the store of one org in a folder: a SQLite database, its
// log, and a lock file. It knows classes of columns and no objects; its one
// invariant is that there is one writer, whose group of calls commits as one.
package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"stoa/internal/store"
)

//go:embed migration/*.sql
var migrations embed.FS

// Options say how a database is opened. The zero value of each but Dir is what a server wants.
type Options struct {
	Dir     string // folder of the database, made where it is missing
	Pod     string // two characters in the ids made here; DefaultPod. Kept from the first opening on
	Readers int    // connections that read; 2 × cores
	// Relaxed commits without waiting for the disk, for measurements: the last
	// commits can be lost with the power, never with the process.
	Relaxed bool
	// LogPages is how many pages the log takes before they are brought into the database file; 4,000 (16 MiB).
	LogPages int
	Now      func() time.Time // clock of transactions; time.Now
}

// The names of the files in Options.Dir.
const (
	FileName = "stoa.db"
	lockName = "stoa.lock"
)

// Page caches grow to these sizes under load and are given back afterwards.
const (
	writerCacheKiB = 64 << 10
	readerCacheKiB = 16 << 10
)

const defaultLogPages = 4000

// A DB is the store of one org in one folder.
type DB struct {
	path    string
	lock    *os.File
	clock   func() time.Time
	heads   *store.Heads
	dialect dialect
	w       *writer
	sums    *sums

	logPages      int
	checkpointErr atomic.Pointer[error] // of the last checkpoint

	waiting atomic.Int64 // calls of Write that wait for their turn

	slots chan struct{} // one for each connection that may read at a time

	mu       sync.Mutex
	readers  []*reader   // guarded by mu; all of them
	idle     []*reader   // guarded by mu; the last one was used last
	closed   bool        // guarded by mu
	watching bool        // guarded by mu; watcher is set
	watcher  *time.Timer // calls watch

	state atomic.Uint64 // grows with every commit, before anybody is told of it, and whenever readers shall begin anew

	commit atomic.Pointer[chan struct{}] // closed by the next commit
	sweep  sync.WaitGroup
}

// Open opens the database of a folder, making and migrating it as needed. The
// error is ErrLocked where another process has the folder.
func Open(ctx context.Context, opt Options) (_ *DB, err error) {
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, err
	}
	f, err := lock(filepath.Join(opt.Dir, lockName))
	if err != nil {
		return nil, err
	}
	d := &DB{path: filepath.Join(opt.Dir, FileName), lock: f, clock: opt.Now, heads: store.NewHeads()}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if d.clock == nil {
		d.clock = time.Now
	}
	if d.logPages = opt.LogPages; d.logPages <= 0 {
		d.logPages = defaultLogPages
	}
	if opt.Readers <= 0 {
		opt.Readers = 2 * runtime.GOMAXPROCS(0)
	}
	synchronous := "FULL"
	if opt.Relaxed {
		synchronous = "NORMAL"
	}
	d.dialect = dialect{d.heads}
	d.slots = make(chan struct{}, opt.Readers)
	first := make(chan struct{})
	d.commit.Store(&first)

	if err := forgetSums(opt.Dir); err != nil {
		return nil, err
	}
	c, err := connect(d.path, true, writerCacheKiB, synchronous)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.checkCells(); err != nil {
		return nil, err
	}
	size, _, err := c.one("PRAGMA page_size")
	if err != nil {
		return nil, err
	}
	if d.sums, err = openSums(opt.Dir, int(size)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.sums.close()
		}
	}()
	if err := migrate(c); err != nil {
		return nil, err
	}
	if err := estimateAll(c); err != nil {
		return nil, err
	}
	pod, err := keepPod(c, opt.Pod)
	if err != nil {
		return nil, err
	}
	if d.w, err = newWriter(d, c, pod); err != nil {
		return nil, err
	}
	if !opt.Relaxed {
		if err := c.gather(); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.watcher = time.AfterFunc(watchPause, d.watch)
	go d.w.run()
	d.sweep.Add(1)
	go d.trim()
	return d, nil
}

func newWriter(d *DB, c *conn, pod string) (*writer, error) {
	w := &writer{
		allocator: allocator{c: c, heads: d.heads, pod: pod, ids: map[string]*counter{}, sequences: map[string]*counter{}},
		index:     index{c: c},
		db:        d, queue: make(chan *request, queueLength), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := w.load(); err != nil {
		return nil, err
	}
	return w, nil
}

// migrate brings the system tables to the newest number.
func migrate(c *conn) error {
	steps, err := store.Migrations(migrations, "migration")
	if err != nil {
		return err
	}
	n, _, err := c.one("SELECT count(*) FROM sqlite_master WHERE name = '" + store.MetaTable + "'")
	if err != nil {
		return err
	}
	done := 0
	if n > 0 {
		_, text, err := c.one("SELECT value FROM " + store.MetaTable + " WHERE key = '" + store.MigrationKey + "'")
		if err != nil {
			return err
		}
		if done, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("%w: number of the last migration: %w", store.ErrCorrupt, err)
		}
	}
	if done > len(steps) {
		return fmt.Errorf("the database is of a newer version of Stoa: migration %d, this one knows %d", done, len(steps))
	}
	for _, s := range steps[done:] {
		err := c.script(fmt.Sprintf("BEGIN IMMEDIATE;\n%s;\nINSERT OR REPLACE INTO %s (key, value) VALUES ('%s', '%d');\nCOMMIT",
			s.SQL, store.MetaTable, store.MigrationKey, s.Number))
		if err != nil {
			return fmt.Errorf("migration %04d_%s: %w", s.Number, s.Name, err)
		}
	}
	return nil
}

// keepPod returns the pod of the org, which is pod if this is the first opening.
func keepPod(c *conn, pod string) (string, error) {
	_, kept, err := c.one("SELECT value FROM " + store.MetaTable + " WHERE key = '" + store.PodKey + "'")
	if err != nil || kept != "" {
		return kept, err
	}
	if pod == "" {
		pod = store.DefaultPod
	}
	if !store.ValidPod(pod) {
		return "", fmt.Errorf("pod %q: must be two letters or digits", pod)
	}
	return pod, c.run("INSERT INTO " + store.MetaTable + " (key, value) VALUES ('" + store.PodKey + "', '" + pod + "')")
}

// script runs several statements.
func (n *native) script(text string) error {
	src, err := libc.CString(text)
	if err != nil {
		return err
	}
	defer libc.Xfree(n.tls, src)
	if rc := lib.Xsqlite3_exec(n.tls, n.db, src, 0, 0, 0); rc != lib.SQLITE_OK {
		return n.fail(rc)
	}
	return nil
}

// Dialect implements store.DB.
func (d *DB) Dialect() store.Dialect { return d.dialect }

func (d *DB) now() time.Time { return d.clock().UTC().Truncate(time.Second) }

// committed tells those who wait that there is something new.
func (d *DB) committed() {
	next := make(chan struct{})
	close(*d.commit.Swap(&next))
}

// Wait implements store.DB.
func (d *DB) Wait() <-chan struct{} { return *d.commit.Load() }

// Close implements store.DB. It waits for transactions under way.
func (d *DB) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.mu.Unlock()

	close(d.w.stop)
	<-d.w.ended
	d.sweep.Wait()
	for range cap(d.slots) { // until every reader has been given back
		d.slots <- struct{}{}
	}
	for range cap(d.slots) { // so that later ones see that it is closed
		<-d.slots
	}
	d.watcher.Stop()
	for _, r := range d.idle {
		r.close()
	}
	d.idle, d.readers = nil, nil
	d.w.checkpoint("TRUNCATE")
	d.w.c.close()
	return errors.Join(*d.checkpointErr.Load(), d.sums.close(), d.lock.Close())
}

// Stats implements store.DB.
func (d *DB) Stats(ctx context.Context) (store.Stats, error) {
	s := store.Stats{Engine: "sqlite", Path: d.path, Waiting: int(d.waiting.Load())}
	r, err := d.take(ctx)
	if err != nil {
		return s, err
	}
	defer d.give(r)
	if _, s.Version, err = r.one("SELECT sqlite_version()"); err != nil {
		return s, err
	}
	for _, name := range []string{d.path, d.path + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return s, err
		}
		s.SizeBytes += info.Size()
	}
	return s, nil
}

// Check implements store.DB.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	r, err := d.take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.give(r)
	found, err := d.sums.check(ctx)
	if err != nil {
		return found, err
	}
	if err := d.checkpointErr.Load(); err != nil && *err != nil {
		found = append(found, fmt.Sprintf("The log could not be brought into the database file: %v.", *err))
	}
	s, err := r.native.prepare("PRAGMA integrity_check(20)")
	if err != nil {
		return append(found, fmt.Sprintf("The database cannot be read: %v.", err)), nil
	}
	defer s.finalize()
	for {
		more, err := s.step()
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if err != nil {
			return append(found, fmt.Sprintf("The database cannot be read: %v.", err)), nil
		}
		if !more {
			return found, nil
		}
		if text := string(bytesOf(&s.cells()[0])); text != "ok" {
			found = append(found, "The database is damaged: "+text+".")
		}
	}
}
