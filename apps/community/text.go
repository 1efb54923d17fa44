package community

import (
	"regexp"
	"strings"

	"stoa/internal/app"
	"stoa/internal/web/kit"
)

// Markdown returns what somebody wrote as HTML that may stand in a page, with
// links that say whose they are. Source: Google Search Central, "Qualify your outbound links".
func Markdown(text string) string {
	return strings.ReplaceAll(kit.MarkdownHTML(text), `rel="nofollow`, `rel="nofollow ugc`)
}

var addresses = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+`)

// links counts the addresses in a text.
func links(s string) int { return len(addresses.FindAllString(s, -1)) }

// plain returns the beginning of a Markdown text on one line, as lists show it.
func plain(s string, n int) string { return app.Cut(kit.MarkdownText(app.Cut(s, 4*n)), n) }

// slugOf returns a title as the last part of an address, "question" where nothing of it can be one.
func slugOf(title string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(title) {
		if plain, ok := ascii[r]; ok {
			r = plain
		}
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		default:
			dash = true
		}
		if b.Len() >= 70 {
			break
		}
	}
	if b.Len() == 0 {
		return "question"
	}
	return b.String()
}

// ascii is what letters of the languages of the site become in an address.
var ascii = map[rune]rune{
	'á': 'a', 'à': 'a', 'â': 'a', 'ä': 'a', 'ã': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ë': 'e', 'í': 'i', 'ì': 'i', 'î': 'i', 'ï': 'i',
	'ó': 'o', 'ò': 'o', 'ô': 'o', 'ö': 'o', 'õ': 'o', 'ú': 'u', 'ù': 'u', 'û': 'u', 'ü': 'u', 'ñ': 'n', 'ç': 'c',
}
