// Package record holds the words that everything else speaks: record ids,
// values, records on their way in (Draft) and on their way out (Result). It
// knows no object and no engine; its one invariant is that a Value is exact:
// numbers are decimals and times are whole units, never floats.
package record

import (
	"strconv"
	"time"
)

// A Kind is the shape of a value. JSON, XML, CSV and comparison know kinds and nothing finer.
type Kind uint8

// The kinds.
const (
	Null     Kind = iota
	Bool          // true or false
	Number        // decimal: coefficient × 10^-scale
	Text          // UTF-8
	Date          // days since 1970-01-01
	DateTime      // seconds since 1970-01-01T00:00:00Z
	Time          // milliseconds since midnight
	Ref           // ID
	Bytes         // content, kept beside the row
)

// A Value is one immutable field value. The zero Value is null.
type Value struct {
	kind  Kind
	scale uint8
	n     int64
	s     string
}

// Of… make values.

// OfBool returns a Bool.
func OfBool(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.n = 1
	}
	return v
}

// OfInt returns a Number without fraction.
func OfInt(n int64) Value { return Value{kind: Number, n: n} }

// OfDecimal returns the Number coefficient × 10^-scale.
func OfDecimal(coefficient int64, scale uint8) Value {
	return Value{kind: Number, n: coefficient, scale: scale}
}

// OfText returns a Text, or null for "": the store knows no empty text.
func OfText(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{kind: Text, s: s}
}

// OfDate returns the Date that is days after 1970-01-01.
func OfDate(days int64) Value { return Value{kind: Date, n: days} }

// OfDay returns the Date of t in t's own zone.
func OfDay(t time.Time) Value {
	y, m, d := t.Date()
	return OfDate(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// OfDateTime returns a DateTime of seconds since 1970.
func OfDateTime(seconds int64) Value { return Value{kind: DateTime, n: seconds} }

// OfInstant returns the DateTime of t, without its fraction of a second.
func OfInstant(t time.Time) Value { return OfDateTime(t.Unix()) }

// OfTime returns a Time of milliseconds since midnight.
func OfTime(ms int64) Value { return Value{kind: Time, n: ms} }

// OfID returns a Ref, or null for no id.
func OfID(id ID) Value {
	if id == "" {
		return Value{}
	}
	return Value{kind: Ref, s: string(id)}
}

// OfBytes returns content; b must not change afterwards.
func OfBytes(b []byte) Value { return Value{kind: Bytes, s: string(b)} }

// Kind returns the shape of v.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// Bool returns the Bool v, false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.n != 0 }

// Decimal returns coefficient and scale of the Number v.
func (v Value) Decimal() (coefficient int64, scale uint8) { return v.n, v.scale }

// Int returns the Number v cut to its whole part, or the raw count of a Date, DateTime or Time.
func (v Value) Int() int64 {
	n := v.n
	for range v.scale {
		n /= 10
	}
	return n
}

// Float returns the Number v as a float, for charts and distances only.
func (v Value) Float() float64 {
	f, _ := strconv.ParseFloat(string(AppendDecimal(nil, v.n, v.scale)), 64)
	return f
}

// Text returns the text of a Text, Ref or Bytes.
func (v Value) Text() string { return v.s }

// ID returns the id of a Ref, "" for any other kind.
func (v Value) ID() ID {
	if v.kind != Ref {
		return ""
	}
	return ID(v.s)
}

// Days returns a Date's days since 1970, Seconds a DateTime's seconds and Millis a Time's milliseconds.
func (v Value) Days() int64    { return v.n }
func (v Value) Seconds() int64 { return v.n }
func (v Value) Millis() int64  { return v.n }

// Instant returns the moment of a DateTime, or midnight UTC of a Date.
func (v Value) Instant() time.Time {
	if v.kind == Date {
		return time.Unix(v.n*86400, 0).UTC()
	}
	return time.Unix(v.n, 0).UTC()
}

// String returns v as the API writes it in CSV and in messages: "" for null,
// 18 characters for an id, 2026-01-31T09:05:07.000Z for a DateTime.
func (v Value) String() string { return string(v.Append(nil)) }

// Append appends what String returns.
func (v Value) Append(dst []byte) []byte {
	switch v.kind {
	case Null:
		return dst
	case Bool:
		return strconv.AppendBool(dst, v.n != 0)
	case Number:
		return AppendDecimal(dst, v.n, v.scale)
	case Date:
		return AppendDate(dst, v.n)
	case DateTime:
		return append(AppendDateTime(dst, v.n), ".000Z"...)
	case Time:
		return AppendTime(dst, v.n)
	case Text, Ref, Bytes:
		return append(dst, v.s...)
	default:
		return dst
	}
}
