package console

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
)

// quote returns s as a SOQL string literal, like a LIKE pattern that matches text as it is, with before and after around it.
func quote(s string) string                  { return org.Quote(s) }
func like(text, before, after string) string { return org.Like(text, before, after) }

// filter is one condition of a list; the operators are as addresses and saved views spell them.
type filter = org.Filter

const (
	opEqual    = org.FilterEqual
	opNot      = org.FilterNot
	opLess     = org.FilterLess
	opMore     = org.FilterMore
	opAtMost   = org.FilterAtMost
	opAtLeast  = org.FilterAtLeast
	opContains = org.FilterContains
	opStarts   = org.FilterStarts
	opBlank    = org.FilterBlank
	opFilled   = org.FilterFilled
)

// find returns text as a SOSL search term between braces, every word matched by its beginning.
func find(text string) string {
	var words []string
	for _, w := range strings.Fields(text) {
		var b strings.Builder
		for _, r := range w {
			switch {
			case r < ' ':
				continue
			case strings.ContainsRune(`?&|!{}[]()^~*:\"'+-`, r):
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		if b.Len() > 0 {
			words = append(words, b.String()+"*")
		}
	}
	return "{" + strings.Join(words, " AND ") + "}"
}

// searchable reports whether text has enough for a search: two letters or digits.
func searchable(text string) bool {
	n := 0
	for _, r := range text {
		if r > '~' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			n++
		}
	}
	return n >= 2
}

// operators returns the operators that make sense for a field, the usual one first.
func operators(f *catalog.Field) []string {
	switch {
	case f.Type.Name == "boolean":
		return []string{opEqual}
	case f.Type.Name == "reference":
		return []string{opContains, opEqual, opBlank, opFilled}
	case f.Type.Name == "multipicklist":
		return []string{opContains, opBlank, opFilled}
	case f.Type.Picklist:
		return []string{opEqual, opNot, opBlank, opFilled}
	case f.Type.Kind == record.Number, f.Type.Kind == record.Date, f.Type.Kind == record.DateTime, f.Type.Kind == record.Time:
		return []string{opEqual, opLess, opMore, opAtMost, opAtLeast, opBlank, opFilled}
	case f.Type.TextLike:
		return []string{opContains, opEqual, opStarts, opNot, opBlank, opFilled}
	default:
		return []string{opEqual, opNot, opBlank, opFilled}
	}
}

// dayWords returns SOQL's words for days, for a filter to be chosen from.
func dayWords() []string { return org.FilterDateLiterals() }
