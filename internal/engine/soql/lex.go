package soql

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A kind of token.
type tokenKind uint8

const (
	tokEnd      tokenKind = iota
	tokBad                // what cannot be a token; message says why
	tokIdent              // name or keyword
	tokString             // with its quotes
	tokNumber             // with its sign
	tokCurrency           // USD5000
	tokDate
	tokDateTime
	tokTime
	tokMark // ( ) , . : = != <> < <= > >=
)

type token struct {
	kind    tokenKind
	text    string // as written
	pos     int    // byte offset
	message string // of tokBad
}

func (t token) end() int { return t.pos + len(t.text) }

// A lexer cuts text into tokens. It never fails: what is wrong becomes a tokBad, at which the parser stops
// when it gets there, so that the leftmost mistake is the one that is reported.
type lexer struct {
	text string
	pos  int
}

// lex returns the tokens of text from a byte offset on. The last one is a tokEnd or a tokBad.
func lex(text string, from int) []token {
	l := lexer{text: text, pos: from}
	tokens := make([]token, 0, 16+(len(text)-from)/6)
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == tokEnd || t.kind == tokBad {
			return tokens
		}
	}
}

func (l *lexer) next() token {
	for l.pos < len(l.text) && isBlank(l.text[l.pos]) {
		l.pos++
	}
	start := l.pos
	if start == len(l.text) {
		return token{kind: tokEnd, text: "", pos: start}
	}
	c := l.text[start]
	switch {
	case isLetter(c):
		return l.name()
	case isDigit(c):
		return l.numeric()
	case c == '.' && isDigit(l.at(1)):
		return l.number()
	case c == '+' || c == '-':
		if isDigit(l.at(1)) || l.at(1) == '.' && isDigit(l.at(2)) {
			return l.number()
		}
		return l.bad(start)
	case c == '\'':
		return l.str()
	case strings.IndexByte("(),.:=", c) >= 0:
		return l.take(tokMark, 1)
	case c == '!' && l.at(1) == '=', c == '<' && (l.at(1) == '=' || l.at(1) == '>'), c == '>' && l.at(1) == '=':
		return l.take(tokMark, 2)
	case c == '<' || c == '>':
		return l.take(tokMark, 1)
	default:
		return l.bad(start)
	}
}

// at returns the byte n places ahead, 0 behind the end.
func (l *lexer) at(n int) byte {
	if l.pos+n < len(l.text) {
		return l.text[l.pos+n]
	}
	return 0
}

func (l *lexer) take(k tokenKind, n int) token {
	t := token{kind: k, text: l.text[l.pos : l.pos+n], pos: l.pos}
	l.pos += n
	return t
}

// bad returns the token for a character that fits nowhere.
func (l *lexer) bad(at int) token {
	what := "<EOF>"
	if at < len(l.text) {
		_, n := utf8.DecodeRuneInString(l.text[at:])
		what = l.text[at : at+n]
	}
	return token{kind: tokBad, pos: at, message: lineAndColumn(l.text, at) + " no viable alternative at character '" + what + "'"}
}

func (l *lexer) name() token {
	n := 1
	for isLetter(l.at(n)) || isDigit(l.at(n)) || l.at(n) == '_' {
		n++
	}
	if !currencyShape(l.text[l.pos : l.pos+n]) {
		return l.take(tokIdent, n)
	}
	if l.at(n) == '.' && isDigit(l.at(n+1)) {
		for n++; isDigit(l.at(n)); n++ {
		}
		return l.take(tokCurrency, n)
	}
	return l.take(tokIdent, n) // a name such as Abc1, or money: the place decides
}

