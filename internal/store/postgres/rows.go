package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5/pgtype"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Formats of values on the wire.
const (
	textual  int16 = 0
	inBinary int16 = 1
)

// formatOf returns the format that a type is asked for in.
func formatOf(oid uint32) int16 {
	switch oid {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.BoolOID, pgtype.DateOID, pgtype.TimestamptzOID,
		pgtype.TimeOID, pgtype.ByteaOID, pgtype.Float8OID, pgtype.Float4OID:
		return inBinary
	default:
		return textual
	}
}

// An op says how the cells of a column are read.
type op uint8

const (
	opText op = iota
	opBytes
	opInt8
	opInt4
	opInt2
	opNumeric
	opFloat8
	opFloat4
	opBool
	opDate
	opDateTime
	opTime
)

func opOf(oid uint32) op {
	switch oid {
	case pgtype.Int8OID:
		return opInt8
	case pgtype.Int4OID:
		return opInt4
	case pgtype.Int2OID:
		return opInt2
	case pgtype.NumericOID:
		return opNumeric
	case pgtype.Float8OID:
		return opFloat8
	case pgtype.Float4OID:
		return opFloat4
	case pgtype.BoolOID:
		return opBool
	case pgtype.DateOID:
		return opDate
	case pgtype.TimestamptzOID:
		return opDateTime
	case pgtype.TimeOID:
		return opTime
	case pgtype.ByteaOID:
		return opBytes
	default:
		return opText
	}
}

// rows is a running query. The server sends it whole, so while it is open and
// another statement is to run, what is left of it is put aside.
type rows struct {
	t     *tx
	ctx   context.Context
	x     exchange // empty once everything has been received
	cols  []store.Out
	ops   []op
	ids   store.Decoder
	ahead bool         // the current row has been received and not been read
	rest  *record.Page // rows put aside
	from  int          // the next one of them
	err   error        // met while rows were put aside
}

// Fill implements store.Rows.
func (r *rows) Fill(p *record.Page, n int) (done bool, err error) {
	if r.t == nil {
		return true, store.ErrClosed
	}
	i := 0
	for ; r.rest != nil && i < n && r.from < r.rest.Len(); i++ {
		p.Move(r.rest, r.from)
		r.from++
	}
	if r.rest != nil && r.from < r.rest.Len() {
		return false, nil
	}
	if r.err != nil {
		return false, r.err
	}
	for ; r.x.ResultReader != nil; i++ {
		if !r.ahead && !r.x.NextRow() {
			if err := r.finish(); err != nil {
				return false, err
			}
			break
		}
		if r.ahead = i == n; r.ahead {
			return false, nil
		}
		if err := r.row(p, r.x.Values()); err != nil {
			return false, err
		}
	}
	return true, nil
}

// finish ends the exchange with the server.
func (r *rows) finish() error {
	x := r.x
	r.x, r.t.running = exchange{}, nil
	if _, err := x.end(); err != nil {
		return r.t.failure(r.ctx, err)
	}
	return nil
}

