package soql

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stoa/internal/fault"
)

// TestGolden runs the cases of testdata/*.txtar: one file a rule, in it a text after "-- in --" and after
// "-- out --" what it prints as, or the error. UPDATE=1 writes the outs.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read := readQuery
			if strings.HasPrefix(filepath.Base(file), "sosl_") {
				read = readSearch
			}
			rule, rest, _ := strings.Cut(string(old), "-- in --\n")
			var b strings.Builder
			b.WriteString(rule)
			for c := range strings.SplitSeq(rest, "-- in --\n") {
				in, want, _ := strings.Cut(c, "-- out --\n")
				got := read(t, strings.TrimSuffix(in, "\n")) + "\n"
				if got != want && os.Getenv("UPDATE") == "" {
					t.Errorf("%s\ngot:\n%swant:\n%s", in, got, want)
				}
				fmt.Fprintf(&b, "-- in --\n%s-- out --\n%s", in, got)
			}
			if os.Getenv("UPDATE") != "" && b.String() != string(old) {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func readQuery(t *testing.T, text string) string {
	q, err := Parse(text)
	if err != nil {
		return refusal(t, err)
	}
	if again, err := Parse(q.String()); err != nil || again.String() != q.String() {
		t.Errorf("%s printed as %s, then as %v, %v", text, q, again, err)
	}
	return q.String()
}

func readSearch(t *testing.T, text string) string {
	s, err := ParseSearch(text)
	if err != nil {
		return refusal(t, err)
	}
	if again, err := ParseSearch(s.String()); err != nil || again.String() != s.String() {
		t.Errorf("%s printed as %s, then as %v, %v", text, s, again, err)
	}
	return s.String() + "\n" + showTerm(s.Term)
}

func refusal(t *testing.T, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("%v is no fault", err)
		return err.Error()
	}
	return string(f.Code) + ": " + f.Message
}

// showTerm writes a term as a list.
func showTerm(t Term) string {
	join := func(op string, args []Term) string {
		parts := []string{op}
		for _, a := range args {
			parts = append(parts, showTerm(a))
		}
		return "(" + strings.Join(parts, " ") + ")"
	}
	switch t := t.(type) {
	case *Words:
		if len(t.Words) == 1 {
			return t.Words[0]
		}
		return fmt.Sprintf("%q", strings.Join(t.Words, " "))
	case *AllOf:
		return join("and", t.Args)
	case *AnyOf:
		return join("or", t.Args)
	case *ButNot:
		return join("but-not", []Term{t.Term, t.Not})
	default:
		return "nothing"
	}
}
