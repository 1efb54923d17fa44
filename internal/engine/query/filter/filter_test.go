package filter

import (
	"strings"
	"testing"
	"time"

	"stoa/internal/engine/catalog"
)

func TestQuoteKeepsWhateverIsTypedInsideTheLiteral(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                 `'plain'`,
		"O'Hara":                `'O\'Hara'`,
		`\`:                     `'\\'`,
		`' OR Name != '`:        `'\' OR Name != \''`,
		"a\nb\tc\rd":            `'a\nb\tc\rd'`,
		`\' OR Id != null --`:   `'\\\' OR Id != null --'`,
		"bell\a":                `'bell '`,
		"“quoted” <b>&amp;</b>": `'“quoted” <b>&amp;</b>'`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add(`a' OR 'b`)
	f.Add(`\`)
	f.Add("\x00\n")
	f.Fuzz(func(t *testing.T, s string) {
		q := Quote(s)
		body := q[1 : len(q)-1]
		for i := 0; i < len(body); i++ {
			switch body[i] {
			case '\\':
				i++
				if i == len(body) {
					t.Fatalf("Quote(%q) = %s: the closing quote is escaped", s, q)
				}
			case '\'', '\n', '\r':
				t.Fatalf("Quote(%q) = %s: ends before its end", s, q)
			}
		}
	})
}

func TestLikeMatchesTextAsItIs(t *testing.T) {
	t.Parallel()
	if got, want := Like(`50%_'x\`, "%", "%"), `'%50\%\_\'x\\%'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFiltersBecomeConditions(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", -5*3600)
	field := func(name string, typ *catalog.Type) *catalog.Field {
		return &catalog.Field{Name: name, Label: name, Type: typ, Filterable: true}
	}
	for _, tc := range []struct {
		field       *catalog.Field
		value, want string
	}{
		{field("Amount", &catalog.Currency), "1,250.50", "1250.5"},
		{field("CloseDate", &catalog.Date), "2026-11-23", "2026-11-23"},
		{field("CloseDate", &catalog.Date), "last_n_days:7", "LAST_N_DAYS:7"},
		{field("CreatedDate", &catalog.DateTime), "2026-11-23T10:00", "2026-11-23T15:00:00Z"},
		{field("IsClosed", &catalog.Boolean), "True", "TRUE"},
		{field("Subject", &catalog.Text), "it's", `'it\'s'`},
	} {
		got, err := literal(tc.field, tc.value, zone)
		if err != nil || got != tc.want {
			t.Errorf("%s %q: %s, %v; want %s", tc.field.Name, tc.value, got, err, tc.want)
		}
	}
	for _, tc := range []struct {
		field *catalog.Field
		value string
	}{
		{field("Amount", &catalog.Currency), "1 OR 1=1"},
		{field("CloseDate", &catalog.Date), "TODAY OR Id != null"},
		{field("CloseDate", &catalog.Date), "LAST_N_DAYS:x"},
		{field("IsClosed", &catalog.Boolean), "maybe"},
	} {
		if got, err := literal(tc.field, tc.value, zone); err == nil {
			t.Errorf("%s %q passed as %s", tc.field.Name, tc.value, got)
		}
	}
	if got := dayCondition("CreatedDate", Equal, "2026-11-23", zone); !strings.Contains(got, "CreatedDate >= 2026-11-23T05:00:00Z AND CreatedDate < 2026-11-24T05:00:00Z") {
		t.Error(got)
	}
	if f, ok := Parse("Subject:has:a:b"); !ok || f.Value != "a:b" {
		t.Error(f, ok)
	}
}
