package purpose

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"stoa/internal/store"
)

const (
	checkPages = 64 // read in one transaction
	maxFound   = 20 // sentences about what is wrong
)

// Check reads the whole register and returns what does not fit together, one
// sentence each: an entry whose header does not commit to its body, or that
// names fields of which nothing is told.
func Check(ctx context.Context, db store.DB) (found []string, err error) {
	ticket := store.Issue("", "accountability.register", "system")
	for last, more := int64(0), true; more && len(found) < maxFound; {
		err := db.Read(ctx, ticket, func(tx store.Tx) error {
			pages, err := readPages(ctx, tx, last)
			for i := range pages {
				last = pages[i].seq
				if what := pages[i].wrong(); what != "" {
					found = append(found, fmt.Sprintf("Page %d of the use register is damaged: %s.", last, what))
				}
			}
			more = len(pages) == checkPages
			return err
		})
		if err != nil {
			return found, fmt.Errorf("check use register: %w", err)
		}
	}
	return found, nil
}

// A keptPage is a page as it is in the register.
type keptPage struct {
	page
	seq int64
}

// readPages returns the pages behind the one numbered last.
func readPages(ctx context.Context, tx store.Tx, last int64) ([]keptPage, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT seq, at, n, sets, headers, bodies FROM ").Table(store.UsePageTable).
		Raw(" WHERE seq > ").Int(last).Raw(" ORDER BY seq LIMIT ").Int(checkPages)
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Int}, store.Out{Class: store.DateTime}, store.Out{Class: store.Int},
		store.Out{Class: store.Text}, store.Out{Class: store.Text}, store.Out{Class: store.Bytes})
	if err != nil {
		return nil, err
	}
	pages := make([]keptPage, p.Len())
	for i := range pages {
		bytesOf := func(col int) []byte { _, _, _, b := p.Raw(i, col); return b }
		pages[i] = keptPage{seq: p.Value(i, 0).Int(), page: page{
			at: p.Value(i, 1).Instant(), n: int(p.Value(i, 2).Int()), sets: bytesOf(3), headers: bytesOf(4), bodies: bytesOf(5),
		}}
	}
	return pages, nil
}

// wrong says what does not fit, "" where all does.
func (p *page) wrong() string {
	sets := map[string]bool{}
	for line := range strings.Lines(string(p.sets)) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if nameOf(text) != name {
			return "a list of fields does not fit its name"
		}
		sets[name] = true
	}
	n := 0
	for header, body := range p.entries {
		n++
		if !committed(header, body) {
			return fmt.Sprintf("entry %d does not fit its body", n)
		}
		var told struct {
			Touched []struct{ Set string }
		}
		if err := json.Unmarshal(body[saltSize:], &told); err != nil {
			return fmt.Sprintf("the body of entry %d cannot be read", n)
		}
		for _, t := range told.Touched {
			if t.Set != "" && !sets[t.Set] {
				return fmt.Sprintf("entry %d names fields of which nothing is told", n)
			}
		}
	}
	if n != p.n {
		return fmt.Sprintf("%d of %d entries can be read", n, p.n)
	}
	return ""
}

// entries yields header and body of each entry, up to the first that cannot be read.
func (p *page) entries(yield func(header, body []byte) bool) {
	bodies := p.bodies
	for header := range bytes.SplitSeq(p.headers, []byte{'\n'}) {
		if len(bodies) < 4 {
			return
		}
		n := int(binary.BigEndian.Uint32(bodies))
		if bodies = bodies[4:]; n < saltSize || n > len(bodies) || !yield(header, bodies[:n]) {
			return
		}
		bodies = bodies[n:]
	}
}

// committed reports whether a header commits to a body.
func committed(header, body []byte) bool {
	h := sha256.Sum256(append([]byte(bodyFormat), body...))
	return bytes.HasSuffix(header, append([]byte("|body="), hex.AppendEncode(nil, h[:])...))
}