// currencyShape reports whether s is three letters and digits.
func currencyShape(s string) bool {
	if len(s) < 4 {
		return false
	}
	for i := range len(s) {
		if i < 3 && !isLetter(s[i]) || i >= 3 && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// numeric returns what begins with a digit: a number, a date, a datetime or a time.
func (l *lexer) numeric() token {
	if l.shape("dddd-dd-dd") {
		if c := l.at(10); c == 'T' || c == 't' {
			return l.clock(tokDateTime, 11)
		}
		return l.take(tokDate, 10)
	}
	if l.shape("dd:dd") {
		return l.clock(tokTime, 0)
	}
	return l.number()
}

// shape reports whether the text ahead looks like a pattern, in which d is a digit.
func (l *lexer) shape(pattern string) bool {
	for i := range len(pattern) {
		c := l.at(i)
		if pattern[i] == 'd' && !isDigit(c) || pattern[i] != 'd' && c != pattern[i] {
			return false
		}
	}
	return true
}

// clock returns a datetime or a time whose hours begin n bytes ahead.
func (l *lexer) clock(k tokenKind, n int) token {
	for i, c := range []byte("dd:dd:dd") {
		if got := l.at(n + i); c == 'd' && !isDigit(got) || c == ':' && got != ':' {
			return l.bad(l.pos + n + i)
		}
	}
	n += 8
	if l.at(n) == '.' {
		if n++; !isDigit(l.at(n)) {
			return l.bad(l.pos + n)
		}
		for isDigit(l.at(n)) {
			n++
		}
	}
	switch c := l.at(n); {
	case c == 'Z' || c == 'z':
		return l.take(k, n+1)
	case k == tokDateTime && (c == '+' || c == '-'):
		n++
		for i := range 4 {
			if i == 2 && l.at(n) == ':' {
				n++
			}
			if !isDigit(l.at(n)) {
				return l.bad(l.pos + n)
			}
			n++
		}
		return l.take(k, n)
	default:
		return l.bad(l.pos + n)
	}
}

func (l *lexer) number() token {
	n := 0
	if c := l.at(0); c == '+' || c == '-' {
		n++
	}
	for isDigit(l.at(n)) {
		n++
	}
	if l.at(n) == '.' && isDigit(l.at(n+1)) {
		for n++; isDigit(l.at(n)); n++ {
		}
	}
	if c := l.at(n); c == 'e' || c == 'E' {
		m := n + 1
		if c := l.at(m); c == '+' || c == '-' {
			m++
		}
		if isDigit(l.at(m)) {
			for n = m; isDigit(l.at(n)); n++ {
			}
		}
	}
	return l.take(tokNumber, n)
}

// str returns a string. Its escapes are checked here, decoded in unquote.
func (l *lexer) str() token {
	for i := l.pos + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\'':
			return l.take(tokString, i+1-l.pos)
		case 0:
			return l.bad(i)
		case '\\':
			n := escapeLen(l.text[i:])
			if n == 0 {
				return token{kind: tokBad, pos: i, message: lineAndColumn(l.text, i) + " no viable alternative at character '\\'"}
			}
			i += n - 1
		}
	}
	return token{kind: tokBad, pos: len(l.text), message: lineAndColumn(l.text, len(l.text)) + " mismatched character '<EOF>' expecting '''"}
}

// escapeLen returns the length of the escape that s begins with, 0 where it is none.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch lower(s[1]) {
	case 'n', 'r', 't', 'b', 'f', '"', '\'', '\\', '_', '%':
		return 2
	case 'u':
		r, n := unicodeEscape(s)
		if r == 0 {
			return 0
		}
		return n
	default:
		return 0
	}
}

// unicodeEscape returns the rune of \uXXXX, or of two of them that are a surrogate pair, and the length; 0 for none.
func unicodeEscape(s string) (rune, int) {
	unit := func(s string) rune {
		if len(s) < 6 || s[0] != '\\' || lower(s[1]) != 'u' {
			return 0
		}
		for _, c := range []byte(s[2:6]) {
			if !isDigit(c) && (lower(c) < 'a' || lower(c) > 'f') {
				return 0
			}
		}
		n, _ := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n)
	}
	r := unit(s)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if r = utf16.DecodeRune(r, unit(s[6:])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// unquote returns what a string token says, and as a pattern of LIKE.
func unquote(quoted string) (text, pattern string) {
	s := quoted[1 : len(quoted)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s, s
	}
	var t, p strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			t.WriteByte(s[i])
			p.WriteByte(s[i])
			continue
		}
		i++
		switch c := lower(s[i]); c {
		case '_', '%':
			t.WriteByte(c)
			p.WriteByte('\\')
			p.WriteByte(c)
		case '\\':
			t.WriteByte(c)
			p.WriteString(`\\`)
		case 'u':
			r, n := unicodeEscape(s[i-1:])
			t.WriteRune(r)
			if r == '\\' {
				p.WriteByte('\\')
			}
			p.WriteRune(r)
			i += n - 2
		default:
			if at := strings.IndexByte("nrtbf", c); at >= 0 {
				c = "\n\r\t\b\f"[at]
			}
			t.WriteByte(c)
			p.WriteByte(c)
		}
	}
	return t.String(), p.String()
}

// appendQuoted appends a pattern as a string token: unquote gives it back.
func appendQuoted(dst []byte, pattern string) []byte {
	dst = append(dst, '\'')
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '\\':
			dst = append(dst, pattern[i:i+2]...)
			i++
		case '\'':
			dst = append(dst, `\'`...)
		case '\n', '\r', '\t', '\b', '\f':
			dst = append(dst, '\\', "nrtbf"[strings.IndexByte("\n\r\t\b\f", c)])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\'')
}

func isBlank(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
