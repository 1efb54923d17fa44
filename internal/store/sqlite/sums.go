package sqlite

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// SQLite does not notice a page whose bytes have changed on the disk. So the
// store keeps a sum of each page beside the database. The database file
// changes only in a checkpoint, which copies pages from the log into it, and
// checkpoints run only here: first the numbers of the pages that will change
// are written down (the pending file), then the engine copies them, then their
// sums are taken. After a crash between the two, the pending pages get their sums anew.

const (
	sumsName    = "stoa.sums"         // 4 bytes a page; 0 where there is none yet
	pendingName = "stoa.sums-pending" // page numbers, 4 bytes each
	sumSize     = 4
)

// The log, as the engine documents it: a header, and frames of a header and a page.
// Source: "WAL-mode File Format", sqlite.org/walformat.html.
const (
	logHeader   = 32
	frameHeader = 24
)

// A sums keeps the sums of one database.
type sums struct {
	mu       sync.Mutex // held while the database file changes or is compared
	dir      string
	pageSize int
	file     *os.File // guarded by mu
	table    *crc32.Table
	whole    bool // guarded by mu; no page has a sum yet, take all with the next checkpoint
}

// forgetSums removes the sums of a database that is gone.
func forgetSums(dir string) error {
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err == nil && info.Size() > 0 {
		return nil
	}
	for _, name := range []string{sumsName, pendingName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func openSums(dir string, pageSize int) (_ *sums, err error) {
	s := &sums{dir: dir, pageSize: pageSize, table: crc32.MakeTable(crc32.Castagnoli)}
	if s.file, err = os.OpenFile(filepath.Join(dir, sumsName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	info, err := s.file.Stat()
	if err == nil {
		s.whole = info.Size() == 0
		err = s.recover()
	}
	if err != nil {
		s.file.Close()
		return nil, fmt.Errorf("page sums: %w", err)
	}
	return s, nil
}

func (s *sums) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Close()
}

// recover takes the sums that a crash prevented.
func (s *sums) recover() error {
	name := filepath.Join(s.dir, pendingName)
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pages := make([]uint32, 0, len(b)/sumSize)
	for ; len(b) >= sumSize; b = b[sumSize:] {
		pages = append(pages, binary.BigEndian.Uint32(b))
	}
	if err := s.take(pages); err != nil {
		return err
	}
	return os.Remove(name)
}

// checkpoint runs copy, which lets the engine bring pages of the log into the database, and takes their sums.
func (s *sums) checkpoint(copy func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pages, err := s.logged()
	if err != nil {
		return err
	}
	if s.whole {
		if pages, err = s.all(); err != nil {
			return err
		}
	}
	if len(pages) == 0 {
		return copy()
	}
	name := filepath.Join(s.dir, pendingName)
	if err := s.writePending(name, pages); err != nil {
		return err
	}
	err = copy() // even a failed one may have copied something
	if err := s.take(pages); err != nil {
		return err
	}
	s.whole = false
	return errors.Join(err, os.Remove(name))
}

func (s *sums) writePending(name string, pages []uint32) error {
	b := make([]byte, 0, sumSize*len(pages))
	for _, p := range pages {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// logged returns the numbers of the pages that the log holds.
func (s *sums) logged() ([]uint32, error) {
	f, err := os.Open(filepath.Join(s.dir, FileName+"-wal"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<18) // a call for sixty frames: most of what is read is in the kernel's memory
	var header [logHeader]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return nil, nil // an empty log
	}
	salt := string(header[16:24])
	var pages []uint32
	var frame [frameHeader]byte
	for {
		if _, err := io.ReadFull(in, frame[:]); err != nil || string(frame[8:16]) != salt {
			break // the end, or what is left of a longer log of before
		}
		pages = append(pages, binary.BigEndian.Uint32(frame[:]))
		if _, err := in.Discard(s.pageSize); err != nil {
			break
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages), nil
}

// all returns the numbers of all pages that there will be after the next checkpoint.
func (s *sums) all() ([]uint32, error) {
	pages, err := s.logged()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(filepath.Join(s.dir, FileName))
	if err != nil {
		return nil, err
	}
	n := uint32(info.Size() / int64(s.pageSize))
	if len(pages) > 0 {
		n = max(n, slices.MaxFunc(pages, cmp.Compare))
	}
	pages = make([]uint32, n)
	for i := range pages {
		pages[i] = uint32(i + 1)
	}
	return pages, nil
}

// sum returns the sum of a page, which is never 0.
func (s *sums) sum(page []byte) uint32 { return max(1, crc32.Checksum(page, s.table)) }

// take writes the sums that pages have now.
func (s *sums) take(pages []uint32) error {
	db, err := os.Open(filepath.Join(s.dir, FileName))
	if err != nil {
		return err
	}
	defer db.Close()
	page := make([]byte, s.pageSize)
	var sum [sumSize]byte
	for _, p := range pages {
		if p == 0 {
			continue
		}
		if _, err := db.ReadAt(page, int64(p-1)*int64(s.pageSize)); errors.Is(err, io.EOF) {
			continue // it has stayed in the log
		} else if err != nil {
			return err
		}
		binary.BigEndian.PutUint32(sum[:], s.sum(page))
		if _, err := s.file.WriteAt(sum[:], int64(p-1)*sumSize); err != nil {
			return err
		}
	}
	return s.file.Sync()
}

// maxFound is how many damaged pages are told of one by one.
const maxFound = 20

// check compares every page with its sum and returns what is wrong, one sentence each.
func (s *sums) check(ctx context.Context) (found []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	db, err := os.Open(filepath.Join(s.dir, FileName))
	if err != nil {
		return []string{fmt.Sprintf("The database file cannot be opened: %v.", err)}, nil
	}
	defer db.Close()
	info, err := s.file.Stat()
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(db, 1<<20)
	known := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, info.Size()), 1<<16)
	page := make([]byte, s.pageSize)
	var sum [sumSize]byte
	pages, damaged := info.Size()/sumSize, 0
	for p := int64(1); p <= pages; p++ {
		if p%1024 == 0 && ctx.Err() != nil {
			return found, ctx.Err()
		}
		if _, err := io.ReadFull(known, sum[:]); err != nil {
			return found, err
		}
		if _, err := io.ReadFull(in, page); err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return append(found, fmt.Sprintf("The database file has been cut: it ends before page %d of %d.", p, pages)), nil
		} else if err != nil {
			return append(found, fmt.Sprintf("Page %d of the database file cannot be read: %v.", p, err)), nil
		}
		want := binary.BigEndian.Uint32(sum[:])
		if want == 0 || want == s.sum(page) {
			continue
		}
		if damaged++; damaged <= maxFound {
			found = append(found, fmt.Sprintf("Page %d of the database file is not as Stoa wrote it.", p))
		}
	}
	if damaged > maxFound {
		found = append(found, fmt.Sprintf("So are %d more pages of %d.", damaged-maxFound, pages))
	}
	return found, nil
}
