package query

import (
	"testing"
	"time"
)

func TestRelativeDays(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		today, name string
		n           int
		first, end  string
	}{
		{"2026-05-20", "TODAY", 0, "2026-05-20", "2026-05-21"},
		{"2026-01-01", "YESTERDAY", 0, "2025-12-31", "2026-01-01"},
		{"2024-02-28", "TOMORROW", 0, "2024-02-29", "2024-03-01"},
		{"2026-05-20", "LAST_90_DAYS", 0, "2026-02-19", "2026-05-21"},
		{"2026-05-20", "NEXT_90_DAYS", 0, "2026-05-21", "2026-08-19"},
		{"2026-05-20", "LAST_N_DAYS", 7, "2026-05-13", "2026-05-21"},
		{"2026-05-20", "NEXT_N_DAYS", 7, "2026-05-21", "2026-05-28"},
		{"2026-05-20", "N_DAYS_AGO", 7, "2026-05-13", "2026-05-14"},
		{"2026-05-20", "THIS_WEEK", 0, "2026-05-17", "2026-05-24"},
		{"2026-05-17", "THIS_WEEK", 0, "2026-05-17", "2026-05-24"},
		{"2026-05-20", "LAST_WEEK", 0, "2026-05-10", "2026-05-17"},
		{"2026-05-20", "NEXT_N_WEEKS", 2, "2026-05-24", "2026-06-07"},
		{"2026-05-20", "N_WEEKS_AGO", 2, "2026-05-03", "2026-05-10"},
		{"2026-01-31", "NEXT_MONTH", 0, "2026-02-01", "2026-03-01"},
		{"2026-01-31", "LAST_MONTH", 0, "2025-12-01", "2026-01-01"},
		{"2026-03-31", "LAST_N_MONTHS", 2, "2026-01-01", "2026-03-01"},
		{"2026-03-31", "N_MONTHS_AGO", 2, "2026-01-01", "2026-02-01"},
		{"2026-05-20", "THIS_QUARTER", 0, "2026-04-01", "2026-07-01"},
		{"2026-01-20", "LAST_QUARTER", 0, "2025-10-01", "2026-01-01"},
		{"2026-11-20", "NEXT_N_QUARTERS", 2, "2027-01-01", "2027-07-01"},
		{"2026-05-20", "THIS_YEAR", 0, "2026-01-01", "2027-01-01"},
		{"2026-05-20", "LAST_N_YEARS", 3, "2023-01-01", "2026-01-01"},
		{"2024-02-29", "N_YEARS_AGO", 1, "2023-01-01", "2024-01-01"},
		{"2026-03-31", "THIS_FISCAL_YEAR", 0, "2025-04-01", "2026-04-01"},
		{"2026-04-01", "THIS_FISCAL_YEAR", 0, "2026-04-01", "2027-04-01"},
		{"2026-03-31", "NEXT_FISCAL_QUARTER", 0, "2026-04-01", "2026-07-01"},
		{"2026-02-10", "N_FISCAL_QUARTERS_AGO", 1, "2025-10-01", "2026-01-01"},
		{"2026-05-20", "LAST_N_FISCAL_YEARS", 2, "2024-04-01", "2026-04-01"},
	} {
		got, ok := relativeDays(c.name, c.n, day(c.today), time.Sunday, time.April)
		if !ok || !got.first.Equal(day(c.first)) || !got.end.Equal(day(c.end)) {
			t.Errorf("%s:%d on %s: %v–%v, %t, want %s–%s", c.name, c.n, c.today, got.first, got.end, ok, c.first, c.end)
		}
	}
	for _, name := range []string{"", "DAY", "LAST_DAYS", "THIS_N_WEEKS", "LAST_FORTNIGHT", "N_AGO"} {
		if _, ok := relativeDays(name, 1, day("2026-05-20"), time.Sunday, time.January); ok {
			t.Errorf("%q is no date literal", name)
		}
	}
}

// A day has 23 or 25 hours when the clocks change.
func TestDaysFollowTheClocks(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for date, hours := range map[string]float64{"2026-03-29": 23, "2026-10-25": 25, "2026-05-20": 24} {
		noon, err := time.ParseInLocation("2006-01-02 15", date+" 12", oslo)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := relativeDays("TODAY", 0, today(noon.UTC(), oslo), time.Monday, time.January)
		if got := s.end.Sub(s.first).Hours(); got != hours {
			t.Errorf("%s has %v hours, want %v", date, got, hours)
		}
	}
}

func TestDecimalAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		scale int
		want  scaled
	}{
		{"0", 2, scaled{exact: true}},
		{"1.5", 2, scaled{floor: 150, exact: true}},
		{"+1.50", 2, scaled{floor: 150, exact: true}},
		{"1.555", 2, scaled{floor: 155}},
		{"-1.555", 2, scaled{floor: -156}},
		{"-1.550", 2, scaled{floor: -155, exact: true}},
		{".001", 2, scaled{floor: 0}},
		{"-.001", 2, scaled{floor: -1}},
		{"1e3", 0, scaled{floor: 1000, exact: true}},
		{"15E-1", 0, scaled{floor: 1}},
		{"0.00000000000000000000000001e26", 0, scaled{floor: 1, exact: true}},
		{"999999999999999999", 0, scaled{floor: 999999999999999999, exact: true}},
		{"1000000000000000000", 0, scaled{beyond: 1}},
		{"-1e99999999999", 0, scaled{beyond: -1}},
		{"1e-99999999999", 0, scaled{}},
	} {
		if got := decimalAt(c.text, c.scale); got != c.want {
			t.Errorf("%s at %d: %+v, want %+v", c.text, c.scale, got, c.want)
		}
	}
}

func TestSuccessor(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"abc": "abd", "a\uD7FF": "a\uE000", "a\U0010FFFF": "b", "\U0010FFFF": "", "": "", "é": "ê"} {
		if got := successor(in); got != want {
			t.Errorf("successor(%q) = %q, want %q", in, got, want)
		}
	}
}
