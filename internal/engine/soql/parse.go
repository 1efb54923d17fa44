package soql

import (
	"strings"

	"stoa/internal/fault"
)

// A parser reads tokens by recursive descent. Its first error sticks: fail moves it to the end of the tokens, where
// every further step finds nothing, so that no step has to ask how the one before went.
type parser struct {
	text   string
	tokens []token // ends in a tokEnd or a tokBad
	i      int
	depth  int // of parentheses, NOTs and child queries
	code   fault.Code
	err    error

	levels    int // of queries in each other
	children  int // child queries so far
	semiJoins int
}

func (p *parser) tok() token { return p.tokens[p.i] }

// ahead returns the token n places on, or the last one.
func (p *parser) ahead(n int) token { return p.tokens[min(p.i+n, len(p.tokens)-1)] }

func (p *parser) advance() token {
	t := p.tok()
	if p.i < len(p.tokens)-1 {
		p.i++
	}
	return t
}

// fail keeps the first error and ends the reading.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tokens = []token{{kind: tokEnd, pos: len(p.text)}}
	p.i = 0
}

// failAt fails with, in a query, an excerpt that points at pos.
func (p *parser) failAt(pos int, message string) {
	if p.code == fault.MalformedQuery {
		message = Excerpt(p.text, pos, message)
	}
	p.fail(&fault.Error{Code: p.code, Message: message})
}

// unexpected fails at the token ahead.
func (p *parser) unexpected() {
	switch t := p.tok(); t.kind {
	case tokBad:
		p.fail(&fault.Error{Code: p.code, Message: t.message}) // has its own line and column
	case tokEnd:
		p.unexpectedText(t.pos, "<EOF>")
	default:
		p.unexpectedText(t.pos, t.text)
	}
}

// unexpectedText fails at a text that has no business at pos. A search shows it without quotes.
func (p *parser) unexpectedText(pos int, text string) {
	if p.code == fault.MalformedQuery {
		text = "'" + text + "'"
	}
	p.failAt(pos, "unexpected token: "+text)
}

// mark takes a mark if it is ahead; wantMark fails without.
func (p *parser) mark(text string) bool {
	if t := p.tok(); t.kind != tokMark || t.text != text {
		return false
	}
	p.advance()
	return true
}

func (p *parser) wantMark(text string) {
	if !p.mark(text) {
		p.unexpected()
	}
}

func (t token) isMark(text string) bool { return t.kind == tokMark && t.text == text }

// is reports whether a token is a keyword.
func (t token) is(keyword string) bool {
	return t.kind == tokIdent && strings.EqualFold(t.text, keyword)
}

// isOneOf reports whether a token is one of several keywords.
func (t token) isOneOf(keywords ...string) bool {
	for _, k := range keywords {
		if t.is(k) {
			return true
		}
	}
	return false
}

// key takes keywords if all of them are ahead; wantKey fails without.
func (p *parser) key(keywords ...string) bool {
	for n, k := range keywords {
		if !p.ahead(n).is(k) {
			return false
		}
	}
	for range keywords {
		p.advance()
	}
	return true
}

func (p *parser) wantKey(keyword string) {
	if !p.key(keyword) {
		p.unexpected()
	}
}

// oneOf takes one of several keywords and returns it in upper case.
func (p *parser) oneOf(keywords ...string) Name {
	t := p.tok()
	if !t.isOneOf(keywords...) {
		p.unexpected()
		return Name{}
	}
	p.advance()
	return Name{Text: strings.ToUpper(t.text), Pos: t.pos}
}

// name takes an identifier. Keywords are names, where they do not end the list or the clause that the name is in.
func (p *parser) name() Name {
	t := p.tok()
	if t.kind != tokIdent || notName(t) {
		p.unexpected()
		return Name{}
	}
	p.advance()
	return Name{Text: t.text, Pos: t.pos}
}

// notName reports whether a token cannot begin a field path or name an object.
func notName(t token) bool {
	return t.isOneOf("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "INCLUDES", "EXCLUDES", "NULL", "NULLS",
		"ASC", "DESC", "USING", "WITH", "HAVING", "LIMIT")
}

// notAlias reports whether a token is a word that the reference keeps from being an alias.
func notAlias(t token) bool {
	return notName(t) || t.isOneOf("FIRST", "LAST", "GROUP", "ORDER")
}

func (p *parser) path() Path {
	n := p.name()
	path := Path{Names: []string{n.Text}, Pos: n.Pos}
	for p.mark(".") {
		t := p.tok()
		if t.kind != tokIdent {
			p.unexpected()
			break
		}
		p.advance()
		path.Names = append(path.Names, t.text)
	}
	return path
}

func (p *parser) pathNode() *Path {
	path := p.path()
	return &path
}

// wantEnd fails unless everything was read.
func (p *parser) wantEnd() {
	if p.err == nil && p.tok().kind != tokEnd {
		p.unexpected()
	}
}

// deeper enters a level of nesting and reports whether that is allowed.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(fault.New(fault.QueryTooComplicated,
			"Query is either selecting too many fields or the filter conditions are too complicated."))
		return false
	}
	return true
}

// number takes a whole number that is not negative. What does not fit is taken for the largest that does.
func (p *parser) number() *Int {
	t := p.tok()
	if t.isMark(":") {
		p.bind()
		return nil
	}
	if t.kind != tokNumber || strings.Trim(t.text, "0123456789") != "" {
		p.unexpected()
		return nil
	}
	p.advance()
	return &Int{N: atoi(t.text), Pos: t.pos}
}

// atoi returns the value of digits, at most 2³¹-1.
func atoi(digits string) int {
	const largest = 1<<31 - 1
	n := 0
	for _, c := range []byte(digits) {
		if n = n*10 + int(c-'0'); n > largest {
			return largest
		}
	}
	return n
}

// bind fails at a bind variable.
func (p *parser) bind() {
	p.fail(fault.New(p.code, "Bind variables only allowed in Apex code"))
}
