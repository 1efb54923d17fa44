package query

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Lengths of a snippet in characters. Source: the platform's own limits; a length that makes no sense is the usual one.
const (
	minSnippet   = 50
	usualSnippet = 300
	maxSnippet   = 1000
)

// shows has a search show more than the fields that it names: their labels,
// the found words in them, and a snippet of the text around the first found word.
func (b *binder) shows(t *target, q *soql.Search) {
	if len(t.sel.cols) == 0 {
		return
	}
	for i := range q.With {
		switch w := &q.With[i]; w.Kind {
		case "METADATA":
			for j := range t.sel.shape.Items {
				it := &t.sel.shape.Items[j]
				if of := t.sel.cols[it.Col].of; it.Role == record.Cell && !it.Sparse && of.field != nil {
					it.Label = of.field.Label
				}
			}
		case "HIGHLIGHT":
			t.highlight(func(f *catalog.Field) bool { return true })
		case "SNIPPET":
			length := usualSnippet
			if w.Length != nil && w.Length.N > 0 {
				length = min(max(w.Length.N, minSnippet), maxSnippet)
			}
			t.highlight(func(f *catalog.Field) bool { return f.IsName })
			t.cut(length)
		}
	}
}

// highlight adds the fields among those selected in which found words are marked.
func (t *target) highlight(which func(*catalog.Field) bool) {
	for _, it := range slices.Clone(t.sel.shape.Items) {
		if it.Role != record.Cell || it.Sparse {
			continue
		}
		of := t.sel.cols[it.Col].of
		key := "highlight." + it.Key
		if of.kind != opField || of.src != t.s.root || searchGroup(of.field) == 0 || of.field.Type == &catalog.Phone || !which(of.field) || t.sel.shape.Item(key) != nil {
			continue
		}
		col := t.sel.add(of)
		phrases := t.phrases(of.field)
		t.sel.posts = append(t.sel.posts, post{col, func(v record.Value) record.Value {
			text := plainOf(of.field, v.Text())
			found := find(text, phrases)
			if len(found) == 0 {
				return record.Value{}
			}
			return record.OfText(marked(text, found))
		}})
		t.sel.shape.Items = append(t.sel.shape.Items, record.Item{Key: key, Type: "string", Col: col, Sparse: true})
	}
}

// A snippet is the piece of a record's long texts around the first found word.
type snippet struct {
	col    int
	from   []int
	fields []*catalog.Field
	t      *target
	length int
}

// cut adds the snippet of the long texts that are searched.
func (t *target) cut(length int) {
	s := &snippet{t: t, length: length}
	for _, f := range t.visible {
		if f.Type == &catalog.LongTextArea || f.Type == &catalog.RichTextArea || f.Type == &catalog.TextArea {
			t.s.root.touch(f)
			s.fields, s.from = append(s.fields, f), append(s.from, t.sel.column(column(t.s.root, f, 0)))
		}
	}
	if s.fields == nil {
		return
	}
	s.col = t.sel.add(column(t.s.root, s.fields[0], 0))
	t.snippet = s
	t.sel.shape.Items = append(t.sel.shape.Items, record.Item{Key: "snippet.text", Type: "string", Col: s.col, Sparse: true})
}

// write puts the snippet of each row into its column.
func (s *snippet) write(p *record.Page) {
	for row := range p.Len() {
		v := record.Value{}
		for i, f := range s.fields {
			text := plainOf(f, p.Value(row, s.from[i]).Text())
			if found := find(text, s.t.phrases(f)); len(found) > 0 {
				v = record.OfText(around(text, found, s.length))
				break
			}
		}
		p.Set(row, s.col, v)
	}
}

func plainOf(f *catalog.Field, text string) string {
	if !f.HTML {
		return text
	}
	var b strings.Builder
	PlainText(&b, text)
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// phrases returns the tokens of the words and phrases that the search looks for in a field; what it excludes is not among them.
func (t *target) phrases(f *catalog.Field) (all [][]string) {
	var walk func(*store.Match)
	walk = func(m *store.Match) {
		switch m.Op {
		case store.And, store.Or:
			for i := range m.Args {
				walk(&m.Args[i])
			}
		case store.AndNot:
			walk(&m.Args[0])
		default:
			if m.In != store.InAll && m.In != searchGroup(f) {
				return
			}
			var tokens []string
			for _, w := range m.Words {
				tokens = append(tokens, store.Tokens(w, true)...)
			}
			all = append(all, tokens)
		}
	}
	if t.match != nil {
		walk(t.match)
	}
	return all
}

// A stretch is a part of a text, in bytes.
type stretch struct{ from, to int }

// find returns where phrases stand in a text, in order and without overlap.
func find(text string, phrases [][]string) []stretch {
	places, words := split(text)
	var found []stretch
	for i := 0; i < len(words); i++ {
		longest := 0
		for _, p := range phrases {
			if len(p) > longest && i+len(p) <= len(words) && follow(words[i:i+len(p)], p) {
				longest = len(p)
			}
		}
		if longest > 0 {
			found = append(found, stretch{places[i].from, places[i+longest-1].to})
			i += longest - 1
		}
	}
	return found
}

// split returns the words of a text as the search index has them, and where they stand.
func split(text string) (places []stretch, words []string) {
	add := func(from, to int) {
		tokens := store.Tokens(text[from:to], false)
		if len(tokens) <= 1 {
			for _, t := range tokens {
				places, words = append(places, stretch{from, to}), append(words, t)
			}
			return
		}
		for from < to { // of a script that puts no blanks between words
			_, size := utf8.DecodeRuneInString(text[from:to])
			for _, t := range store.Tokens(text[from:from+size], false) {
				places, words = append(places, stretch{from, from + size}), append(words, t)
			}
			from += size
		}
	}
	from := -1
	for i, r := range text {
		switch inWord := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r); {
		case inWord && from < 0:
			from = i
		case !inWord && from >= 0:
			add(from, i)
			from = -1
		}
	}
	if from >= 0 {
		add(from, len(text))
	}
	return places, words
}

// marked writes a text as HTML with what was found in it marked.
func marked(text string, found []stretch) string {
	var b strings.Builder
	at := 0
	for _, s := range found {
		b.WriteString(html.EscapeString(text[at:s.from]))
		b.WriteString("<mark>")
		b.WriteString(html.EscapeString(text[s.from:s.to]))
		b.WriteString("</mark>")
		at = s.to
	}
	b.WriteString(html.EscapeString(text[at:]))
	return b.String()
}

// around returns about length characters of a text, from a little before the first thing found in it, marked.
func around(text string, found []stretch, length int) string {
	from := found[0].from
	for n := 0; from > 0 && n < length/4; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if from > 0 { // begin at a word
		if blank := strings.IndexByte(text[from:found[0].from], ' '); blank >= 0 {
			from += blank + 1
		}
	}
	to := from
	for n := 0; to < len(text) && n < length; n++ {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	if to < len(text) { // end at a word
		if blank := strings.LastIndexByte(text[from:to], ' '); from+blank > found[0].to {
			to = from + blank
		}
	}
	to = max(to, found[0].to)
	var inside []stretch
	for _, s := range found {
		if s.to <= to {
			inside = append(inside, stretch{s.from - from, s.to - from})
		}
	}
	cut := marked(text[from:to], inside)
	if from > 0 {
		cut = "..." + cut
	}
	if to < len(text) {
		cut += "..."
	}
	return cut
}
