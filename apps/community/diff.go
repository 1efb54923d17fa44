package community

import "strings"

// A Piece of two versions of a text that are compared: what both have, or one of them.
type Piece struct {
	Text string
	Kind string // "", "ins" or "del"
}

// mostWords bounds a comparison word by word; longer texts are shown one after the other.
const mostWords = 1500

// Compare returns what was taken out of one text and put in to give another, word by word.
func Compare(was, is string) []Piece {
	a, b := words(was), words(is)
	if len(a) > mostWords || len(b) > mostWords {
		return []Piece{{was, "del"}, {is, "ins"}}
	}
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Piece
	add := func(text, kind string) {
		if n := len(out); n > 0 && out[n-1].Kind == kind {
			out[n-1].Text += text
			return
		}
		out = append(out, Piece{text, kind})
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(a[i], "")
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add(a[i], "del")
			i++
		default:
			add(b[j], "ins")
			j++
		}
	}
	return out
}

// words splits a text into words with the space that follows them.
func words(s string) []string { return strings.SplitAfter(s, " ") }
