package postgres

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Arguments travel as text, except bytes.

// unknown is what an id is compared as whose head the org has never seen.
const unknown = -1

// appendArg appends the text of an argument of a statement; null is true where it is null.
func (t *tx) appendArg(dst []byte, a *store.Arg, add bool) (_ []byte, null bool, err error) {
	switch {
	case a.IDs != nil:
		dst = append(dst, '{')
		from := len(dst)
		for _, id := range a.IDs {
			n, err := t.encode(id, false)
			if err != nil {
				return dst, false, err
			}
			if n == unknown {
				continue
			}
			if len(dst) > from {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, n, 10)
		}
		return append(dst, '}'), false, nil
	case a.Raw != nil && a.Class == store.Bytes:
		return append(dst, a.Raw...), false, nil
	case a.Raw != nil:
		return append(dst, store.CleanText(string(a.Raw))...), false, nil
	case a.Value.IsNull():
		return dst, true, nil
	case (a.Class == store.Int || a.Class == store.Decimal) && a.Value.Kind() == record.Number:
		n, scale := a.Value.Decimal()
		return record.AppendDecimal(dst, n, scale), false, nil
	}
	return t.appendValue(dst, &store.Column{Class: a.Class, Scale: a.Scale}, a.Value, add)
}

// appendValue appends the text of v as column c takes it.
func (t *tx) appendValue(dst []byte, c *store.Column, v record.Value, add bool) (_ []byte, null bool, err error) {
	if v.IsNull() {
		if c.Class == store.Bool {
			return append(dst, 'f'), false, nil
		}
		return dst, true, nil
	}
	switch c.Class {
	case store.Bool:
		if v.Bool() {
			return append(dst, 't'), false, nil
		}
		return append(dst, 'f'), false, nil
	case store.Int, store.Decimal:
		n, _, ok := store.Scaled(v, c.Scale)
		if !ok || c.Class == store.Decimal && !store.FitsDecimal(n) {
			return dst, false, fmt.Errorf("%w: %s in column %s", store.ErrRange, v, c.Name)
		}
		return record.AppendDecimal(dst, n, c.Scale), false, nil
	case store.Text:
		text := v.Text()
		if k := v.Kind(); k != record.Text && k != record.Ref {
			text = v.String()
		}
		return append(dst, store.CleanText(text)...), false, nil
	case store.Date:
		return record.AppendDate(dst, v.Int()), false, nil
	case store.DateTime:
		return append(record.AppendDateTime(dst, v.Int()), 'Z'), false, nil
	case store.Time:
		dst = record.AppendTime(dst, v.Int())
		return dst[:len(dst)-1], false, nil
	case store.ID:
		n, err := t.encode(store.OfArg(v), add)
		return strconv.AppendInt(dst, n, 10), false, err
	case store.Bytes:
		return append(dst, v.Text()...), false, nil
	}
	return dst, true, nil
}

// params returns the arguments of a statement as the server takes them.
func (t *tx) params(args []store.Arg, add bool) (values [][]byte, formats []int16, err error) {
	values, formats = make([][]byte, len(args)), make([]int16, len(args))
	size := 0
	for i := range args {
		size += len(args[i].Raw) + len(args[i].Value.Text()) + 24 + 20*len(args[i].IDs)
	}
	buf := make([]byte, 0, size)
	for i := range args {
		from := len(buf)
		var null bool
		if buf, null, err = t.appendArg(buf, &args[i], add); err != nil {
			return nil, nil, err
		}
		if !null {
			values[i] = buf[from:len(buf):len(buf)]
		}
		if args[i].Class == store.Bytes {
			formats[i] = inBinary
		}
	}
	return values, formats, nil
}

// appendRow appends the values of a row, each folded column followed by its
// shadow, by calling add with each one's text.
func (t *tx) appendRow(cols []store.Column, row []record.Value, buf []byte, add func(i int, c *store.Column, text []byte, null bool)) ([]byte, error) {
	at := 0
	for i := range cols {
		text, null, err := t.appendValue(buf[:0], &cols[i], row[i], true)
		if err != nil {
			return buf, err
		}
		buf = text
		add(at, &cols[i], text, null)
		at++
		if cols[i].Folded {
			add(at, &store.Column{Class: store.Text}, []byte(record.Fold(string(text))), null)
			at++
		}
	}
	return buf, nil
}

// appendElement appends an element of an array literal.
func appendElement(dst []byte, c *store.Column, text []byte, null bool) []byte {
	switch {
	case null:
		return append(dst, "NULL"...)
	case c.Class == store.Bytes:
		return append(hex.AppendEncode(append(dst, `"\\x`...), text), '"')
	case c.Class == store.Text:
		dst = append(dst, '"')
		for _, b := range text {
			if b == '"' || b == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, b)
		}
		return append(dst, '"')
	default:
		return append(dst, text...)
	}
}

// appendCopy appends a field of COPY's text format.
func appendCopy(dst []byte, c *store.Column, text []byte, null bool) []byte {
	switch {
	case null:
		return append(dst, `\N`...)
	case c.Class == store.Bytes:
		return hex.AppendEncode(append(dst, `\\x`...), text)
	case c.Class == store.Text:
		for _, b := range text {
			switch b {
			case '\\':
				dst = append(dst, `\\`...)
			case '\n':
				dst = append(dst, `\n`...)
			case '\r':
				dst = append(dst, `\r`...)
			case '\t':
				dst = append(dst, `\t`...)
			default:
				dst = append(dst, b)
			}
		}
		return dst
	default:
		return append(dst, text...)
	}
}

// typeOf returns the type that the server keeps a class as.
func typeOf(c store.Class) string {
	switch c {
	case store.Bool:
		return "boolean"
	case store.Decimal:
		return "numeric"
	case store.Text:
		return "text"
	case store.Date:
		return "date"
	case store.DateTime:
		return "timestamptz"
	case store.Time:
		return "time"
	case store.Bytes:
		return "bytea"
	case store.Int, store.ID:
		return "bigint"
	}
	return "text"
}

// unnest writes a table of rows out of one array argument a column: unnest($1::bigint[], …).
func unnest(b *strings.Builder, cols []store.Column) {
	b.WriteString("unnest(")
	for i, c := range cols {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::" + typeOf(c.Class) + "[]")
	}
	b.WriteString(")")
}
