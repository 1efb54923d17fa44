package soql

import (
	"strconv"
	"strings"

	"stoa/internal/fault"
)

// ParseSearch reads a search. Errors are *fault.Error.
func ParseSearch(text string) (*Search, error) {
	if err := readable(text, fault.MalformedSearch, "SOSL statements"); err != nil {
		return nil, err
	}
	p := parser{text: text, code: fault.MalformedSearch}
	s := p.search()
	p.wantEnd()
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

func (p *parser) search() *Search {
	s := &Search{In: "ALL"}
	from, to := p.braces()
	if p.err != nil {
		return s
	}
	p.tokens = lex(p.text, to+1)
	s.Text = p.text[from:to]
	s.Term = p.term(from, to)
	if p.key("IN") {
		s.In = p.oneOf("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR").Text
		p.wantKey("FIELDS")
	}
	if p.key("RETURNING") {
		s.Targets = append(s.Targets, p.target())
		for p.mark(",") {
			s.Targets = append(s.Targets, p.target())
		}
	}
	for p.tok().is("WITH") {
		s.With = append(s.With, p.searchWith())
	}
	if p.key("LIMIT") {
		s.Limit = p.number()
	}
	s.Update = p.update()
	for _, t := range s.Targets {
		if t.Offset != nil && len(s.Targets) > 1 {
			p.failAt(t.Offset.Pos, "OFFSET is allowed only where one object is searched")
		}
	}
	return s
}

// braces reads FIND {…} and returns where the term between the braces begins and ends.
func (p *parser) braces() (from, to int) {
	start := len(p.text) - len(strings.TrimLeft(p.text, " \t\r\n"))
	rest := p.text[start:]
	if len(rest) < 4 || !strings.EqualFold(rest[:4], "FIND") {
		p.tokens = lex(p.text, start)
		p.unexpected()
		return 0, 0
	}
	rest = strings.TrimLeft(rest[4:], " \t\r\n")
	from = len(p.text) - len(rest) + 1
	if strings.HasPrefix(rest, "{") {
		for i := from; i < len(p.text); i++ {
			switch p.text[i] {
			case '\\':
				i++
			case '{':
				p.failAt(i, "unexpected token: {")
				return 0, 0
			case '}':
				return from, i
			}
		}
	}
	p.fail(fault.New(p.code, "No search term found. The search term must be enclosed in braces."))
	return 0, 0
}

// target reads an object of RETURNING and what is asked of it.
func (p *parser) target() Target {
	t := Target{Object: p.name()}
	if !p.mark("(") {
		return t
	}
	t.Select = append(t.Select, p.searchField())
	for p.mark(",") {
		t.Select = append(t.Select, p.searchField())
	}
	if p.key("WHERE") {
		t.Where = p.condition(inSearchWhere)
	}
	if p.key("USING") {
		p.wantKey("LISTVIEW")
		p.wantMark("=")
		view := p.name()
		t.ListView = &view
	}
	t.OrderBy = p.orderBy(inSearchOrder)
	if p.key("LIMIT") {
		t.Limit = p.number()
	}
	if p.key("OFFSET") {
		if t.Offset = p.number(); t.Offset != nil && t.Offset.N > maxOffset {
			p.fail(fault.New(fault.NumberOutsideValidRange, "SOSL offset should be between 0 to 2000"))
		}
	}
	p.wantMark(")")
	return t
}

// searchField reads a path, or a function with its alias.
func (p *parser) searchField() SelectItem {
	item := SelectItem{Column: p.operand(inSearch)}
	if _, call := item.Column.(*Call); call && p.tok().kind == tokIdent && !notAlias(p.tok()) && !p.clause() {
		alias := p.name()
		item.Alias = &alias
	}
	return item
}

func (p *parser) searchWith() SearchWith {
	w := SearchWith{Pos: p.advance().pos}
	w.Kind = p.oneOf("DIVISION", "DATA", "NETWORK", "SNIPPET", "PRICEBOOKID", "METADATA", "HIGHLIGHT", "SPELL_CORRECTION",
		"USER_MODE", "SYSTEM_MODE").Text
	switch w.Kind {
	case "DATA":
		p.wantKey("CATEGORY")
		w.Kind, w.Categories = "DATA CATEGORY", p.categories()
	case "DIVISION", "PRICEBOOKID", "METADATA":
		w.Values = p.withValue(String)
	case "SPELL_CORRECTION":
		w.Values = p.withValue(Bool)
	case "NETWORK":
		if !p.key("IN") {
			w.Values = p.withValue(String)
			break
		}
		var e Predicate
		p.strings(&e)
		w.Values = e.Values
	case "SNIPPET":
		if p.mark("(") {
			p.wantKey("target_length")
			p.wantMark("=")
			w.Length = p.length()
			p.wantMark(")")
		}
	}
	return w
}

// length reads a whole number; one below zero is taken for zero.
func (p *parser) length() *Int {
	t := p.tok()
	if digits, below := strings.CutPrefix(t.text, "-"); below && t.kind == tokNumber && strings.Trim(digits, "0123456789") == "" {
		p.advance()
		return &Int{Pos: t.pos}
	}
	return p.number()
}

// withValue reads = and a literal of a kind.
func (p *parser) withValue(k Kind) []Literal {
	p.wantMark("=")
	t := p.tok()
	if k == String && t.kind != tokString && !t.isMark(":") || k == Bool && !t.isOneOf("TRUE", "FALSE") {
		p.unexpected()
	}
	return []Literal{p.value()}
}

// String returns s as one line of SOSL. It parses to the same tree.
func (s *Search) String() string {
	var p printer
	p.raw("FIND {", s.Text, "} IN ", s.In, " FIELDS")
	for i, t := range s.Targets {
		if i == 0 {
			p.raw(" RETURNING ")
		} else {
			p.raw(", ")
		}
		p.target(t)
	}
	for _, w := range s.With {
		p.searchWith(w)
	}
	p.limits(s.Limit, nil)
	p.update(s.Update)
	return string(p.b)
}

func (p *printer) target(t Target) {
	p.raw(t.Object.Text)
	if len(t.Select) == 0 {
		return
	}
	p.raw("(")
	p.selectList(t.Select)
	if t.Where != nil {
		p.raw(" WHERE ")
		p.expr(t.Where, false)
	}
	if t.ListView != nil {
		p.raw(" USING Listview = ", t.ListView.Text)
	}
	p.orderBy(t.OrderBy)
	p.limits(t.Limit, t.Offset)
	p.raw(")")
}

func (p *printer) searchWith(w SearchWith) {
	p.raw(" WITH ", w.Kind)
	switch {
	case w.Categories != nil:
		p.raw(" ")
		p.categories(w.Categories)
	case w.Length != nil:
		p.raw("(target_length = ", strconv.Itoa(w.Length.N), ")")
	case w.Kind == "NETWORK":
		p.raw(" IN (")
		p.list(len(w.Values), func(i int) { p.literal(w.Values[i]) })
		p.raw(")")
	case len(w.Values) == 1:
		p.raw(" = ")
		p.literal(w.Values[0])
	}
}
