package soql

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stoa/internal/fault"
)

// TestLimits holds queries to the platform's limits, and ours: however deep a query nests, it is refused and not
// walked into the ground.
func TestLimits(t *testing.T) {
	t.Parallel()
	const complicated = "QUERY_TOO_COMPLICATED: Query is either selecting too many fields or the filter conditions are too complicated."
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":                 {" \n", "MALFORMED_QUERY: SOQL statements cannot be empty or null"},
		"100,000 characters":    {"SELECT Id FROM Account" + many(" ", 100_000-22), ""},
		"100,001 characters":    {"SELECT Id FROM Account" + many(" ", 100_000-21), "MALFORMED_QUERY: SOQL statements can not be longer than 100000 characters"},
		"characters, not bytes": {"SELECT Id FROM A WHERE x IN ('" + many("é", 4000) + many("','"+many("é", 4000), 20) + "')", ""},
		"not UTF-8":             {"SELECT Id FROM A WHERE x = '\xff'", "MALFORMED_QUERY: SOQL statements must be encoded in UTF-8"},
		"string of 4,000":       {"SELECT Id FROM A WHERE x = '" + many("😀", 4000) + "'", ""},
		"string of 4,001": {
			"SELECT Id FROM A WHERE x = '" + many("a", 4001) + "'",
			"MALFORMED_QUERY: \nSELECT Id FROM A WHERE x = '" + many("a", 39) + "\n" + many(" ", 27) +
				"^\nERROR at Row:1:Column:28\nA string in a filter can not be longer than 4000 characters",
		},
		"200 parentheses":      {"SELECT Id FROM A WHERE " + many("(", 200) + "x = 1" + many(")", 200), ""},
		"10,000 parentheses":   {"SELECT Id FROM A WHERE " + many("(", 10_000) + "x = 1" + many(")", 10_000), complicated},
		"10,000 open ones":     {"SELECT Id FROM A WHERE " + many("(", 10_000), complicated},
		"10,000 NOTs":          {"SELECT Id FROM A WHERE " + many("NOT ", 10_000) + "x = 1", complicated},
		"10,000 child queries": {many("SELECT (", 10_000), "at most"},
		"2,000 ORs":            {"SELECT Id FROM A WHERE x = 1" + many(" OR x = 2", 2000), ""},
		"5,000 values":         {"SELECT Id FROM A WHERE x IN (1" + many(",2", 5000) + ")", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.text)
			got := ""
			if err != nil {
				got = refusal(t, err)
			}
			if got != c.want && (c.want != "at most" || !strings.Contains(got, c.want)) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSearchLimits(t *testing.T) {
	t.Parallel()
	many := strings.Repeat
	s, err := ParseSearch("FIND {" + many("ab AND cd ", 401) + "}")
	if err != nil {
		t.Fatal(err)
	}
	if any, ok := s.Term.(*AnyOf); !ok || len(any.Args) != 802 {
		t.Errorf("a term of more than 4,000 characters has no operators but OR: %T", s.Term)
	}
	if s, err = ParseSearch("FIND {" + many("ab ", 3334) + "}"); err != nil || s.Term != nil {
		t.Errorf("a term of more than 10,000 characters finds nothing: %v, %v", s.Term, err)
	}
	if _, err = ParseSearch("FIND {" + many("(", 3000) + "ab" + many(")", 900) + "}"); errCode(err) != fault.QueryTooComplicated {
		t.Errorf("3,000 parentheses: %v", err)
	}
}

func errCode(err error) fault.Code {
	f, _ := errors.AsType[*fault.Error](err)
	if f == nil {
		return ""
	}
	return f.Code
}

// TestLiterals holds that a literal is read as the value it stands for.
func TestLiterals(t *testing.T) {
	t.Parallel()
	utc := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return when.UTC()
	}
	for text, want := range map[string]Literal{
		`NULL`:                        {Kind: Null, Text: "NULL"},
		`true`:                        {Kind: Bool, Text: "true", Bool: true},
		`False`:                       {Kind: Bool, Text: "False"},
		`'a\%b\_%\\\'\u00e9'`:         {Kind: String, Text: `a%b_%\'é`, Pattern: `a\%b\_%\\'é`},
		`-1.50`:                       {Kind: Number, Text: "-1.50"},
		`eur10.50`:                    {Kind: Currency, Code: "EUR", Text: "10.50"},
		`2024-02-29`:                  {Kind: Date, Text: "2024-02-29", Time: utc("2024-02-29T00:00:00Z")},
		`2024-01-01T10:20:30.5+02:00`: {Kind: DateTime, Text: "2024-01-01T10:20:30.5+02:00", Time: utc("2024-01-01T08:20:30.5Z")},
		`2024-01-01t10:20:30-0530`:    {Kind: DateTime, Text: "2024-01-01t10:20:30-0530", Time: utc("2024-01-01T15:50:30Z")},
		`23:59:59.999Z`:               {Kind: TimeOfDay, Text: "23:59:59.999Z", Time: utc("1970-01-01T23:59:59.999Z")},
		`last_N_fiscal_quarters:4`:    {Kind: DateLiteral, Text: "LAST_N_FISCAL_QUARTERS", N: 4},
		`this_week`:                   {Kind: DateLiteral, Text: "THIS_WEEK"},
	} {
		q, err := Parse("SELECT Id FROM A WHERE x = " + text)
		if err != nil {
			t.Error(err)
			continue
		}
		want.Pos = 27
		if got := q.Where.(*Predicate).Values[0]; got != want {
			t.Errorf("%s\ngot  %+v\nwant %+v", text, got, want)
		}
	}
}

