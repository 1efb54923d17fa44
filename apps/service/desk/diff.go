package desk

import (
	"slices"
	"strings"
)

// A changed is a stretch of a text that stayed, came in or went out.
type changed struct {
	in, out bool
	text    string
}

// A paragraph is a paragraph of two versions of a text.
type paragraph struct {
	runs []changed
	same bool
}

// maxCompare bounds the table of a comparison: what is longer is shown as replaced.
const maxCompare = 4_000_000

// compare returns how one text became another, paragraph by paragraph and in them word by word.
func compare(from, to string) (all []paragraph, in, out int) {
	a, b := paragraphs(from), paragraphs(to)
	steps := align(a, b)
	for i := 0; i < len(steps); i++ {
		switch s := steps[i]; {
		case !s.in && !s.out:
			all = append(all, paragraph{runs: []changed{s}, same: true})
		case s.out && i+1 < len(steps) && steps[i+1].in: // one paragraph in the place of another
			runs := join(align(words(s.text), words(steps[i+1].text)))
			all = append(all, paragraph{runs: runs})
			i++
		default:
			all = append(all, paragraph{runs: []changed{s}})
		}
	}
	for _, p := range all {
		for _, r := range p.runs {
			n := len(strings.Fields(r.text))
			if r.in {
				in += n
			}
			if r.out {
				out += n
			}
		}
	}
	return all, in, out
}

func paragraphs(s string) (all []string) {
	for p := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// words cuts a text into words, each with the space that follows it.
func words(s string) (all []string) {
	start, space := 0, false
	for i, r := range s {
		is := r == ' ' || r == '\t'
		if space && !is {
			all = append(all, s[start:i])
			start = i
		}
		space = is
	}
	return append(all, s[start:])
}

// align returns the shortest way from one list to the other: what goes out stands before what comes in.
func align(a, b []string) (steps []changed) {
	if len(a)*len(b) > maxCompare {
		for _, s := range a {
			steps = append(steps, changed{out: true, text: s})
		}
		for _, s := range b {
			steps = append(steps, changed{in: true, text: s})
		}
		return steps
	}
	same := func(i, j int) bool { return strings.TrimSpace(a[i]) == strings.TrimSpace(b[j]) }
	longest := make([][]int, len(a)+1) // common list of what is left of both
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same(i, j) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && same(i, j):
			steps = append(steps, changed{text: b[j]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[i+1][j] >= longest[i][j+1]):
			steps = append(steps, changed{out: true, text: a[i]})
			i++
		default:
			steps = append(steps, changed{in: true, text: b[j]})
			j++
		}
	}
	return steps
}

// join puts neighbours of one kind together; of neighbours that changed what goes out stands first.
func join(steps []changed) (runs []changed) {
	for _, s := range steps {
		if n := len(runs); n > 0 && runs[n-1].in == s.in && runs[n-1].out == s.out {
			runs[n-1].text += s.text
			continue
		}
		runs = append(runs, s)
	}
	return slices.Clip(runs)
}
