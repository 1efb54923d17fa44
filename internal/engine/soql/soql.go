// Package soql reads SOQL and SOSL: text → tree → text. It knows no catalog
// and no SQL, so a name is only a name here; its one invariant is that what
// parses prints as text that parses to the same tree.
package soql

import (
	"strings"
	"unicode/utf8"

	"stoa/internal/fault"
)

// Limits of the platform.
const (
	maxLength       = 100_000 // characters of a query
	maxString       = 4_000   // characters of a string in a filter
	maxOffset       = 2_000
	maxChildQueries = 20
	maxQueryLevels  = 5 // a query and four levels of child queries
	maxSemiJoins    = 2
	maxOrderItems   = 32
	maxSubtotals    = 3 // items of ROLLUP and CUBE
)

// maxDepth is how deep conditions nest: ours, so that a tree can be walked by recursion everywhere.
const maxDepth = 200

// Parse reads a query. Beyond the grammar it checks what needs no catalog: the number and nesting of child queries
// and semi-joins, that COUNT() stands alone, the number of order and subtotal items, the largest OFFSET, the length
// of strings. ALL ROWS, FOR UPDATE and WITH SYSTEM_MODE parse; whoever runs the query refuses them where he must.
// Errors are *fault.Error.
func Parse(text string) (*Query, error) { return ParseNested(text, maxQueryLevels) }

// ParseNested is Parse for who may nest fewer queries: levels counts the outermost one.
func ParseNested(text string, levels int) (*Query, error) {
	if err := readable(text, fault.MalformedQuery, "SOQL statements"); err != nil {
		return nil, err
	}
	p := parser{text: text, tokens: lex(text, 0), code: fault.MalformedQuery, levels: min(levels, maxQueryLevels)}
	q := p.query(1)
	p.wantEnd()
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

// readable refuses text that is empty, too long, or no text at all.
func readable(text string, code fault.Code, what string) error {
	switch {
	case strings.Trim(text, " \t\r\n") == "":
		return fault.New(code, "%s cannot be empty or null", what)
	case len(text) > maxLength && utf8.RuneCountInString(text) > maxLength:
		return fault.New(code, "%s can not be longer than %d characters", what, maxLength)
	case !utf8.ValidString(text):
		return fault.New(code, "%s must be encoded in UTF-8", what)
	}
	return nil
}
