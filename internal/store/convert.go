package store

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stoa/internal/record"
)

// What the dialects do alike to values on their way in and out.

// Scaled returns a Number as a count of 10^-scale. exact is false where digits
// were lost, by rounding half away from zero; ok is false where it does not fit.
func Scaled(v record.Value, scale uint8) (n int64, exact, ok bool) {
	n, has := v.Decimal()
	for ; has < scale; has++ {
		if n > math.MaxInt64/10 || n < math.MinInt64/10 {
			return 0, false, false
		}
		n *= 10
	}
	exact = true
	var last int64
	for ; has > scale; has-- {
		exact = exact && n%10 == 0
		last, n = n%10, n/10
	}
	if last >= 5 {
		n++
	} else if last <= -5 {
		n--
	}
	return n, exact, true
}

// ScaledFloat returns a Number times 10^scale as a float that compares with
// whole numbers as the Number itself does.
func ScaledFloat(v record.Value, scale uint8) float64 {
	n, has := v.Decimal()
	if has > scale { // digits behind the last that the column has: halfway to the next whole number
		unit := int64(1)
		for range has - scale {
			if unit > math.MaxInt64/10 {
				break
			}
			unit *= 10
		}
		floor := n / unit
		if n < 0 && n%unit != 0 {
			floor--
		}
		if floor < 1<<52 && floor > -1<<52 {
			return float64(floor) + 0.5
		}
	}
	return float64(n) * math.Pow10(int(scale)-int(has))
}

// floatDigits is how many digits of a float are taken as meant.
const floatDigits = 15

// OfFloat returns f, divided by 10^scale, as a decimal of at most 15
// significant digits; ok is false where it does not fit.
func OfFloat(f float64, scale uint8) (coefficient int64, places uint8, ok bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, 0, false
	}
	var b [32]byte
	text := strconv.AppendFloat(b[:0], f, 'e', floatDigits-1, 64)
	neg := text[0] == '-'
	if neg {
		text = text[1:]
	}
	exp := 0
	for i, c := range text {
		if c == 'e' {
			exp, _ = strconv.Atoi(string(text[i+1:]))
			break
		}
		if c != '.' {
			coefficient = coefficient*10 + int64(c-'0')
		}
	}
	if coefficient == 0 {
		return 0, 0, true
	}
	p := floatDigits - 1 - exp + int(scale)
	for coefficient%10 == 0 {
		coefficient, p = coefficient/10, p-1
	}
	for ; p > 18; p-- {
		coefficient = (coefficient + 5) / 10
	}
	for ; p < 0; p++ {
		if coefficient > math.MaxInt64/10 {
			return 0, 0, false
		}
		coefficient *= 10
	}
	if neg {
		coefficient = -coefficient
	}
	return coefficient, uint8(p), true
}

// CleanText returns s as both engines can keep it: without NUL, and in UTF-8.
// What is not is replaced by U+FFFD.
func CleanText(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// OfArg returns the id that a value stands for, "" where it stands for none.
func OfArg(v record.Value) record.ID {
	if id := v.ID(); id != "" {
		return id
	}
	id, err := record.ParseID(v.Text())
	if err != nil {
		return ""
	}
	return id
}

// ValidZone returns an error unless zone is the name of a time zone, of which it
// is then certain that it holds nothing but letters, digits and / _ + -.
func ValidZone(zone string) error {
	for i := range len(zone) {
		switch c := zone[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '_', c == '+', c == '-':
		default:
			return fmt.Errorf("%q is no time zone", zone)
		}
	}
	_, err := time.LoadLocation(zone)
	return err
}

// FitsDecimal reports whether n has at most the 18 digits of a Decimal.
func FitsDecimal(n int64) bool { return n < 1e18 && n > -1e18 }
