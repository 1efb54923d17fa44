package query

import (
	"strings"
	"time"
)

// A span is a run of days in the user's zone: from first up to, not including, end.
type span struct{ first, end time.Time }

// relativeDays returns what a date literal such as LAST_N_DAYS:7 stands for
// on the day of today, which is midnight in the user's zone. ok is false for a name that is none.
func relativeDays(name string, n int, today time.Time, firstWeekday time.Weekday, fiscal time.Month) (s span, ok bool) {
	day := func(from, to int) (span, bool) { return span{today.AddDate(0, 0, from), today.AddDate(0, 0, to)}, true }
	switch name {
	case "YESTERDAY":
		return day(-1, 0)
	case "TODAY":
		return day(0, 1)
	case "TOMORROW":
		return day(1, 2)
	case "LAST_90_DAYS":
		return day(-90, 1)
	case "NEXT_90_DAYS":
		return day(1, 91)
	case "LAST_N_DAYS":
		return day(-n, 1)
	case "NEXT_N_DAYS":
		return day(1, 1+n)
	case "N_DAYS_AGO":
		return day(-n, 1-n)
	}
	verb, rest, found := strings.Cut(name, "_")
	if !found {
		return span{}, false
	}
	from, to := 0, 0 // in units, from the current one
	switch {
	case strings.HasPrefix(rest, "N_") && verb == "LAST":
		rest, from, to = rest[2:], -n, 0
	case strings.HasPrefix(rest, "N_") && verb == "NEXT":
		rest, from, to = rest[2:], 1, 1+n
	case verb == "N" && strings.HasSuffix(rest, "_AGO"):
		rest, from, to = strings.TrimSuffix(rest, "_AGO"), -n, 1-n
	case verb == "LAST":
		rest, from, to = rest+"S", -1, 0
	case verb == "THIS":
		rest, from, to = rest+"S", 0, 1
	case verb == "NEXT":
		rest, from, to = rest+"S", 1, 2
	default:
		return span{}, false
	}
	start := unitStart(rest, today, firstWeekday, fiscal)
	if start == nil {
		return span{}, false
	}
	return span{start(from), start(to)}, true
}

// unitStart returns a function that gives the first day of the unit k units after the current one.
func unitStart(unit string, today time.Time, firstWeekday time.Weekday, fiscal time.Month) func(k int) time.Time {
	y, m, d := today.Date()
	date := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, today.Location()) }
	since := int(m-fiscal+12) % 12 // months since the fiscal year began
	switch unit {
	case "WEEKS":
		back := (int(today.Weekday()) - int(firstWeekday) + 7) % 7
		return func(k int) time.Time { return date(y, m, d-back+7*k) }
	case "MONTHS":
		return func(k int) time.Time { return date(y, m+time.Month(k), 1) }
	case "QUARTERS":
		return func(k int) time.Time { return date(y, (m-1)/3*3+1+time.Month(3*k), 1) }
	case "YEARS":
		return func(k int) time.Time { return date(y+k, 1, 1) }
	case "FISCAL_QUARTERS":
		return func(k int) time.Time { return date(y, m-time.Month(since%3)+time.Month(3*k), 1) }
	case "FISCAL_YEARS":
		return func(k int) time.Time { return date(y+k, m-time.Month(since), 1) }
	default:
		return nil
	}
}

// reachable returns t, or what comes first or last of what both engines read with room for any zone. No date that
// is stored comes near: a query that names one beyond finds what it should.
func reachable(t time.Time) time.Time {
	const first, last = -62104060800, 253370764800 // 0002-01-01 and 9999-01-01
	switch s := t.Unix(); {
	case s < first:
		return time.Unix(first, 0).In(t.Location())
	case s > last:
		return time.Unix(last, 0).In(t.Location())
	default:
		return t
	}
}

// countedLiteral reports whether a date literal takes a number behind a colon.
func countedLiteral(name string) bool {
	return strings.HasPrefix(name, "LAST_N_") || strings.HasPrefix(name, "NEXT_N_") || strings.HasPrefix(name, "N_")
}

// weekStart returns the first day of the week where a locale is spoken.
func weekStart(locale string) time.Weekday {
	switch locale {
	case "", "en_US", "es_US", "es_MX", "ja_JP":
		return time.Sunday
	default:
		return time.Monday
	}
}

// today returns midnight of the day of now in a zone.
func today(now time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
