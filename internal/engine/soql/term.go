package soql

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/internal/fault"
)

// Lengths of a search term in characters. A longer one than maxTerm loses its operators, a longer one than
// maxAnyTerm finds nothing.
const (
	minTerm    = 2 // without wildcards
	maxTerm    = 4_000
	maxAnyTerm = 10_000
)

// reserved holds the characters that mean something in a search term.
const reserved = `?&|!{}[]()^~*:\"'+-`

// Escape returns plain text as a search term without operators and wildcards.
func Escape(text string) string {
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		if i > 0 {
			b.WriteByte(' ')
		}
		if operator(word) != "" {
			b.WriteByte('\\')
		}
		for _, r := range word {
			if strings.ContainsRune(reserved, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// operator returns AND, OR or NOT for such a word in any letter case, else "".
func operator(word string) string {
	switch {
	case strings.EqualFold(word, "AND"):
		return "AND"
	case strings.EqualFold(word, "OR"):
		return "OR"
	case strings.EqualFold(word, "NOT"):
		return "NOT"
	}
	return ""
}

// stopWord reports whether a word is ignored where others stand beside it.
func stopWord(word string) bool {
	switch strings.ToLower(word) {
	case "a", "an", "and", "of", "or", "the":
		return true
	}
	return false
}

// A piece is a token of a search term: an operator, a parenthesis, or words that stand next to each other.
type piece struct {
	text  string   // AND, OR, NOT, ( or ); "" for words
	words []string // empty where there was only punctuation
	pos   int
}

// A termParser reads the pieces of a term. Its error is the parser's.
type termParser struct {
	*parser
	pieces []piece
	n      int
}

// term reads the term between two offsets.
func (p *parser) term(from, to int) Term {
	text := p.text[from:to]
	size := utf8.RuneCountInString(text)
	if size > maxAnyTerm {
		return nil
	}
	t := termParser{parser: p, pieces: p.pieces(from, to)}
	letters := 0
	only := true // stop words
	for _, piece := range t.pieces {
		for _, w := range piece.words {
			letters += utf8.RuneCountInString(w) - strings.Count(w, "*") - strings.Count(w, "?")
			only = only && stopWord(w)
		}
	}
	if p.err == nil && letters < minTerm {
		p.fail(fault.New(p.code, "search term must be longer than one character: %s", text))
	}
	if p.err != nil {
		return nil
	}
	if !only {
		for i, piece := range t.pieces {
			if len(piece.words) == 1 && stopWord(piece.words[0]) {
				t.pieces[i].words = nil
			}
		}
	}
	if size > maxTerm {
		return t.anyWord(from)
	}
	term := t.or()
	if t.n < len(t.pieces) {
		p.unexpectedText(t.pieces[t.n].pos, t.pieces[t.n].text)
	}
	if term == nil && p.err == nil {
		p.fail(fault.New(p.code, "search term must be longer than one character: %s", text))
	}
	return term
}

// pieces cuts the term between two offsets.
func (p *parser) pieces(from, to int) []piece {
	var list []piece
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(p.text[i:to])
		switch {
		case unicode.IsSpace(r):
			i += n
		case r == '(' || r == ')':
			list = append(list, piece{text: string(r), pos: i})
			i++
		case r == '"':
			end := i + 1
			for end < to && p.text[end] != '"' {
				if p.text[end] == '\\' {
					end++
				}
				end++
			}
			if end >= to {
				p.unexpectedText(i, `"`)
				return nil
			}
			list = append(list, piece{words: words(p.text[i+1 : end]), pos: i})
			i = end + 1
		default:
			end := i
			for end < to {
				r, n := utf8.DecodeRuneInString(p.text[end:to])
				if unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) {
					break
				}
				if r == '\\' {
					_, m := utf8.DecodeRuneInString(p.text[end+n : to])
					n += m
				}
				end += n
			}
			next := piece{text: operator(p.text[i:end]), pos: i}
			if next.text == "" {
				next.words = words(p.text[i:end])
			}
			list = append(list, next)
			i = end
		}
	}
	return list
}

// words returns the words of an atom or phrase: runs of letters and digits with their wildcards. A wildcard
// cannot begin a word; an escaped character is itself.
func words(s string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, string(word))
		}
		word = word[:0]
	}
	escaped := false
	for _, r := range s {
		switch {
		case r == '\\' && !escaped:
			escaped = true
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			word = append(word, r)
		case (r == '*' || r == '?') && !escaped:
			if len(word) > 0 {
				word = append(word, r)
			}
		default:
			end()
		}
		escaped = false
	}
	end()
	return list
}

// anyWord returns all words joined by OR.
func (t *termParser) anyWord(pos int) Term {
	var args []Term
	for _, piece := range t.pieces {
		for _, w := range piece.words {
			args = append(args, &Words{Words: []string{w}, Pos: piece.pos})
		}
	}
	if len(args) == 1 {
		return args[0]
	}
	return &AnyOf{Args: args, Pos: pos}
}

func (t *termParser) peek(n int) string {
	if t.n+n < len(t.pieces) {
		return t.pieces[t.n+n].text
	}
	return "<EOF>"
}

// or, and and butNot read a term of their precedence. They return nil where it holds nothing to look for.
func (t *termParser) or() Term {
	args := appendTerm(nil, t.and())
	for t.err == nil && t.peek(0) == "OR" {
		t.n++
		args = appendTerm(args, t.and())
	}
	if len(args) < 2 {
		return first(args)
	}
	return &AnyOf{Args: args, Pos: args[0].Position()}
}

func (t *termParser) and() Term {
	args := appendTerm(nil, t.butNot())
	for t.err == nil {
		switch t.peek(0) {
		case "AND":
			t.n++
		case "", "(":
		default:
			if len(args) < 2 {
				return first(args)
			}
			return &AllOf{Args: args, Pos: args[0].Position()}
		}
		args = appendTerm(args, t.butNot())
	}
	return nil
}

func (t *termParser) butNot() Term {
	term := t.single()
	for t.err == nil && t.peek(0) == "AND" && t.peek(1) == "NOT" {
		t.n += 2
		not := t.single()
		if term != nil && not != nil {
			term = &ButNot{Term: term, Not: not, Pos: term.Position()}
		}
	}
	return term
}

// single reads words or a term in parentheses.
func (t *termParser) single() Term {
	switch what := t.peek(0); what {
	case "":
		piece := t.pieces[t.n]
		t.n++
		if len(piece.words) == 0 {
			return nil
		}
		return &Words{Words: piece.words, Pos: piece.pos}
	case "(":
		if !t.deeper() {
			return nil
		}
		t.n++
		term := t.or()
		t.depth--
		if t.err == nil && t.peek(0) != ")" {
			t.unexpectedText(0, t.peek(0))
		}
		t.n++
		return term
	default:
		t.unexpectedText(0, what)
		return nil
	}
}

func appendTerm(args []Term, t Term) []Term {
	if t == nil {
		return args
	}
	return append(args, t)
}

func first(args []Term) Term {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}
