package purpose

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A page is a row of the register: entries of one second, in their order. Each stands for itself: its header is a line
// of headers, its body the one of the same number in bodies. Entries come in pages since a row an entry would cost more than the entry.
type page struct {
	at      time.Time // of all entries
	n       int
	sets    []byte // a line each: name, blank, and what it stands for as JSON
	names   []string
	headers []byte
	bodies  []byte // length, four bytes, and body each
}

// How large a page grows. Source: a tile of a public log has 256 entries.
const (
	pageEntries = 256
	pageBytes   = 256 << 10
)

// full reports whether an entry at a time belongs into another page.
func (p *page) full(at time.Time) bool {
	return p.n > 0 && (!p.at.Equal(at) || p.n == pageEntries || len(p.bodies) > pageBytes)
}

// add puts an entry to the others. The fields that it names must have come before.
func (p *page) add(header, body []byte) {
	if p.n++; p.n > 1 {
		p.headers = append(p.headers, '\n')
	}
	p.headers = append(p.headers, header...)
	p.bodies = append(binary.BigEndian.AppendUint32(p.bodies, uint32(len(body))), body...)
}

// name tells what a name of fields stands for.
func (p *page) name(name, text string) {
	if slices.Contains(p.names, name) {
		return
	}
	if len(p.names) > 0 {
		p.sets = append(p.sets, '\n')
	}
	p.names = append(p.names, name)
	p.sets = append(append(append(p.sets, name...), ' '), text...)
}

// insert puts p into the register.
func (p *page) insert(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.UsePageTable).Raw(" (at, n, sets, headers, bodies) VALUES (").
		Arg(store.DateTime, record.OfInstant(p.at)).Raw(", ").Int(int64(p.n)).Raw(", ").Arg(store.Text, record.OfText(string(p.sets))).Raw(", ").
		Str(string(p.headers)).Raw(", ").Blob(p.bodies).Raw(")")
	if _, err := tx.Exec(ctx, q); err != nil {
		return fmt.Errorf("write use entries: %w", err)
	}
	return nil
}
