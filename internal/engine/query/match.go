package query

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/store"
)

// A document is what can be found of one record, by group, as the search index has it.
type document [inBody + 1][]string

// add adds the words of a field.
func (d *document) add(f *catalog.Field, text string) {
	g := searchGroup(f)
	if g == store.InPhone {
		text = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, text)
	}
	if f.HTML {
		var plain strings.Builder
		PlainText(&plain, text)
		text = plain.String()
	}
	// A phrase does not span two fields of a group in the index either way that matters: a break keeps them apart.
	if len(d[g]) > 0 {
		d[g] = append(d[g], "")
	}
	d[g] = append(d[g], store.Tokens(text, false)...)
}

// matches reports whether d has what m asks for.
func (d *document) matches(m *store.Match) bool {
	switch m.Op {
	case store.And:
		for i := range m.Args {
			if !d.matches(&m.Args[i]) {
				return false
			}
		}
		return true
	case store.Or:
		for i := range m.Args {
			if d.matches(&m.Args[i]) {
				return true
			}
		}
		return false
	case store.AndNot:
		return d.matches(&m.Args[0]) && !d.matches(&m.Args[1])
	default:
		var tokens []string
		for _, w := range m.Words {
			tokens = append(tokens, store.Tokens(w, true)...)
		}
		if m.In != store.InAll {
			return follow(d[m.In], tokens)
		}
		return slices.ContainsFunc(d[store.InName:], func(words []string) bool { return follow(words, tokens) })
	}
}

// follow reports whether the tokens of a term stand next to each other among words.
func follow(words, tokens []string) bool {
	if len(tokens) == 0 {
		return false
	}
	for at := 0; at+len(tokens) <= len(words); at++ {
		ok := true
		for i, t := range tokens {
			if words[at+i] == "" || !matchLike(wildcards.Replace(t), words[at+i]) {
				ok = false
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// wildcards turns the wildcards of a search into those of LIKE.
var wildcards = strings.NewReplacer("*", "%", "?", "_")

// PlainText writes the text of HTML: a blank for each tag, entities as they are.
func PlainText(dst *strings.Builder, s string) {
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			dst.WriteString(s)
			return
		}
		dst.WriteString(s[:open])
		dst.WriteByte(' ')
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return
		}
		s = s[open+end+1:]
	}
}
