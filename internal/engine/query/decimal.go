package query

import (
	"strconv"
	"strings"
)

// A scaled is a decimal literal as a column with some places sees it: the
// largest value of the column that is not greater, and whether it is the literal itself.
type scaled struct {
	floor  int64
	exact  bool
	beyond int // 1 above, -1 below whatever 18 digits can hold
}

// decimalAt reads a decimal literal, exponent allowed, for a column with scale places.
func decimalAt(text string, scale int) scaled {
	neg := strings.HasPrefix(text, "-")
	text = strings.TrimLeft(text, "+-")
	exp := 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil {
			e = 1 << 20
			if strings.Contains(text[i:], "-") {
				e = -e
			}
		}
		exp, text = min(max(e, -1<<16), 1<<16), text[:i]
	}
	whole, frac, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole+frac, "0")
	if digits == "" {
		return scaled{exact: true}
	}
	places := len(frac) - exp // the value is digits × 10^-places
	switch shift := scale - places; {
	case len(digits)+shift > 18:
		if neg {
			return scaled{beyond: -1}
		}
		return scaled{beyond: 1}
	case len(digits)+shift <= 0:
		if neg {
			return scaled{floor: -1}
		}
		return scaled{}
	case shift >= 0:
		n, _ := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
		if neg {
			n = -n
		}
		return scaled{floor: n, exact: true}
	default:
		n, _ := strconv.ParseInt(digits[:len(digits)+shift], 10, 64)
		exact := strings.Trim(digits[len(digits)+shift:], "0") == ""
		if neg {
			n = -n
			if !exact {
				n--
			}
		}
		return scaled{floor: n, exact: exact}
	}
}
