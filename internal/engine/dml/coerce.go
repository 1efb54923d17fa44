package dml

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// coerce returns what a client sent for a field as a value of the field's kind,
// or why it does not fit. Booleans and numbers may come as text, as the
// clients of command lines and CSV files send them.
func coerce(f *catalog.Field, v record.Value, o *Options) (record.Value, *fault.Error) {
	if v.IsNull() {
		return null(f), nil
	}
	switch f.Type.Kind {
	case record.Bool:
		return coerceBool(f, v)
	case record.Number:
		return coerceNumber(f, v)
	case record.Date, record.DateTime, record.Time:
		return coerceTime(f, v)
	case record.Ref:
		return coerceID(f, v)
	case record.Text:
		return coerceText(f, v, o)
	case record.Bytes:
		return coerceBytes(f, v)
	case record.Null:
		return record.Value{}, nil
	default:
		return record.Value{}, mismatch(f, v)
	}
}

// null returns what a field holds when it holds nothing: a checkbox is false then.
func null(f *catalog.Field) record.Value {
	if f.Type.Kind == record.Bool {
		return record.OfBool(false)
	}
	return record.Value{}
}

// mismatch says that a value is not of the field's type, in the words of the API's own reader.
func mismatch(f *catalog.Field, v record.Value) *fault.Error {
	return fault.New(fault.JSONParserError, "Cannot deserialize instance of %s from %s value %s or request may be missing a required field",
		f.Type.Name, token(v), v).On(f.Name)
}

// token names the kind of a value as a JSON reader does.
func token(v record.Value) string {
	switch v.Kind() {
	case record.Bool:
		if v.Bool() {
			return "VALUE_TRUE"
		}
		return "VALUE_FALSE"
	case record.Number:
		if _, scale := v.Decimal(); scale > 0 {
			return "VALUE_NUMBER_FLOAT"
		}
		return "VALUE_NUMBER_INT"
	case record.Null:
		return "VALUE_NULL"
	case record.Text, record.Date, record.DateTime, record.Time, record.Ref, record.Bytes:
		return "VALUE_STRING"
	default:
		return "VALUE_STRING"
	}
}

func coerceBool(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	switch v.Kind() {
	case record.Bool:
		return v, nil
	case record.Number:
		switch n, scale := v.Decimal(); {
		case n == 0:
			return record.OfBool(false), nil
		case n == 1 && scale == 0:
			return record.OfBool(true), nil
		}
	case record.Text:
		switch s := strings.TrimSpace(v.Text()); {
		case s == "":
			return record.OfBool(false), nil
		case s == "1" || strings.EqualFold(s, "true"):
			return record.OfBool(true), nil
		case s == "0" || strings.EqualFold(s, "false"):
			return record.OfBool(false), nil
		}
	}
	return record.Value{}, mismatch(f, v)
}

// Whole-number fields hold what 32 bits hold. Source: xsd:int.
const maxInt, maxDigits = 1<<31 - 1, 18

func coerceNumber(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	var n int64
	var scale uint8
	switch v.Kind() {
	case record.Number:
		n, scale = v.Decimal()
	case record.Text:
		s := strings.TrimSpace(v.Text())
		if s == "" {
			return record.Value{}, nil
		}
		var ok bool
		if n, scale, ok = record.ParseDecimal(s); !ok {
			if isNumeral(s) {
				return record.Value{}, outside(f, v)
			}
			return record.Value{}, mismatch(f, v)
		}
	default:
		return record.Value{}, mismatch(f, v)
	}
	n, ok := record.Rescale(n, scale, uint8(f.Scale))
	if !ok || !fits(f, n) {
		return record.Value{}, outside(f, v)
	}
	return record.OfDecimal(n, uint8(f.Scale)), nil
}

// fits reports whether n units of the field's last place are within its range.
func fits(f *catalog.Field, n int64) bool {
	digits := f.Precision
	if digits <= 0 || digits > maxDigits {
		digits = maxDigits
	}
	limit := pow10(digits) - 1
	if f.Type == &catalog.Int {
		limit = maxInt
	}
	if f.Compound != "" {
		switch {
		case strings.Contains(f.Name, "Latitude"):
			limit = 90 * pow10(f.Scale)
		case strings.Contains(f.Name, "Longitude"):
			limit = 180 * pow10(f.Scale)
		}
	}
	return n >= -limit && n <= limit
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// isNumeral reports whether s is written like a number, however large.
func isNumeral(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && !strings.ContainsAny(s, "xXpPnNiI_") || err != nil && strings.Contains(err.Error(), "out of range")
}

func outside(f *catalog.Field, v record.Value) *fault.Error {
	return fault.New(fault.NumberOutsideValidRange, "%s: value outside of valid range on numeric field: %s", f.Label, v).On(f.Name)
}

func coerceID(f *catalog.Field, v record.Value) (record.Value, *fault.Error) {
	switch v.Kind() {
	case record.Ref:
		return v, nil
	case record.Text:
		s := strings.TrimSpace(v.Text())
		if s == "" {
			return record.Value{}, nil
		}
		id, err := record.ParseID(s)
		if err != nil {
			return record.Value{}, wrongID(f, s)
		}
		if id == record.NoID {
			return record.Value{}, nil
		}
		return record.OfID(id), nil
	default:
		return record.Value{}, mismatch(f, v)
	}
}

func wrongID(f *catalog.Field, s string) *fault.Error {
	return fault.New(fault.MalformedID, "%s: id value of incorrect type: %s", f.Label, s).On(f.Name)
}

func coerceText(f *catalog.Field, v record.Value, o *Options) (record.Value, *fault.Error) {
	var s string
	switch v.Kind() {
	case record.Text, record.Ref:
		s = v.Text()
	case record.Bool, record.Number, record.Date, record.DateTime, record.Time:
		s = v.String()
	default:
		return record.Value{}, mismatch(f, v)
	}
	s = clean(s)
	if !f.Type.KeepsSpace {
		s = strings.TrimSpace(s)
	}
	if s == "" {
		return record.Value{}, nil
	}
	if f.Type.Picklist {
		var err *fault.Error
		if s, err = pick(f, s); err != nil {
			return record.Value{}, err
		}
	}
	if f.Type == &catalog.Email && !isEmail(s) {
		return record.Value{}, fault.New(fault.InvalidEmail, "%s: invalid email address: %s", f.Label, s).On(f.Name)
	}
	if f.Length > 0 && len(s) > f.Length {
		if n := utf8.RuneCountInString(s); n > f.Length {
			if !o.AllowTruncate {
				return record.Value{}, fault.New(fault.StringTooLong, "%s: data value too large: %s (max length=%d)", f.Label, s, f.Length).On(f.Name)
			}
			s = cut(s, f.Length)
		}
	}
	return record.OfText(s), nil
}

// clean returns s without control characters (but tab and line ends) and without bytes that are no UTF-8.
func clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, isControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func isControl(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r >= 0x7f && r < 0xa0
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// isEmail reports whether s has the form of an address: one @, a local part of the
// characters that RFC 5322 allows outside quotes, and a domain of two labels or more.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 {
		return false
	}
	for i := range at {
		c := s[i]
		dot := c == '.'
		if dot && (i == 0 || i == at-1 || s[i-1] == '.') {
			return false
		}
		if !dot && !isLetterOrDigit(c) && c < utf8.RuneSelf && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", rune(c)) {
			return false
		}
	}
	labels := strings.Split(s[at+1:], ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := range len(l) {
			if c := l[i]; !isLetterOrDigit(c) && c != '-' && c < utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}

func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
