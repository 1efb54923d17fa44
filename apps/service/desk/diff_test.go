package desk

import (
	"strings"
	"testing"
)

func TestVersionsAreComparedByParagraphAndWord(t *testing.T) {
	t.Parallel()
	from := "One stays.\n\nA second photo is needed in all cases.\n\nLast one."
	to := "One stays.\n\nA legible photo is needed.\n\nNew one.\n\nLast one."
	all, in, out := compare(from, to)
	var got []string
	for _, p := range all {
		var b strings.Builder
		for _, r := range p.runs {
			switch {
			case r.in:
				b.WriteString("{+" + r.text + "}")
			case r.out:
				b.WriteString("{-" + r.text + "}")
			default:
				b.WriteString(r.text)
			}
		}
		got = append(got, b.String())
	}
	want := []string{"One stays.", "A {-second }{+legible }photo is {-needed in all cases.}{+needed.}", "{+New one.}", "Last one."}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if in != 4 || out != 5 {
		t.Errorf("%d words in, %d out", in, out)
	}
}

func TestTheSameTextHasNoChange(t *testing.T) {
	t.Parallel()
	all, in, out := compare("a b\nc", "a  b\nc")
	if in+out > 4 || len(all) != 2 {
		t.Errorf("%v %d %d", all, in, out)
	}
	all, in, out = compare("", "")
	if len(all) != 0 || in != 0 || out != 0 {
		t.Errorf("%v %d %d", all, in, out)
	}
}

func TestLongTextsAreNotComparedWordByWord(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("x\n", 3000)
	if all, _, _ := compare(a, strings.Repeat("y\n", 3000)); len(all) == 0 {
		t.Error("nothing")
	}
}
