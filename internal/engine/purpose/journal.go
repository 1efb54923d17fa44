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
	dir    string
	node   string    // of this process's segments, random
	lock   *os.File  // held as long as the journal is open
	drafts sync.Pool // of *draft

	mu      sync.Mutex
	segment *os.File
	number  int
	begun   time.Time        // when the open segment got its first record
	size    int              // bytes in the open segment
	named   map[*Fields]bool // of these the open segment says what their names stand for
	closed  bool             // there are closed segments
	dirty   bool             // not flushed to disk yet
	broken  error
}

// A draft is the memory of an entry on its way into the journal.
type draft struct {
	entry
	record []byte
	random [32]random // of which
	left   int        // have not been used
}

// A record is a length and a checksum of what follows, four bytes each, a kind and, of an entry: seconds since 1970 in eight
// bytes, the length of the names of fields in four and that of the header in two, these names, the header and the body. Of what
// such a name stands for: the name, and that. It comes before the first entry of a segment that has the name.
const (
	recordHead  = 8
	entryRecord = 'e'
	setRecord   = 's'
	entryHead   = 1 + 8 + 4 + 2
)

// Entries reach the disk after flushEvery. They come into the register after settleAfter, or when there are many: each
// commit makes readers of SQLite read anew what they held in memory.
const (
	flushEvery  = 50 * time.Millisecond
	settleEvery = time.Second
	settleAfter = 5 * time.Second
	settleSize  = 8 << 20 // bytes
)

// keptDraft is how large the memory of a draft may be to be used again.
const keptDraft = 64 << 10

const (
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
	j := &Journal{dir: dir, node: hex.EncodeToString(node[:]), lock: held, closed: true}
	j.drafts.New = func() any { return new(draft) }
	return j, j.begin()
}

// begin opens the next segment.
func (j *Journal) begin() error {
	j.number++
	f, err := os.OpenFile(filepath.Join(j.dir, fmt.Sprintf("%s-%08d%s", j.node, j.number, segmentKind)), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	j.segment, j.size, j.named = f, 0, map[*Fields]bool{}
	return nil
}

// Append writes the entry of what was noted and returns its receipt when the kernel has it, "" where nothing was noted.
// After an error nothing may be sent: the caller's request fails.
func (j *Journal) Append(u *Use, at time.Time) (receipt string, err error) {
	d := j.drafts.Get().(*draft)
	defer func() {
		if cap(d.record) <= keptDraft {
			j.drafts.Put(d)
		}
	}()
	if d.left == 0 {
		for i := range d.random {
			rand.Read(d.random[i][:])
		}
		d.left = len(d.random)
	}
	if !u.seal(&d.entry, at, &d.random[d.left-1]) {
		return "", nil
	}
	d.left-- // no salt is used again
	d.record = d.entry.appendRecord(d.record[:0])
	if err := j.write(d); err != nil {
		return "", err
	}
	return d.receipt(), nil
}

func (j *Journal) write(d *draft) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return unavailable(j.broken)
	}
	b := d.record
	for _, f := range d.sets {
		if !j.named[f] {
			b = append(f.appendRecord(nil), b...)
		}
	}
	if _, err := j.segment.Write(b); err != nil {
		// Part of the record may stand there; a new segment keeps it from spoiling later ones.
		if next := errors.Join(j.segment.Close(), j.begin()); next != nil {
			j.broken = next
		}
		return unavailable(err)
	}
	for _, f := range d.sets {
		j.named[f] = true
	}
	if j.size == 0 {
		j.begun = d.at
	}
	j.size += len(b)
	j.dirty = true
	return nil
}

func (e *entry) appendRecord(dst []byte) []byte {
	from := len(dst)
	dst = append(append(dst, make([]byte, recordHead)...), entryRecord)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.at.Unix()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.sets)*nameSize))
	dst = binary.BigEndian.AppendUint16(dst, uint16(e.head))
	for _, f := range e.sets {
		dst = append(dst, f.name...)
	}
	return endRecord(append(dst, e.buf...), from)
}

func (f *Fields) appendRecord(dst []byte) []byte {
	from := len(dst)
	dst = append(append(dst, make([]byte, recordHead)...), setRecord)
	return endRecord(append(append(dst, f.name...), f.text...), from)
}

