package rest

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"stoa/internal/fault"
)

// maxDepth is how deep a body may nest. A composite tree needs 5 levels of records.
const maxDepth = 64

// A node is a parsed JSON value that keeps what a record needs and a decoder
// into maps loses: the order of members, repeated ones, and numbers as written.
type node struct {
	kind    nodeKind
	truth   bool
	text    string // of a text, a number as written, or an object as written
	members []member
	items   []node
}

type member struct {
	name  string
	value node
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	textNode
	objectNode
	listNode
)

// get returns the member with a name, nil if there is none; names are compared as written.
func (n *node) get(name string) *node {
	for i := range n.members {
		if n.members[i].name == name {
			return &n.members[i].value
		}
	}
	return nil
}

// str returns the text of a member, "" where there is none.
func (n *node) str(name string) string {
	if m := n.get(name); m != nil && m.kind == textNode {
		return m.text
	}
	return ""
}

// is reports whether a member is true, as a boolean or as text.
func (n *node) is(name string) bool {
	m := n.get(name)
	return m != nil && (m.truth || m.kind == textNode && strings.EqualFold(m.text, "true"))
}

// parseJSON reads one JSON value. Its error is JSON_PARSER_ERROR with line and column, counted from 1.
func parseJSON(body []byte) (node, error) {
	p := parser{s: strings.TrimPrefix(string(body), "\ufeff")}
	p.space()
	if p.i == len(p.s) {
		return node{}, fault.New(fault.JSONParserError, "The HTTP entity body is required, but this request has no entity body.")
	}
	n, err := p.value(0)
	if err != nil {
		return node{}, err
	}
	if p.space(); p.i < len(p.s) {
		return node{}, p.unexpected("the end of the body")
	}
	return n, nil
}

type parser struct {
	s string
	i int
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) at(i int) (line, column int) {
	before := p.s[:i]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

func (p *parser) wrong(i int, format string, args ...any) error {
	line, column := p.at(i)
	return fault.New(fault.JSONParserError, format+" at [line:%d, column:%d]", append(args, line, column)...)
}

func (p *parser) unexpected(want string) error {
	if p.i >= len(p.s) {
		return p.wrong(len(p.s), "Unexpected end-of-input: expected %s", want)
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return p.wrong(p.i, "Unexpected character ('%c' (code %d)): expected %s", r, r, want)
}

func (p *parser) value(depth int) (node, error) {
	if depth > maxDepth {
		return node{}, p.wrong(p.i, "The body nests deeper than %d levels", maxDepth)
	}
	p.space()
	if p.i == len(p.s) {
		return node{}, p.unexpected("a value")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		t, err := p.str()
		return node{kind: textNode, text: t}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case p.word("true"):
		return node{kind: boolNode, truth: true}, nil
	case p.word("false"):
		return node{kind: boolNode}, nil
	case p.word("null"):
		return node{}, nil
	default:
		return node{}, p.unexpected("a value (number, text, list, object, 'true', 'false' or 'null')")
	}
}

func (p *parser) word(w string) bool {
	if strings.HasPrefix(p.s[p.i:], w) {
		p.i += len(w)
		return true
	}
	return false
}

func (p *parser) object(depth int) (node, error) {
	n, from := node{kind: objectNode}, p.i
	p.i++
	if p.space(); p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		n.text = p.s[from:p.i]
		return n, nil
	}
	for {
		p.space()
		if p.i == len(p.s) || p.s[p.i] != '"' {
			return n, p.unexpected("double-quote to start field name")
		}
		name, err := p.str()
		if err != nil {
			return n, err
		}
		if p.space(); p.i == len(p.s) || p.s[p.i] != ':' {
			return n, p.unexpected("a colon to separate field name and value")
		}
		p.i++
		v, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member{name, v})
		p.space()
		switch {
		case p.i < len(p.s) && p.s[p.i] == ',':
			p.i++
		case p.i < len(p.s) && p.s[p.i] == '}':
			p.i++
			n.text = p.s[from:p.i]
			return n, nil
		default:
			return n, p.unexpected("comma to separate OBJECT entries")
		}
	}
}

func (p *parser) list(depth int) (node, error) {
	n := node{kind: listNode}
	p.i++
	if p.space(); p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return n, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, v)
		p.space()
		switch {
		case p.i < len(p.s) && p.s[p.i] == ',':
			p.i++
		case p.i < len(p.s) && p.s[p.i] == ']':
			p.i++
			return n, nil
		default:
			return n, p.unexpected("comma to separate ARRAY entries")
		}
	}
}

func (p *parser) number() (node, error) {
	from := p.i
	if p.s[p.i] == '-' {
		p.i++
	}
	whole := p.digits()
	if whole == 0 {
		return node{}, p.unexpected("a digit")
	}
	if whole > 1 && p.s[p.i-whole] == '0' {
		return node{}, p.wrong(from, "Invalid numeric value: Leading zeroes not allowed")
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if p.digits() == 0 {
			return node{}, p.unexpected("a digit")
		}
	}
	if p.i < len(p.s) && (p.s[p.i] == 'e' || p.s[p.i] == 'E') {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return node{}, p.unexpected("a digit")
		}
	}
	return node{kind: numberNode, text: p.s[from:p.i]}, nil
}

// digits skips digits and returns how many there were.
func (p *parser) digits() int {
	from := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - from
}

// str reads a quoted text. One without escapes is a part of the body, not a copy.
func (p *parser) str() (string, error) {
	start := p.i
	p.i++
	from := p.i
	var b []byte
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			tail := p.s[from:p.i]
			p.i++
			if b != nil {
				tail = string(append(b, tail...))
			}
			if !utf8.ValidString(tail) {
				return "", p.wrong(start, "Invalid UTF-8 in a text")
			}
			return tail, nil
		case c == '\\':
			b = append(b, p.s[from:p.i]...)
			var err error
			if b, err = p.escape(b); err != nil {
				return "", err
			}
			from = p.i
		case c < 0x20 && c != '\t':
			return "", p.wrong(p.i, "Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in a text", c)
		default:
			p.i++
		}
	}
	return "", p.wrong(start, "Unexpected end-of-input in a text that begins")
}

func (p *parser) escape(b []byte) ([]byte, error) {
	if p.i+1 >= len(p.s) {
		p.i = len(p.s)
		return nil, p.unexpected("an escape")
	}
	c := p.s[p.i+1]
	p.i += 2
	switch c {
	case '"', '\\', '/':
		return append(b, c), nil
	case 'b':
		return append(b, '\b'), nil
	case 'f':
		return append(b, '\f'), nil
	case 'n':
		return append(b, '\n'), nil
	case 'r':
		return append(b, '\r'), nil
	case 't':
		return append(b, '\t'), nil
	case 'u':
		r, ok := p.hex()
		if !ok {
			return nil, p.unexpected("a hex-digit for character escape sequence")
		}
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if strings.HasPrefix(p.s[p.i:], `\u`) {
				p.i += 2
				if low, ok = p.hex(); !ok {
					return nil, p.unexpected("a hex-digit for character escape sequence")
				}
			}
			r = utf16.DecodeRune(r, low)
		}
		return utf8.AppendRune(b, r), nil
	default:
		p.i--
		return nil, p.wrong(p.i, "Unrecognized character escape '%c' (code %d)", rune(c), c)
	}
}

func (p *parser) hex() (rune, bool) {
	if p.i+4 > len(p.s) {
		p.i = len(p.s)
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 16)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}