// TestPositions holds that nodes know where they stand.
func TestPositions(t *testing.T) {
	t.Parallel()
	text := "SELECT Owner.Name, COUNT(Id) c,\n (SELECT Id FROM Kids) FROM Account a WHERE NOT b = 'é' AND d IN (1, 2) ORDER BY e LIMIT 7"
	q, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	and := q.Where.(*And)
	for _, c := range []struct {
		pos  int
		want string
	}{
		{q.Select[0].Column.Position(), "Owner.Name"},
		{q.Select[1].Column.Position(), "COUNT(Id)"},
		{q.Select[1].Column.(*Call).Arg.Position(), "Id)"},
		{q.Select[1].Alias.Pos, "c,"},
		{q.Select[2].Column.Position(), "SELECT Id FROM Kids"},
		{q.From.Path.Pos, "Account"},
		{q.From.Alias.Pos, "a WHERE"},
		{and.Pos, "NOT b"},
		{and.Args[0].(*Not).Arg.(*Predicate).OpPos, "= 'é'"},
		{and.Args[1].Position(), "d IN"},
		{and.Args[1].(*Predicate).OpPos, "IN (1"},
		{and.Args[1].(*Predicate).Values[1].Pos, "2)"},
		{q.OrderBy[0].Operand.Position(), "e LIMIT"},
		{q.Limit.Pos, "7"},
	} {
		if !strings.HasPrefix(text[c.pos:], c.want) {
			t.Errorf("%q stands at %d, where the text says %q", c.want, c.pos, text[c.pos:])
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := "SELECT " + strings.Repeat("Übergröße__c, ", 10) + "Foo FROM Account"
	for _, c := range []struct {
		name, text, at, want string
	}{
		{"one line", "SELECT Foo FROM Account", "Foo", "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nno"},
		{"its line", "SELECT Id\r\n\tFROM  Foo\r\nLIMIT 1", "Foo", "\n FROM  Foo\n       ^\nERROR at Row:2:Column:8\nno"},
		{"the end", "SELECT", "", "\nSELECT\n      ^\nERROR at Row:1:Column:7\nno"},
	} {
		pos := strings.Index(c.text, c.at)
		if c.at == "" {
			pos = len(c.text)
		}
		got := Excerpt(c.text, pos, "no")
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	// Of a long line it shows a slice; columns are characters of the whole line.
	lines := strings.Split(Excerpt(long, strings.Index(long, "Foo"), "no"), "\n")
	if line, caret := []rune(lines[1]), strings.Index(lines[2], "^"); caret != excerptWidth || string(line[caret:caret+3]) != "Foo" {
		t.Errorf("the caret does not stand below its word: %q", lines)
	}
	if want := "ERROR at Row:1:Column:148"; lines[3] != want {
		t.Errorf("got %s, want %s", lines[3], want)
	}
	for _, pos := range []int{-1, 99} {
		if got := Excerpt("SELECT", pos, "no"); !strings.Contains(got, "^") {
			t.Errorf("offset %d: %q", pos, got)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"red  car":             "(and red car)",
		"red and car":          "(and red car)", // and is a stop word, no operator
		"red OR NOT blue":      "(and red NOT blue)",
		`he said "hi there`:    "(and he said hi there)",
		"what? {all} (of) it*": "(and what all it)",
		`back\slash`:           `"back slash"`,
		"jo@example.org":       `"jo example org"`,
	} {
		s, err := ParseSearch("FIND {" + Escape(text) + "}")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := showTerm(s.Term); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// seed adds the inputs of the golden files to a fuzz corpus.
func seed(f *testing.F, search bool) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "sosl_") != search {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i, c := range strings.Split(string(b), "-- in --\n") {
			if in, _, ok := strings.Cut(c, "\n-- out --"); ok && i > 0 {
				f.Add(in)
			}
		}
	}
}

// FuzzParse holds that whatever parses prints as something that parses to the
// same text again, and that nothing panics.
func FuzzParse(f *testing.F) {
	seed(f, false)
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			if errCode(err) == "" {
				t.Fatalf("%q: %v is not for the client", s, err)
			}
			return
		}
		again, err := Parse(q.String())
		if err != nil && len(q.String()) > maxLength {
			return // blanks between tokens made it too long
		}
		if err != nil || again.String() != q.String() {
			t.Fatalf("%q printed as %q, then as %v, %v", s, q, again, err)
		}
	})
}

// FuzzParseSearch holds the same of searches, and that plain text can be searched for once it is escaped.
func FuzzParseSearch(f *testing.F) {
	seed(f, true)
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := ParseSearch("FIND {" + Escape(s) + "}"); err != nil && !strings.Contains(err.Error(), "SOSL statements") &&
			!strings.Contains(err.Error(), "longer than one character") {
			t.Fatalf("%q escaped as %q: %v", s, Escape(s), err)
		}
		q, err := ParseSearch(s)
		if err != nil {
			if errCode(err) == "" {
				t.Fatalf("%q: %v is not for the client", s, err)
			}
			return
		}
		again, err := ParseSearch(q.String())
		if err != nil && len(q.String()) > maxLength {
			return
		}
		if err != nil || again.String() != q.String() || showTerm(again.Term) != showTerm(q.Term) {
			t.Fatalf("%q printed as %q, then as %v, %v", s, q, again, err)
		}
	})
}