// aside receives all that is left, so that the connection is free.
func (r *rows) aside() {
	rest := record.NewPage(len(r.cols), 64)
	for r.x.ResultReader != nil {
		if !r.ahead && !r.x.NextRow() {
			r.err = r.finish()
			break
		}
		r.ahead = false
		if err := r.row(rest, r.x.Values()); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.rest, r.from = rest, 0
}

// Close implements store.Rows.
func (r *rows) Close() error {
	if r.t == nil {
		return nil
	}
	if r.x.ResultReader != nil {
		_ = r.finish() // what is left is of no interest, and an error has marked the transaction
	}
	r.t = nil
	return nil
}

const (
	secondsTo2000 = 946684800
	daysTo2000    = secondsTo2000 / 86400
)

// row appends one row to p.
func (r *rows) row(p *record.Page, values [][]byte) error {
	for i, b := range values {
		out := &r.cols[i]
		if b == nil {
			p.AddNull()
			continue
		}
		switch r.ops[i] {
		case opText:
			k := record.Text
			if out.Class == store.Bytes {
				k = record.Bytes
			}
			p.AddText(k, b)
		case opBytes:
			p.AddText(record.Bytes, b)
		case opInt8:
			r.whole(p, out, int64(binary.BigEndian.Uint64(b)))
		case opInt4:
			r.whole(p, out, int64(int32(binary.BigEndian.Uint32(b))))
		case opInt2:
			r.whole(p, out, int64(int16(binary.BigEndian.Uint16(b))))
		case opNumeric:
			if err := addNumeric(p, b); err != nil {
				return err
			}
		case opFloat8:
			if err := addFloat(p, math.Float64frombits(binary.BigEndian.Uint64(b))); err != nil {
				return err
			}
		case opFloat4:
			if err := addFloat(p, float64(math.Float32frombits(binary.BigEndian.Uint32(b)))); err != nil {
				return err
			}
		case opBool:
			p.AddBool(b[0] != 0)
		case opDate:
			p.AddWhole(record.Date, int64(int32(binary.BigEndian.Uint32(b)))+daysTo2000)
		case opDateTime:
			us := int64(binary.BigEndian.Uint64(b))
			s := us / 1e6
			if us%1e6 < 0 {
				s--
			}
			p.AddWhole(record.DateTime, s+secondsTo2000)
		case opTime:
			p.AddWhole(record.Time, int64(binary.BigEndian.Uint64(b))/1000)
		}
	}
	return nil
}

// whole appends a whole number as what its class means by it.
func (r *rows) whole(p *record.Page, out *store.Out, n int64) {
	switch out.Class {
	case store.ID:
		var id [18]byte
		if r.ids.Decode(&id, n) || r.decodeNew(&id, n) {
			p.AddText(record.Ref, id[:])
			return
		}
		p.AddNull()
	case store.Bool:
		p.AddBool(n != 0)
	case store.Date:
		p.AddWhole(record.Date, n)
	case store.DateTime:
		p.AddWhole(record.DateTime, n)
	case store.Time:
		p.AddWhole(record.Time, n)
	case store.Int, store.Decimal, store.Text, store.Bytes:
		p.AddNumber(n, 0)
	}
}

// decodeNew renders an id whose head has come into the dictionary since the
// query began, here or in another process.
func (r *rows) decodeNew(id *[18]byte, n int64) bool {
	if n < 0 {
		return false
	}
	if r.ids = r.t.db.heads.Decoder(); r.ids.Decode(id, n) {
		return true
	}
	if err := r.t.db.loadHeads(r.ctx); err != nil {
		return false
	}
	r.ids = r.t.db.heads.Decoder()
	return r.ids.Decode(id, n)
}

func addFloat(p *record.Page, f float64) error {
	n, scale, ok := store.OfFloat(f, 0)
	if !ok {
		return store.ErrRange
	}
	p.AddNumber(n, scale)
	return nil
}

// addNumeric appends a decimal in text form.
func addNumeric(p *record.Page, b []byte) error {
	var n int64
	var scale uint8
	neg, point, digits := false, false, 0
	for _, c := range b {
		switch {
		case c == '-':
			neg = true
		case c == '.':
			point = true
		case c >= '0' && c <= '9':
			if digits++; digits > 18 {
				return addLongNumeric(p, b)
			}
			n = n*10 + int64(c-'0')
			if point {
				scale++
			}
		default: // NaN, Infinity
			return fmt.Errorf("%w: %s", store.ErrRange, b)
		}
	}
	if neg {
		n = -n
	}
	p.AddNumber(n, scale)
	return nil
}

func addLongNumeric(p *record.Page, b []byte) error {
	n, scale, ok := record.ParseDecimal(string(b))
	if !ok {
		return fmt.Errorf("%w: %s", store.ErrRange, b)
	}
	p.AddNumber(n, scale)
	return nil
}
