package i18n

import (
	"strings"
	"testing"
	"time"
)

func TestTFillsPlacesAndPlurals(t *testing.T) {
	t.Parallel()
	en := &Messages{tag: For("en").tag, texts: map[string]string{
		"hello": "Hello {name}, {n, plural, =0 {nothing waits} one {# case waits} other {# cases wait}}.",
		"plain": "No places",
	}, base: For("en")}
	for _, tc := range []struct {
		want string
		key  string
		args []any
	}{
		{"Hello Ada, 1 case waits.", "hello", []any{"name", "Ada", "n", 1}},
		{"Hello Ada, 1,250 cases wait.", "hello", []any{"name", "Ada", "n", 1250}},
		{"Hello {n}, nothing waits.", "hello", []any{"name", "{n}", "n", 0}},
		{"No places", "plain", nil},
		{"no.such.key", "no.such.key", nil},
		{"3 days ago", "ago.days", []any{"n", 3}},
	} {
		if got := en.T(tc.key, tc.args...); got != tc.want {
			t.Errorf("T(%q, %v) = %q, want %q", tc.key, tc.args, got, tc.want)
		}
	}
}

func TestEveryLanguageHasOnlyKeysThatEnglishHas(t *testing.T) {
	t.Parallel()
	en := For("en")
	if len(en.Keys()) == 0 {
		t.Fatal("no English texts")
	}
	for _, lang := range Languages() {
		for _, k := range For(lang).Keys() {
			if !en.Has(k) {
				t.Errorf("%s: English lacks %q", lang, k)
			}
		}
	}
	for _, k := range en.Keys() {
		if strings.Count(en.texts[k], "{") != strings.Count(en.texts[k], "}") {
			t.Errorf("%s: braces do not match", k)
		}
	}
}

func TestForFallsBack(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en_US", "en-GB", "en", "xx", ""} {
		if got := For(lang).T("today"); got != "today" {
			t.Errorf("%q: %q", lang, got)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	m := For("en")
	for _, tc := range []struct {
		n             int64
		scale, places uint8
		want          string
	}{
		{1250, 1, 2, "125.00"}, {64000, 2, 2, "640.00"}, {-1234567, 0, 0, "−1,234,567"}, {5, 3, 0, "0.005"}, {0, 0, 0, "0"}, {1500, 2, 0, "15"},
	} {
		if got := m.Number(tc.n, tc.scale, tc.places); got != tc.want {
			t.Errorf("Number(%d, %d, %d) = %q, want %q", tc.n, tc.scale, tc.places, got, tc.want)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		d    time.Duration
		want string
	}{
		{-10 * time.Second, "now"}, {-5 * time.Minute, "5 min ago"}, {-3 * time.Hour, "3 hours ago"}, {-26 * time.Hour, "1 day ago"},
		{-20 * 24 * time.Hour, "3 Nov"}, {-400 * 24 * time.Hour, "19 Oct 2025"}, {2 * time.Hour, "in 2 hours"},
	} {
		if got := For("en").Near(now.Add(tc.d), now); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.d, got, tc.want)
		}
	}
	if got := For("en").LongDay(now); got != "Monday 23 November" {
		t.Error(got)
	}
}
