package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"stoa/internal/record"
)

// The search index holds tokens that are made here, for both engines, so that
// the same text is found by the same words on each.
const (
	maxTokenRunes = 64      // longer words are cut
	maxDocBytes   = 1 << 18 // of tokens; what is beyond is not found (a tsvector ends at 1 MiB)
)

// Tokens splits text into the words of the search index: in lower case, without
// accents, runs of letters and digits. Signs of scripts that write no blanks
// are a word each. wild keeps '*' and '?' as parts of words.
func Tokens(text string, wild bool) []string {
	if !isASCII(text) {
		text = norm.NFKD.String(text)
	}
	text = record.Fold(text)
	var out []string
	var word strings.Builder
	runes, size := 0, 0
	end := func() {
		if runes > 0 && size < maxDocBytes {
			out = append(out, word.String())
			size += word.Len() + 1
		}
		word.Reset()
		runes = 0
	}
	for _, r := range text {
		switch {
		case isAccent(r):
		case isIdeograph(r):
			end()
			word.WriteRune(r)
			runes = 1
			end()
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || wild && (r == '*' || r == '?'):
			if runes < maxTokenRunes {
				word.WriteRune(r)
			}
			runes++
		default:
			end()
		}
	}
	end()
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isAccent reports whether r is a combining sign of the scripts that can do
// without: in others, such as Devanagari, the signs make the word.
func isAccent(r rune) bool {
	return r >= 0x0300 && r <= 0x036F || r >= 0x1AB0 && r <= 0x1AFF || r >= 0x1DC0 && r <= 0x1DFF || r >= 0x20D0 && r <= 0x20FF || r >= 0xFE20 && r <= 0xFE2F
}

// isIdeograph reports whether r belongs to a script that puts no blanks between words.
func isIdeograph(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// NameMark and KeyMark begin the tokens of a document's name and of its keys in the search index. With it, what has a word
// in its name is found without a look at everything that has it elsewhere. The characters are no letters.
const (
	NameMark = "\uE001"
	KeyMark  = "\uE002"
)

// Wild reports whether a token of a search term holds a wildcard, and whether
// that is only a '*' at its end, which both engines know by themselves.
func Wild(token string) (wild, prefix bool) {
	i := strings.IndexAny(token, "*?")
	return i >= 0, i >= 0 && strings.Trim(token[i:], "*") == ""
}

// Stem returns what stands before the first wildcard of a token.
func Stem(token string) string {
	if i := strings.IndexAny(token, "*?"); i >= 0 {
		return token[:i]
	}
	return token
}
