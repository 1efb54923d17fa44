package org

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/query/filter"
)

// A Filter is one condition of a list view.
type Filter = filter.Filter

// The operators of filters, as addresses and list views spell them, and who stands for the person who looks.
const (
	FilterEqual    = filter.Equal
	FilterNot      = filter.Not
	FilterLess     = filter.Less
	FilterMore     = filter.More
	FilterAtMost   = filter.AtMost
	FilterAtLeast  = filter.AtLeast
	FilterContains = filter.Contains
	FilterStarts   = filter.Starts
	FilterBlank    = filter.Blank
	FilterFilled   = filter.Filled
	FilterMe       = filter.Me
)

// ParseFilter reads what Filter.String wrote, the others tell what a filter of days may be compared with.
func ParseFilter(s string) (Filter, bool)          { return filter.Parse(s) }
func FilterDay(s string) bool                      { return filter.IsDay(s) }
func FilterDateLiterals() []string                 { return filter.DateLiterals() }
func FilterDateLiteral(text string) (string, bool) { return filter.DateLiteral(text) }

// NamePath returns the path of the name of what a reference points to, such as Contact.Name, "" where it has none.
func NamePath(f *catalog.Field, snap *catalog.Snapshot) string { return filter.NamePath(f, snap) }

// Quote returns s as a SOQL string literal, Like a LIKE pattern that matches text as it is, with before and after around it.
func Quote(s string) string                  { return filter.Quote(s) }
func Like(text, before, after string) string { return filter.Like(text, before, after) }
