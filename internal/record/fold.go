package record

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns s as comparisons see it: letter case does not count, accents
// do. The dialects' fold() answers the same for every text (storetest holds them to it).
func Fold(s string) string {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return strings.Map(foldRune, s)
		}
		if c >= 'A' && c <= 'Z' {
			return foldASCII(s, i)
		}
	}
	return s
}

func foldASCII(s string, from int) string {
	b := []byte(s)
	for i := from; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return strings.Map(foldRune, s)
		}
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// foldRune maps one rune to its simple lower case; both forms of the small
// sigma are one letter, and the dotted capital I loses its dot.
func foldRune(r rune) rune {
	if r == 'ς' {
		return 'σ'
	}
	return unicode.ToLower(r)
}
