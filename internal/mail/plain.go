package mail

import (
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// TextOf returns the text of HTML as a person would write it down: paragraphs
// apart, lists with marks, quotations behind ">", addresses of links where
// their text does not say them. It is linear in the length of source.
func TextOf(source string) string {
	w := textWriter{}
	z := nethtml.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			w.newline(1)
			return strings.Trim(printable(w.out.String()), "\n")
		}
		t := z.Token()
		switch kind {
		case nethtml.TextToken:
			w.text(t.Data)
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			if silent[t.DataAtom] {
				if kind == nethtml.StartTagToken {
					skipSilent(z, t)
				}
				continue
			}
			w.start(t)
		case nethtml.EndTagToken:
			w.end(t.DataAtom)
		}
	}
}

const maxQuoteDepth = 20

type textWriter struct {
	out     strings.Builder
	line    strings.Builder
	blanks  int // empty lines written since the last text
	quote   int
	lists   []int // -1 for an unordered list, else the number of the next item
	pre     int
	link    string
	linkAt  int
	started bool
}

func (w *textWriter) text(s string) {
	if w.pre > 0 {
		for i, l := range strings.Split(s, "\n") {
			if i > 0 {
				w.newline(1)
			}
			w.line.WriteString(l)
		}
		return
	}
	lead := s != "" && strings.TrimLeft(s, " \t\r\n") != s
	words := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }), " ")
	if lead || words == "" && s != "" {
		w.space()
	}
	w.line.WriteString(words)
	if words != "" && strings.TrimRight(s, " \t\r\n") != s {
		w.space()
	}
}

func (w *textWriter) space() {
	if s := w.line.String(); s != "" && !strings.HasSuffix(s, " ") {
		w.line.WriteByte(' ')
	}
}

// newline ends the line; n = 2 leaves an empty line before what follows.
func (w *textWriter) newline(n int) {
	s := strings.TrimRight(w.line.String(), " ")
	w.line.Reset()
	prefix := strings.Repeat("> ", min(w.quote, maxQuoteDepth))
	if strings.TrimSpace(s) != "" {
		w.out.WriteString(prefix + s + "\n")
		w.blanks, w.started = 0, true
	}
	for ; w.started && w.blanks < n-1; w.blanks++ {
		w.out.WriteString(strings.TrimRight(prefix, " ") + "\n")
	}
}

// br ends the line; a second one leaves an empty line.
func (w *textWriter) br() {
	if strings.TrimSpace(w.line.String()) == "" {
		w.newline(2)
		return
	}
	w.newline(1)
}

func (w *textWriter) start(t nethtml.Token) {
	switch t.DataAtom {
	case atom.Br:
		w.br()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table:
		w.newline(2)
	case atom.Div, atom.Tr, atom.Address, atom.Center, atom.Dt, atom.Figure, atom.Section, atom.Article, atom.Header, atom.Footer:
		w.newline(1)
	case atom.Dd:
		w.newline(1)
		w.line.WriteString("  ")
	case atom.Td, atom.Th:
		if strings.TrimSpace(w.line.String()) != "" {
			w.line.WriteString("  ")
		}
	case atom.Hr:
		w.newline(1)
		w.line.WriteString("----------")
		w.newline(1)
	case atom.Blockquote:
		w.newline(2)
		w.quote++
	case atom.Pre:
		w.newline(2)
		w.pre++
	case atom.Ul:
		w.newline(1)
		w.lists = append(w.lists, -1)
	case atom.Ol:
		w.newline(1)
		w.lists = append(w.lists, 1)
	case atom.Li:
		w.item()
	case atom.A:
		w.link, w.linkAt = attr(t, "href"), w.line.Len()
	case atom.Img:
		if alt := strings.TrimSpace(attr(t, "alt")); alt != "" {
			w.text("[" + alt + "]")
		}
	}
}

func (w *textWriter) item() {
	w.newline(1)
	indent := strings.Repeat("  ", min(max(len(w.lists)-1, 0), maxQuoteDepth))
	mark := "- "
	if n := len(w.lists); n > 0 && w.lists[n-1] > 0 {
		mark = strconv.Itoa(w.lists[n-1]) + ". "
		w.lists[n-1]++
	}
	w.line.WriteString(indent + mark)
}

func (w *textWriter) end(a atom.Atom) {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table:
		w.newline(2)
	case atom.Div, atom.Tr, atom.Li, atom.Address, atom.Center, atom.Section, atom.Article, atom.Header, atom.Footer:
		w.newline(1)
	case atom.Blockquote:
		w.newline(1)
		w.quote = max(w.quote-1, 0)
		w.newline(2)
	case atom.Pre:
		w.newline(2)
		w.pre = max(w.pre-1, 0)
	case atom.Ul, atom.Ol:
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
		w.newline(1)
	case atom.A:
		w.endLink()
	}
}

// endLink writes where a link leads unless its text says so.
func (w *textWriter) endLink() {
	href := w.link
	w.link = ""
	lower := strings.ToLower(href)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") || w.linkAt > w.line.Len() {
		return
	}
	said := strings.TrimSpace(w.line.String()[w.linkAt:])
	bare := strings.TrimSuffix(href[strings.Index(href, "://")+3:], "/")
	if said == "" || strings.Contains(said, bare) {
		return
	}
	w.line.WriteString(" <" + href + ">")
}

func attr(t nethtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
