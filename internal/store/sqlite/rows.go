package sqlite

import (
	"context"
	"fmt"

	"stoa/internal/record"
	"stoa/internal/store"
)

// rows is a running query.
type rows struct {
	t     *tx
	ctx   context.Context
	s     *stmt
	cols  []store.Out
	ids   store.Decoder
	ahead bool // the current row has been stepped to and not been read
	end   bool
}

// between is how many rows are read between two looks at the context.
const between = 256

// Fill implements store.Rows.
func (r *rows) Fill(p *record.Page, n int) (done bool, err error) {
	if r.s == nil {
		return true, store.ErrClosed
	}
	for i := 0; !r.end; i++ {
		if i%between == 0 && r.ctx.Err() != nil {
			return false, r.ctx.Err()
		}
		if !r.ahead {
			more, err := r.s.step()
			if err != nil {
				return false, r.t.failure(r.ctx, err)
			}
			if !more {
				r.end = true
				break
			}
		}
		if r.ahead = i == n; r.ahead {
			return false, nil
		}
		if err := r.row(p); err != nil {
			return false, err
		}
	}
	r.s.reset()
	return true, nil
}

// row appends the current row to p.
func (r *rows) row(p *record.Page) error {
	cells := r.s.cells()
	if len(cells) != len(r.cols) {
		return fmt.Errorf("query returns %d columns, not %d", len(cells), len(r.cols))
	}
	for i := range cells {
		c, out := &cells[i], &r.cols[i]
		if isNull(c) {
			p.AddNull()
			continue
		}
		switch out.Class {
		case store.Text:
			p.AddText(record.Text, bytesOf(c))
		case store.ID:
			var id [18]byte
			if r.ids.Decode(&id, whole(c)) {
				p.AddText(record.Ref, id[:])
			} else if !r.decode(p, whole(c)) {
				p.AddNull()
			}
		case store.Int, store.Decimal:
			if !out.Float {
				p.AddNumber(whole(c), out.Scale)
				continue
			}
			n, scale, ok := store.OfFloat(float(c), out.Scale)
			if !ok {
				return store.ErrRange
			}
			p.AddNumber(n, scale)
		case store.Bool:
			p.AddBool(whole(c) != 0)
		case store.Date:
			p.AddWhole(record.Date, whole(c))
		case store.DateTime:
			p.AddWhole(record.DateTime, whole(c))
		case store.Time:
			p.AddWhole(record.Time, whole(c))
		case store.Bytes:
			p.AddText(record.Bytes, bytesOf(c))
		}
	}
	return nil
}

// decode appends an id whose head has come into the dictionary since the query began.
func (r *rows) decode(p *record.Page, n int64) bool {
	var id [18]byte
	r.ids = r.t.db.heads.Decoder()
	ok := r.ids.Decode(&id, n)
	if ok {
		p.AddText(record.Ref, id[:])
	}
	return ok
}

// Close implements store.Rows.
func (r *rows) Close() error {
	if r.s != nil {
		r.t.c.done(r.s)
		r.s = nil
	}
	return nil
}
