package i18n

import (
	"strings"

	"golang.org/x/text/language"
)

// Mirrored is a language for tests: English that is written from right to left,
// so that whoever reads English can see what a page looks like in Arabic or Hebrew.
// Source: the name is CLDR's pseudo-locale for bidirectional text.
const Mirrored = "ar-XB"

// The characters that turn the direction of the text between them.
const (
	rightToLeft = "\u202e"
	endTurn     = "\u202c"
)

func mirror(of *Messages) *Messages {
	m := &Messages{tag: language.Make(Mirrored), texts: make(map[string]string, len(of.texts)), mirrored: true, rules: of.tag}
	for k, t := range of.texts {
		m.texts[k] = turn(t)
	}
	return m
}

// turn puts the words between places into marks that turn them. Words inside of plural forms are turned, too.
func turn(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			i = len(text)
		}
		if words := text[:i]; strings.TrimSpace(words) != "" {
			b.WriteString(rightToLeft + words + endTurn)
		} else {
			b.WriteString(words)
		}
		if text = text[i:]; text == "" {
			break
		}
		end := closing(text)
		if end < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(turnPlace(text[:end+1]))
		text = text[end+1:]
	}
	return b.String()
}

// turnPlace turns the forms of a plural place; any other place stays.
func turnPlace(place string) string {
	head, forms, ok := strings.Cut(place, ", plural,")
	if !ok {
		return place
	}
	b := strings.Builder{}
	b.WriteString(head + ", plural,")
	for forms != "" {
		open := strings.IndexByte(forms, '{')
		if open < 0 {
			break
		}
		end := closing(forms[open:])
		if end < 0 {
			break
		}
		b.WriteString(forms[:open+1] + turn(forms[open+1:open+end]) + "}")
		forms = forms[open+end+1:]
	}
	return b.String() + forms
}

// Dir returns the direction of the language's writing as HTML's dir attribute names it.
func (m *Messages) Dir() string {
	if m.mirrored {
		return "rtl"
	}
	switch base, _ := m.tag.Base(); base.String() {
	case "ar", "he", "fa", "ur", "ps", "yi", "dv", "ckb", "sd", "ug":
		return "rtl"
	default:
		return "ltr"
	}
}