// endRecord writes length and checksum of the record that begins at from.
func endRecord(b []byte, from int) []byte {
	binary.BigEndian.PutUint32(b[from:], uint32(len(b)-from-recordHead))
	binary.BigEndian.PutUint32(b[from+4:], crc32.Checksum(b[from+recordHead:], castagnoli))
	return b
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
		case now := <-settle.C:
			if !j.due(now) {
				continue
			}
			if err := j.Settle(ctx, db); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
}

// due reports whether there is something to settle.
func (j *Journal) due(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed || j.size > settleSize || j.size > 0 && now.Sub(j.begun) > settleAfter
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
	open, err := j.rotate()
	if err != nil {
		return err
	}
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
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = filepath.Base(j.segment.Name()) != open // an error has closed one meanwhile
	return nil
}

// rotate closes the open segment if there is anything in it, and returns the name of the open one.
func (j *Journal) rotate() (open string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.size > 0 {
		j.closed = true
		if err := errors.Join(j.segment.Sync(), j.segment.Close(), j.begin()); err != nil {
			j.broken = err
			return "", err
		}
		j.dirty = false
	}
	return filepath.Base(j.segment.Name()), nil
}

func (j *Journal) settle(ctx context.Context, db store.DB, name string) error {
	path := filepath.Join(j.dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	pages, lost := decode(b)
	if len(pages) == 0 && lost == "" {
		return os.Remove(path)
	}
	ticket := store.Issue("", "accountability.register", "system")
	err = db.Write(ctx, ticket, func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.MetaTable).Raw(" (key, value) VALUES (").Str(markPrefix + name).Raw(", ").
			Str(tx.Now().Format(time.RFC3339)).Raw(") ON CONFLICT (key) DO NOTHING")
		if n, err := tx.Exec(ctx, q); err != nil || n == 0 {
			return err
		}
		for _, p := range pages {
			if err := p.insert(ctx, tx); err != nil {
				return err
			}
		}
		if lost != "" {
			return gap(tx.Now(), name+": "+lost).page().insert(ctx, tx)
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
func decode(b []byte) (pages []*page, lost string) {
	d := decoder{sets: map[string]string{}}
	for len(b) >= recordHead {
		n := int(binary.BigEndian.Uint32(b))
		if n > len(b)-recordHead {
			break
		}
		rec := b[recordHead : recordHead+n]
		if crc32.Checksum(rec, castagnoli) != binary.BigEndian.Uint32(b[4:]) || !d.record(rec) {
			return d.pages, fmt.Sprintf("unreadable after %d entries", d.entries)
		}
		b = b[recordHead+n:]
	}
	return d.pages, ""
}

// A decoder collects the entries of a segment.
type decoder struct {
	pages   []*page
	entries int
	sets    map[string]string // what names of fields stand for
}

// record takes what follows a record's checksum, and reports whether it is one.
func (d *decoder) record(rec []byte) bool {
	switch {
	case len(rec) >= 1+nameSize && rec[0] == setRecord:
		d.sets[string(rec[1:1+nameSize])] = string(rec[1+nameSize:])
		return true
	case len(rec) < entryHead || rec[0] != entryRecord:
		return false
	}
	at := record.OfDateTime(int64(binary.BigEndian.Uint64(rec[1:]))).Instant()
	names, head := int(binary.BigEndian.Uint32(rec[9:])), int(binary.BigEndian.Uint16(rec[13:]))
	if rec = rec[entryHead:]; names+head > len(rec) || names%nameSize != 0 {
		return false
	}
	last := len(d.pages) - 1
	if last < 0 || d.pages[last].full(at) {
		d.pages = append(d.pages, &page{at: at})
		last++
	}
	p := d.pages[last]
	for i := 0; i < names; i += nameSize {
		name := string(rec[i : i+nameSize])
		text, ok := d.sets[name]
		if !ok {
			return false
		}
		p.name(name, text)
	}
	p.add(rec[names:names+head], rec[names+head:])
	d.entries++
	return true
}

// Close settles what is left and closes the journal.
func (j *Journal) Close(ctx context.Context, db store.DB) error {
	err := j.Settle(ctx, db)
	j.mu.Lock()
	defer j.mu.Unlock()
	name := j.segment.Name()
	err = errors.Join(err, j.segment.Close())
	if j.size == 0 && err == nil {
		err = os.Remove(name)
	}
	j.broken = errors.New("journal is closed")
	return errors.Join(err, j.lock.Close())
}
