// Package i18n holds the words that people read, by language, and writes
// numbers and moments as people of a language do. It knows no page and no
// record; its one invariant is that a key which one language has, English has.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// fallback is the language that has every key.
const fallback = "en"

// A Messages is the words of one language. It does not change, so it needs no lock.
type Messages struct {
	tag   language.Tag
	texts map[string]string
	base  *Messages // English, nil for English itself

	mirrored bool         // of tests: written from right to left
	rules    language.Tag // whose plural forms hold where they are not those of tag
}

// all holds the languages by name ("en"), read once.
var all = sync.OnceValues(load)

func load() (map[string]*Messages, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	m := map[string]*Messages{}
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		// en.json holds the words of the console, en.site.json those of an area.
		name, _, _ := strings.Cut(path.Base(e.Name()), ".")
		lang := m[name]
		if lang == nil {
			lang = &Messages{tag: language.Make(name), texts: map[string]string{}}
			m[name] = lang
		}
		var texts map[string]string
		if err := json.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("messages of %s: %w", e.Name(), err)
		}
		maps.Copy(lang.texts, texts)
	}
	m[Mirrored] = mirror(m[fallback])
	for name, lang := range m {
		if name != fallback && name != Mirrored {
			lang.base = m[fallback]
		}
	}
	return m, nil
}

// For returns the words of a language such as "en_US" or "de", English where there is no such language.
func For(lang string) *Messages {
	m, err := all()
	if err != nil {
		return &Messages{tag: language.English}
	}
	if lang == Mirrored {
		return m[Mirrored]
	}
	lang = strings.ReplaceAll(lang, "-", "_")
	for name := lang; name != ""; {
		if l := m[name]; l != nil {
			return l
		}
		i := strings.LastIndexByte(name, '_')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	return m[fallback]
}

// Languages returns the names of the languages there are, in order; Mirrored is none that people speak.
func Languages() []string {
	m, err := all()
	if err != nil {
		return nil
	}
	var names []string
	for name := range m {
		if name != Mirrored {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Lang returns the language as HTML's lang attribute names it.
func (m *Messages) Lang() string { return m.tag.String() }

// Has reports whether there is a text for key, in this language or in English.
func (m *Messages) Has(key string) bool {
	_, ok := m.texts[key]
	return ok || m.base != nil && m.base.Has(key)
}

// Keys returns the keys that this language itself has, in order.
func (m *Messages) Keys() []string {
	keys := make([]string, 0, len(m.texts))
	for k := range m.texts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// T returns the text of key with its places filled: args are names and values
// in turn. A place is {name}, or {name, plural, one {…} other {…}} where # in
// a form stands for the number. A key that there is no text for comes back as it is.
func (m *Messages) T(key string, args ...any) string {
	text, ok := m.texts[key]
	if !ok {
		if m.base != nil {
			return m.base.T(key, args...)
		}
		return key
	}
	if !strings.ContainsRune(text, '{') {
		return text
	}
	var b strings.Builder
	m.fill(&b, text, args, "")
	return b.String()
}

// fill writes text with its places filled; number is what # stands for, "" outside a plural form.
func (m *Messages) fill(b *strings.Builder, text string, args []any, number string) {
	for text != "" {
		i := strings.IndexAny(text, "{#")
		if i < 0 {
			b.WriteString(text)
			return
		}
		b.WriteString(text[:i])
		if text[i] == '#' {
			if number == "" {
				number = "#"
			}
			b.WriteString(number)
			text = text[i+1:]
			continue
		}
		end := closing(text[i:])
		if end < 0 {
			b.WriteString(text[i:])
			return
		}
		m.place(b, text[i+1:i+end], args)
		text = text[i+end+1:]
	}
}

// place writes what stands for one place, given without its braces.
func (m *Messages) place(b *strings.Builder, place string, args []any) {
	name, rest, isPlural := strings.Cut(place, ",")
	v := arg(args, strings.TrimSpace(name))
	if !isPlural {
		if n, ok := whole(v); ok {
			b.WriteString(m.Number(n, 0, 0))
			return
		}
		fmt.Fprint(b, v)
		return
	}
	n, _ := whole(v)
	forms := rest[strings.IndexByte(rest, ',')+1:]
	want := m.form(n)
	var other string
	for {
		open := strings.IndexByte(forms, '{')
		if open < 0 {
			break
		}
		end := closing(forms[open:])
		if end < 0 {
			break
		}
		name, body := strings.TrimSpace(forms[:open]), forms[open+1:open+end]
		forms = forms[open+end+1:]
		if name == want || name == fmt.Sprintf("=%d", n) {
			m.fill(b, body, args, m.Number(n, 0, 0))
			return
		}
		if name == "other" {
			other = body
		}
	}
	m.fill(b, other, args, m.Number(n, 0, 0))
}

// form returns the plural form that the language uses for a whole number.
func (m *Messages) form(n int64) string {
	if n < 0 {
		n = -n
	}
	tag := m.tag
	if m.mirrored {
		tag = m.rules
	}
	switch plural.Cardinal.MatchPlural(tag, int(n%10_000_000), 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	default:
		return "other"
	}
}

// closing returns the index of the brace that closes the one at the start of s, -1 if there is none.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func arg(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return "{" + name + "}"
}

func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	default:
		return 0, false
	}
}
