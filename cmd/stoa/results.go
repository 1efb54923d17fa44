package main

import (
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// A results file holds a line for every input row and so tells where an import stopped.
type results struct {
	f          *os.File
	key        string // names this import to the server, and no other of the same rows
	done       int    // rows of whole batches
	ok, failed int    // of done

	found lines // what an earlier run had left, also of a batch that may have been cut
	end   int64 // of done's lines in the file; what lies behind goes with the next write
}

// lines counts rows of a results file.
type lines struct{ ok, failed int }

func (l lines) all() int { return l.ok + l.failed }

const resultColumns = "row,id,success,created,error\n"

// openResults opens the file of an earlier run, or makes a new one. A file of anything else is refused and stays as it is.
func openResults(path, about string) (_ *results, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	log, mark := &results{f: f}, "# "+about+", import "
	head, rest, whole := strings.Cut(string(b), resultColumns)
	key, same := strings.CutPrefix(strings.TrimSuffix(head, "\n"), mark)
	switch {
	case whole && same:
		log.key = key
		return log, log.resume(int64(len(head)+len(resultColumns)), rest)
	case len(b) == 0, !whole && (same || strings.HasPrefix(mark, head)): // the head was cut by a crash, so nothing was sent
		log.key = rand.Text()
		return log, log.begin(mark)
	}
	return nil, fmt.Errorf("%s holds the results of another import; move it away or name another one with --results", path)
}

// begin writes the head. It is on the disk before the server hears of the key, for whoever goes on must say the same one.
func (l *results) begin(mark string) error {
	if err := l.cut(0); err != nil {
		return err
	}
	n, err := io.WriteString(l.f, mark+l.key+"\n"+resultColumns)
	if err != nil {
		return err
	}
	l.end = int64(n)
	return l.f.Sync()
}

// resume counts the rows that are done. Only whole batches are: one whose lines
// are cut, be it in the middle of a text, is sent again under its own name and answers what it did.
func (l *results) resume(head int64, text string) error {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = strings.Count(resultColumns, ",") + 1
	l.end = head
	for {
		row, err := r.Read()
		if err != nil || text[r.InputOffset()-1] != '\n' { // a line without its end may read as a whole one
			return nil
		}
		if row[2] == "true" {
			l.found.ok++
		} else {
			l.found.failed++
		}
		if l.found.all()%batchRows == 0 {
			l.done, l.ok, l.failed, l.end = l.found.all(), l.found.ok, l.found.failed, head+r.InputOffset()
		}
	}
}

// complete reports whether an earlier run had come to the end of so many rows.
func (l *results) complete(rows int) bool {
	if l.found.all() != rows {
		return false
	}
	l.done, l.ok, l.failed = rows, l.found.ok, l.found.failed
	return true
}

// cut ends the file at a place, from where it goes on.
func (l *results) cut(at int64) error {
	if err := l.f.Truncate(at); err != nil {
		return err
	}
	_, err := l.f.Seek(at, io.SeekStart)
	return err
}

// add writes the lines of a batch whose first row has a number.
func (l *results) add(first int, batch []saved) error {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for i, s := range batch {
		created := ""
		if s.Created != nil {
			created = strconv.FormatBool(*s.Created)
		}
		if s.Success {
			l.ok++
		} else {
			l.failed++
		}
		if err := w.Write([]string{strconv.Itoa(first + i), s.ID, strconv.FormatBool(s.Success), created, s.problem()}); err != nil {
			return err
		}
	}
	w.Flush()
	if err := l.cut(l.end); err != nil {
		return err
	}
	if _, err := l.f.WriteString(b.String()); err != nil {
		return err
	}
	l.end += int64(b.Len())
	return l.f.Sync()
}

func (l *results) close() { _ = l.f.Close() }
