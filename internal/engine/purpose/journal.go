package purpose

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Journal keeps the entries of reads until they are in the register: files
// that are only appended to, each record written before the answer it is for is
// sent. The kernel keeps what was written if this process is killed.
type Journal struct {
	dir  string
	node string   // of this process's segments, random
	lock *os.File // held as long as the journal is open

	mu      sync.Mutex
	segment *os.File
	number  int
	records int  // in the open segment
	dirty   bool // not flushed to disk yet
	broken  error
	buf     []byte
}

const (
	recordHead  = 8 // length and checksum, four bytes each
	flushEvery  = 50 * time.Millisecond
	settleEvery = time.Second
	segmentKind = ".use"
	markPrefix  = "journal/"
	lockName    = "lock"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenJournal opens a folder for entries, making it if need be. A folder that another process has open is
// store.ErrLocked: it would settle segments that are still written. Those that an earlier process left are settled first by Run.
func OpenJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	held, err := lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	var node [8]byte
	rand.Read(node[:])
	j := &Journal{dir: dir, node: hex.EncodeToString(node[:]), lock: held}
	return j, j.begin()
}

// begin opens the next segment.
func (j *Journal) begin() error {
	j.number++
	f, err := os.OpenFile(filepath.Join(j.dir, fmt.Sprintf("%s-%08d%s", j.node, j.number, segmentKind)), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	j.segment, j.records = f, 0
	return nil
}

// Append writes an entry and returns when the kernel has it. After an error
// nothing may be sent: the caller's request fails.
func (j *Journal) Append(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return unavailable(j.broken)
	}
	b := append(j.buf[:0], make([]byte, recordHead)...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Header)))
	b = append(append(b, e.Header...), e.Body...)
	binary.BigEndian.PutUint32(b, uint32(len(b)-recordHead))
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[recordHead:], castagnoli))
	j.buf = b
	if _, err := j.segment.Write(b); err != nil {
		// Part of the record may stand there; a new segment keeps it from spoiling later ones.
		if next := errors.Join(j.segment.Close(), j.begin()); next != nil {
			j.broken = next
		}
		return unavailable(err)
	}
	j.records++
	j.dirty = true
	return nil
}

func unavailable(cause error) error {
	return fault.New(fault.ServerUnavailable, "The use of the data could not be written down, so the data is not served.").Because(cause)
}

// Run flushes the journal and moves its entries into the register until ctx is done, then once more.
func (j *Journal) Run(ctx context.Context, db store.DB, report func(error)) {
	flush, settle := time.NewTicker(flushEvery), time.NewTicker(settleEvery)
	defer flush.Stop()
	defer settle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			if err := j.flush(); err != nil {
				report(err)
			}
		case <-settle.C:
			if err := j.Settle(ctx, db); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
}

func (j *Journal) flush() error {
	j.mu.Lock()
	f, dirty := j.segment, j.dirty
	j.dirty = false
	j.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := f.Sync(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("flush journal: %w", err)
	}
	return nil
}

// Settle moves every entry into the register: it closes the open segment, writes each closed one in one
// transaction with a mark of its name, and removes the file. A mark that is there already says that only the removal is missing.
func (j *Journal) Settle(ctx context.Context, db store.DB) error {
	j.mu.Lock()
	open := filepath.Base(j.segment.Name())
	if j.records > 0 {
		if err := errors.Join(j.segment.Sync(), j.segment.Close(), j.begin()); err != nil {
			j.broken = err
			j.mu.Unlock()
			return err
		}
		j.dirty = false
		open = filepath.Base(j.segment.Name())
	}
	j.mu.Unlock()
	names, err := os.ReadDir(j.dir)
	if err != nil {
		return fmt.Errorf("settle journal: %w", err)
	}
	for _, d := range names {
		if !strings.HasSuffix(d.Name(), segmentKind) || d.Name() == open {
			continue
		}
		if err := j.settle(ctx, db, d.Name()); err != nil {
			return fmt.Errorf("settle journal %s: %w", d.Name(), err)
		}
	}
	return nil
}

func (j *Journal) settle(ctx context.Context, db store.DB, name string) error {
	path := filepath.Join(j.dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entries, lost := decode(b)
	if len(entries) == 0 && lost == "" {
		return os.Remove(path)
	}
	ticket := store.Issue("", "accountability.register", "system")
	err = db.Write(ctx, ticket, func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.MetaTable).Raw(" (key, value) VALUES (").Str(markPrefix + name).Raw(", ").
			Str(tx.Now().Format(time.RFC3339)).Raw(") ON CONFLICT (key) DO NOTHING")
		if n, err := tx.Exec(ctx, q); err != nil || n == 0 {
			return err
		}
		for _, e := range entries {
			if err := insert(ctx, tx, e); err != nil {
				return err
			}
		}
		if lost != "" {
			return insert(ctx, tx, gap(tx.Now(), name+": "+lost))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return db.Write(ctx, ticket, func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.MetaTable).Raw(" WHERE key = ").Str(markPrefix + name)
		_, err := tx.Exec(ctx, q)
		return err
	})
}

// decode returns the entries of a segment. A last record that is cut was never
// answered for and is dropped; anything else that does not fit is told in lost.
func decode(b []byte) (entries []Entry, lost string) {
	for len(b) > 0 {
		if len(b) < recordHead {
			return entries, ""
		}
		n := int(binary.BigEndian.Uint32(b))
		if n > len(b)-recordHead {
			return entries, ""
		}
		rec := b[recordHead : recordHead+n]
		if n < 12 || crc32.Checksum(rec, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
			return entries, fmt.Sprintf("unreadable after %d entries", len(entries))
		}
		h := int(binary.BigEndian.Uint32(rec[8:]))
		if h > n-12 {
			return entries, fmt.Sprintf("unreadable after %d entries", len(entries))
		}
		entries = append(entries, Entry{
			At:     record.OfDateTime(int64(binary.BigEndian.Uint64(rec))).Instant(),
			Header: string(rec[12 : 12+h]), Body: slices.Clone(rec[12+h:]),
		})
		b = b[recordHead+n:]
	}
	return entries, ""
}

// Close settles what is left and closes the journal.
func (j *Journal) Close(ctx context.Context, db store.DB) error {
	err := j.Settle(ctx, db)
	j.mu.Lock()
	defer j.mu.Unlock()
	name := j.segment.Name()
	err = errors.Join(err, j.segment.Close())
	if j.records == 0 && err == nil {
		err = os.Remove(name)
	}
	j.broken = errors.New("journal is closed")
	return errors.Join(err, j.lock.Close())
}
