package desk

import (
	"regexp"
	"strings"
)

// A check is something to look at before an article is published.
type check struct {
	ok    bool
	words string
}

// longSentence is from which mean length of sentences on a text is hard to read. Source: plain-language guides advise 15 to 20 words.
const longSentence = 20

var (
	sentenceEnd = regexp.MustCompile(`[.!?:](\s|$)|\n`)
	personal    = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.]+|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b`)
)

// checks says what is well with an article and what is not, by its text alone.
func (e *editing) checks() []check {
	v := e.v
	mean := sentence(e.body)
	found := len(personal.FindAllString(e.body, 50))
	all := []check{
		{strings.TrimSpace(e.summary) != "", v.T("service.check.summary")},
		{e.row.category != "", v.T("service.check.category")},
		{mean <= longSentence, v.T("service.check.sentences", "n", mean)},
	}
	if found > 0 {
		all = append(all, check{false, v.T("service.check.personal", "n", found)})
	} else {
		all = append(all, check{true, v.T("service.check.nobody")})
	}
	if strings.TrimSpace(e.summary) == "" {
		all[0].words = v.T("service.check.noSummary")
	}
	if e.row.category == "" {
		all[1].words = v.T("service.check.noCategory")
	}
	return all
}

// sentence returns how many words a sentence has on average.
func sentence(text string) int {
	words, sentences := 0, 0
	for _, s := range sentenceEnd.Split(text, -1) {
		if n := len(strings.Fields(s)); n > 0 {
			words, sentences = words+n, sentences+1
		}
	}
	if sentences == 0 {
		return 0
	}
	return words / sentences
}
