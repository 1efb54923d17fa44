package dml

import (
	"encoding/base64"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// The first and the last day that a field holds, as days since 1970: 1700-12-31 and 4000-12-31. Source: the platform's own limits.
const (
	firstDay = -98251
	lastDay  = 741807
)

// coerceTime reads dates (2026-01-31), moments (ISO 8601 with any offset, or a
// bare date, which is midnight UTC) and times of day (09:05:07.000Z).
func coerceTime(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	got, err := readTime(f, v)
	if err != nil {
		return got, err
	}
	switch {
	case got.Kind() == record.Date && (got.Days() < firstDay || got.Days() > lastDay),
		got.Kind() == record.DateTime && (got.Seconds() < firstDay*86400 || got.Seconds() >= (lastDay+1)*86400):
		return record.Value{}, fault.New(fault.NumberOutsideValidRange, "%s: value outside of valid range on date field: %s", f.Label, v).On(f.Name)
	}
	return got, nil
}

func readTime(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	kind := f.Type.Kind
	switch v.Kind() {
	case kind:
		return v, nil
	case record.Date:
		if kind == record.DateTime {
			return record.OfInstant(v.Instant()), nil
		}
	case record.Text:
		s := strings.TrimSpace(v.Text())
		if s == "" {
			return record.Value{}, nil
		}
		var n int64
		var ok bool
		switch kind {
		case record.Date:
			n, ok = parseDate(s)
			v = record.OfDate(n)
		case record.DateTime:
			n, ok = parseDateTime(s)
			v = record.OfDateTime(n)
		default:
			n, ok = parseTime(s)
			v = record.OfTime(n)
		}
		if ok {
			return v, nil
		}
		return record.Value{}, mismatch(f, record.OfText(s))
	}
	return record.Value{}, mismatch(f, v)
}

// parseDate reads YYYY-MM-DD as days since 1970.
func parseDate(s string) (days int64, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := number(s[:4])
	m, ok2 := number(s[5:7])
	d, ok3 := number(s[8:])
	if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return 0, false
	}
	return t.Unix() / 86400, y > 0 || t.Unix()%86400 == 0
}

// parseDateTime reads YYYY-MM-DDThh:mm[:ss[.fraction]] and an offset (Z, +00:00, +0000, +00
// or none, which is UTC) as seconds since 1970; the fraction is dropped.
func parseDateTime(s string) (seconds int64, ok bool) {
	if len(s) < 10 {
		return 0, false
	}
	days, ok := parseDate(s[:10])
	if !ok {
		return 0, false
	}
	if len(s) == 10 {
		return days * 86400, true
	}
	if s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return 0, false
	}
	ms, rest, ok := clock(s[11:])
	if !ok {
		return 0, false
	}
	offset, ok := zone(rest)
	if !ok {
		return 0, false
	}
	return days*86400 + ms/1000 - offset, true
}

// parseTime reads hh:mm[:ss[.fraction]] with Z, a zero offset or none, as milliseconds since midnight.
func parseTime(s string) (ms int64, ok bool) {
	ms, rest, ok := clock(s)
	if !ok {
		return 0, false
	}
	offset, ok := zone(rest)
	return ms, ok && offset == 0
}

// clock reads a time of day at the start of s and returns what follows it.
func clock(s string) (ms int64, rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, "", false
	}
	h, ok1 := number(s[:2])
	m, ok2 := number(s[3:5])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, "", false
	}
	ms = int64(h)*3600000 + int64(m)*60000
	s = s[5:]
	if len(s) < 3 || s[0] != ':' {
		return ms, s, true
	}
	sec, ok := number(s[1:3])
	if !ok || sec > 59 {
		return 0, "", false
	}
	ms += int64(sec) * 1000
	s = s[3:]
	if len(s) < 2 || s[0] != '.' {
		return ms, s, true
	}
	unit, i := int64(100), 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		ms += unit * int64(s[i]-'0')
		unit /= 10
	}
	return ms, s[i:], i > 1
}

// zone reads an offset from UTC in seconds.
func zone(s string) (seconds int64, ok bool) {
	if s == "" || s == "Z" || s == "z" {
		return 0, true
	}
	digits := strings.Replace(s[1:], ":", "", 1)
	if s[0] != '+' && s[0] != '-' || len(digits) != 2 && len(digits) != 4 {
		return 0, false
	}
	h, ok1 := number(digits[:2])
	m, ok2 := 0, true
	if len(digits) == 4 {
		m, ok2 = number(digits[2:])
	}
	if !ok1 || !ok2 || h > 18 || m > 59 {
		return 0, false
	}
	seconds = int64(h)*3600 + int64(m)*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// number reads digits and nothing else.
func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func coerceBytes(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	switch v.Kind() {
	case record.Bytes:
		return v, nil
	case record.Text:
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v.Text()))
		if err != nil {
			return record.Value{}, fault.New(fault.JSONParserError, "Cannot deserialize instance of base64 from VALUE_STRING value or request may be missing a required field").On(f.Name)
		}
		return record.OfBytes(b), nil
	default:
		return record.Value{}, mismatch(f, v)
	}
}
