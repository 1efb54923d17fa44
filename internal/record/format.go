package record

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendDecimal appends coefficient × 10^-scale without trailing zeros: 1250, 2 gives 12.5.
func AppendDecimal(dst []byte, coefficient int64, scale uint8) []byte {
	for scale > 0 && coefficient%10 == 0 {
		coefficient /= 10
		scale--
	}
	if scale == 0 {
		return strconv.AppendInt(dst, coefficient, 10)
	}
	u := uint64(coefficient)
	if coefficient < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var b [24]byte
	digits := strconv.AppendUint(b[:0], u, 10)
	if pad := int(scale) + 1 - len(digits); pad > 0 {
		digits = append(digits, make([]byte, pad)...)
		copy(digits[pad:], digits)
		for i := range pad {
			digits[i] = '0'
		}
	}
	cut := len(digits) - int(scale)
	dst = append(dst, digits[:cut]...)
	dst = append(dst, '.')
	return append(dst, digits[cut:]...)
}

// ParseDecimal reads a decimal, exponent allowed. ok is false where s is none
// or needs more than 18 digits; digits beyond 18 places are rounded half up.
func ParseDecimal(s string) (coefficient int64, scale uint8, ok bool) {
	neg := false
	switch {
	case strings.HasPrefix(s, "-"):
		neg, s = true, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e < -400 || e > 400 {
			return 0, 0, false
		}
		exp, s = e, s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" {
		return 0, 0, false
	}
	digits := whole + frac
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, 0, false
		}
	}
	places := len(frac) - exp
	digits = strings.TrimLeft(digits, "0")
	for places > 0 && strings.HasSuffix(digits, "0") {
		digits, places = digits[:len(digits)-1], places-1
	}
	if digits == "" {
		return 0, 0, true
	}
	for places < 0 {
		digits, places = digits+"0", places+1
		if len(digits) > 18 {
			return 0, 0, false
		}
	}
	up := false
	for places > 0 && (len(digits) > 18 || places > 18) {
		if digits == "" {
			up = false
			places--
			continue
		}
		up = digits[len(digits)-1] >= '5'
		digits, places = digits[:len(digits)-1], places-1
	}
	if len(digits) > 18 {
		return 0, 0, false
	}
	var n int64
	for i := range len(digits) {
		n = n*10 + int64(digits[i]-'0')
	}
	if up {
		n++
	}
	if neg {
		n = -n
	}
	return n, uint8(places), true
}

// Rescale returns coefficient × 10^-from with to places, rounded half up (away
// from zero); ok is false where it does not fit.
func Rescale(coefficient int64, from, to uint8) (n int64, ok bool) {
	for from < to {
		if coefficient > 1<<63/10-1 || coefficient < -(1<<63/10-1) {
			return 0, false
		}
		coefficient, from = coefficient*10, from+1
	}
	if from == to {
		return coefficient, true
	}
	div := int64(1)
	for ; from > to; from-- {
		if div > 1e17 {
			return 0, true
		}
		div *= 10
	}
	q, r := coefficient/div, coefficient%div
	switch {
	case r*2 >= div:
		q++
	case -r*2 >= div:
		q--
	}
	return q, true
}

// AppendDate appends the day as YYYY-MM-DD.
func AppendDate(dst []byte, days int64) []byte {
	y, m, d := civil(days)
	dst = append(dst, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-')
	dst = append(dst, byte('0'+m/10), byte('0'+m%10), '-')
	return append(dst, byte('0'+d/10), byte('0'+d%10))
}

// AppendDateTime appends the moment as YYYY-MM-DDThh:mm:ss, without fraction
// and zone, which the API writes in more than one way.
func AppendDateTime(dst []byte, seconds int64) []byte {
	days, rest := seconds/86400, seconds%86400
	if rest < 0 {
		days, rest = days-1, rest+86400
	}
	dst = AppendDate(dst, days)
	h, m, s := rest/3600, rest/60%60, rest%60
	return append(dst, 'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
}

// AppendTime appends the time of day as hh:mm:ss.SSSZ.
func AppendTime(dst []byte, ms int64) []byte {
	h, m, s, f := ms/3600000, ms/60000%60, ms/1000%60, ms%1000
	dst = append(dst, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
	return append(dst, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10), 'Z')
}

// civil returns year, month and day of a count of days since 1970-01-01.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
func civil(days int64) (y, m, d int64) {
	z := days + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

const hexDigits = "0123456789abcdef"

// plain tells which bytes stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := byte(0x20); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<'
	}
	return t
}()

// AppendJSON appends s as a JSON string. Invalid UTF-8 becomes U+FFFD, and
// what would end a script element is escaped.
func AppendJSON(dst []byte, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), `\ufffd`...)
				i, from = i+1, i+1
				continue
			}
			if r == '\u2028' || r == '\u2029' {
				dst = append(append(dst, s[from:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&0xF])
				i, from = i+n, i+n
				continue
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '<': // > and & stay as they are: only this can open a tag
			dst = append(dst, `\u003c`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&0xF])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
