package dml

import (
	"testing"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

func TestParseDateTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-31T09:05:07.000+0000":  "2026-01-31T09:05:07.000Z",
		"2026-01-31T09:05:07Z":          "2026-01-31T09:05:07.000Z",
		"2026-01-31T09:05:07+00:00":     "2026-01-31T09:05:07.000Z",
		"2026-01-31T09:05:07":           "2026-01-31T09:05:07.000Z",
		"2026-01-31T09:05":              "2026-01-31T09:05:00.000Z",
		"2026-01-31T00:30:00-05":        "2026-01-31T05:30:00.000Z",
		"2026-01-01T00:30:00.123+01:00": "2025-12-31T23:30:00.000Z",
		"2026-01-31":                    "2026-01-31T00:00:00.000Z",
		"1969-12-31T23:59:59Z":          "1969-12-31T23:59:59.000Z",
		"2026-02-30T00:00:00Z":          "",
		"2026-01-31T24:00:00Z":          "",
		"2026-01-31T09:05:07.Z":         "",
		"2026-01-31T09:05:07 GMT":       "",
		"31.01.2026":                    "",
		"2026-1-31":                     "",
	} {
		got := ""
		if n, ok := parseDateTime(text); ok {
			got = record.OfDateTime(n).String()
		}
		if got != want {
			t.Errorf("%s is read as %q, want %q", text, got, want)
		}
	}
}

func TestIsEmail(t *testing.T) {
	for text, want := range map[string]bool{
		"ann@example.org": true, "a.b+c@mail.example.org": true, "o'hara@example.org": true, "jörg@bücher.example": true,
		"ann": false, "ann@": false, "@example.org": false, "ann@example": false, "a b@example.org": false, "ann@exam ple.org": false,
		".ann@example.org": false, "ann.@example.org": false, "a..b@example.org": false, "ann@-example.org": false, "ann@example..org": false, "a@b@example.org": false,
	} {
		if isEmail(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	}
}

func TestAutoNumber(t *testing.T) {
	at := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	for format, want := range map[string]string{
		"": "00000042", "PMT-{00000}": "PMT-00042", "{YYYY}{MM}{DD}-{0}": "20260309-42", "{YY}/{000}/x": "26/042/x", "broken {00": "broken {00",
	} {
		if got := autoNumber(format, 42, at); got != want {
			t.Errorf("%q gives %q, want %q", format, got, want)
		}
	}
}

func TestDatesEndWhereTheCalendarOfThePlatformDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ      *catalog.Type
		text     string
		accepted bool
	}{
		{&catalog.Date, "1700-12-31", true}, {&catalog.Date, "1700-12-30", false}, {&catalog.Date, "4000-12-31", true}, {&catalog.Date, "4001-01-01", false},
		{&catalog.DateTime, "1700-12-31T00:00:00Z", true}, {&catalog.DateTime, "1700-12-31T00:00:00+00:10", false},
		{&catalog.DateTime, "4000-12-31T23:59:59Z", true}, {&catalog.DateTime, "4000-12-31T23:59:59-00:10", false},
	} {
		_, err := coerce(&catalog.Field{Name: "F__c", Label: "F", Type: c.typ}, record.OfText(c.text), &Options{})
		if accepted := err == nil; accepted != c.accepted || !accepted && err.Code != fault.NumberOutsideValidRange {
			t.Errorf("%s %s: %v", c.typ.Name, c.text, err)
		}
	}
}

// FuzzCoerce holds that a value that fits a field fits it again as the text that the API writes, and is then the same value.
func FuzzCoerce(f *testing.F) {
	for _, s := range []string{"", " x ", "true", "12.50", "-1e3", "2026-01-31", "2026-01-31T09:05:07.5+0130", "09:05:07.5Z", "a@b.example", "a;b;A", "\x00\u0085\xff", "001000000000001AAA"} {
		f.Add(s)
	}
	types := []*catalog.Type{&catalog.Text, &catalog.LongTextArea, &catalog.Email, &catalog.Boolean, &catalog.Number, &catalog.Int, &catalog.Date, &catalog.DateTime, &catalog.Time, &catalog.Reference, &catalog.Picklist, &catalog.MultiPicklist}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range types {
			fd := &catalog.Field{Name: "F__c", Label: "F", Type: kind, Length: 40, Precision: 10, Scale: 2, Values: []catalog.PicklistValue{{Value: "A", Active: true}, {Value: "b", Active: true}}}
			if kind == &catalog.Int {
				fd.Precision, fd.Scale = 0, 0
			}
			v, err := coerce(fd, record.OfText(s), &Options{})
			if err != nil {
				continue
			}
			again, err := coerce(fd, record.OfText(v.String()), &Options{})
			if err != nil || again != v {
				t.Fatalf("%s: %q became %q, then %q (%v)", kind.Name, s, v, again, err)
			}
		}
	})
}
