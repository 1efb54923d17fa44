package record

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestIDsAreCompletedAndMended(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"no capital", "001000000000001", "001000000000001AAA"},
		{"a capital in the first five", "00D000000000001", "00D000000000001EAA"},
		{"capitals in two parts", "00Dx0000000BV7z", "00Dx0000000BV7zEAG"},
		{"a capital at the end", "003D000000QV9n2", "003D000000QV9n2IAD"},
		{"all parts", "001D000000K0fXO", "001D000000K0fXOIAZ"},
		{"mixed", "a0B5g00000AbCdE", "a0B5g00000AbCdEEAV"},
		{"letter case lost", "a0b5g00000abcdeeav", "a0B5g00000AbCdEEAV"},
		{"letter case lost the other way", "A0B5G00000ABCDEEAV", "a0B5g00000AbCdEEAV"},
		{"too short", "0010000", ""},
		{"no id character", "001-00000000001", ""},
		{"a suffix that no id has", "001000000000001!!!", ""},
		{"a digit that should be a capital", "001000000000001EAA", ""},
	} {
		got, err := ParseID(c.in)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %s gives %q, %v, want %q", c.rule, c.in, got, err, c.want)
		}
	}
}

// FuzzID holds that what parses is its own canonical form.
func FuzzID(f *testing.F) {
	f.Add("001D000000K0fXO")
	f.Add("a0b5g00000abcdeeav")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		for _, again := range []string{string(id), id.Short()} {
			if got, err := ParseID(again); err != nil || got != id {
				t.Fatalf("%q gives %q, which gives %q, %v", s, id, got, err)
			}
		}
	})
}

func TestDecimalsAreExact(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"whole", "12", "12"},
		{"fraction", "12.50", "12.5"},
		{"leading point", ".5", "0.5"},
		{"negative", "-0.05", "-0.05"},
		{"exponent up", "1.5e3", "1500"},
		{"exponent down", "15E-1", "1.5"},
		{"eighteen digits", "123456789012345678", "123456789012345678"},
		{"nineteen digits", "1234567890123456789", ""},
		{"too many places are rounded", "0.1234567890123456785", "0.123456789012345679"},
		{"zeros do not count", "000000000000000000000.10000000000000000000", "0.1"},
		{"nothing", "", ""},
		{"a word", "NaN", ""},
		{"two points", "1.2.3", ""},
		{"huge exponent", "1e999", ""},
		{"tiny", "1e-30", "0"},
	} {
		n, scale, ok := ParseDecimal(c.in)
		got := ""
		if ok {
			got = string(AppendDecimal(nil, n, scale))
		}
		if got != c.want {
			t.Errorf("%s: %q gives %q, want %q", c.rule, c.in, got, c.want)
		}
	}
}

func TestRescaleRoundsHalfUp(t *testing.T) {
	for _, c := range []struct {
		n        int64
		from, to uint8
		want     int64
		ok       bool
	}{
		{125, 2, 1, 13, true}, {-125, 2, 1, -13, true}, {124, 2, 1, 12, true}, {5, 0, 2, 500, true},
		{1, 18, 0, 0, true}, {922337203685477581, 0, 1, 0, false},
	} {
		got, ok := Rescale(c.n, c.from, c.to)
		if got != c.want || ok != c.ok {
			t.Errorf("%d from %d to %d places: %d, %t, want %d, %t", c.n, c.from, c.to, got, ok, c.want, c.ok)
		}
	}
}

func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	for day := time.Date(1700, 12, 31, 0, 0, 0, 0, time.UTC); day.Year() < 4001; day = day.AddDate(0, 0, 17) {
		if got, want := OfDay(day).String(), day.Format(time.DateOnly); got != want {
			t.Fatalf("%s is written %s", want, got)
		}
	}
	if got := OfInstant(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)).String(); got != "1969-12-31T23:59:59.000Z" {
		t.Errorf("the second before 1970 is written %s", got)
	}
	if got := OfTime(36_000_007).String(); got != "10:00:00.007Z" {
		t.Errorf("ten o'clock and 7 ms is written %s", got)
	}
}

// FuzzAppendJSON holds that every text is a valid JSON string that means the text, or its valid part.
func FuzzAppendJSON(f *testing.F) {
	f.Add("a\"b\\c\n</script>\u2028\x00\xff")
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendJSON(nil, []byte(s))
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q is written %s: %v", s, b, err)
		}
		if utf8.ValidString(s) && got != s {
			t.Fatalf("%q is read back as %q", s, got)
		}
		if strings.Contains(string(b), "<") {
			t.Fatalf("%s can open a tag", b)
		}
	})
}

func TestFoldKeepsAccents(t *testing.T) {
	for in, want := range map[string]string{"ÉLAN": "élan", "Zoe": "zoe", "ΣΊΣΥΦΟΣ": "σίσυφοσ", "straße": "straße", "abc": "abc"} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPagesHoldWhatIsAdded(t *testing.T) {
	p := NewPage(4, 1)
	want := []Value{OfText("lamp"), {}, OfDecimal(-1250, 2), OfID("001000000000001AAA"), OfBool(true), OfDate(-3), OfDateTime(5), OfTime(7)}
	for _, v := range want {
		p.Add(v)
	}
	if p.Len() != 2 {
		t.Fatalf("%d rows, want 2", p.Len())
	}
	for i, v := range want {
		if got := p.Value(i/4, i%4); got != v {
			t.Errorf("cell %d is %v, want %v", i, got, v)
		}
	}
	q := NewPage(4, 0)
	q.Move(p, 1)
	p.DropLast()
	if p.Len() != 1 || q.Len() != 1 || q.Value(0, 1) != OfDate(-3) {
		t.Error("a moved row is not the one that was there")
	}
}
