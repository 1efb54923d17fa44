package hours

import "time"

// Once returns the rule of a holiday on one date.
func Once(day time.Time) Rule {
	y, m, d := day.Date()
	return func(on time.Time) bool {
		oy, om, od := on.Date()
		return oy == y && om == m && od == d
	}
}

// A Recurrence is a holiday that comes again, as the records of holidays describe it.
type Recurrence struct {
	Type       string    // RecursDaily, RecursEveryWeekday, RecursWeekly, RecursMonthly, RecursMonthlyNth, RecursYearly, RecursYearlyNth
	Start, End time.Time // dates; zero for open
	Interval   int       // each so many days, weeks or months; 0 is 1
	DayMask    int       // of weekdays: Sunday 1, Monday 2, … Saturday 64
	DayOfMonth int
	Month      time.Month
	Instance   int // 1 to 4 for the first to the fourth, 5 for the last
}

// Rule returns the days of a recurrence. A type that is not known has none.
func (r Recurrence) Rule() Rule {
	every := max(r.Interval, 1)
	start := date(r.Start)
	on := func(time.Time) bool { return false }
	switch r.Type {
	case "RecursDaily":
		on = func(d time.Time) bool { return days(start, d)%every == 0 }
	case "RecursEveryWeekday":
		on = func(d time.Time) bool { return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday }
	case "RecursWeekly":
		on = func(d time.Time) bool { return r.masked(d) && weeks(start, d)%every == 0 }
	case "RecursMonthly":
		on = func(d time.Time) bool { return d.Day() == r.DayOfMonth && months(start, d)%every == 0 }
	case "RecursMonthlyNth":
		on = func(d time.Time) bool { return r.nth(d) && months(start, d)%every == 0 }
	case "RecursYearly":
		on = func(d time.Time) bool { return d.Month() == r.Month && d.Day() == r.DayOfMonth }
	case "RecursYearlyNth":
		on = func(d time.Time) bool { return d.Month() == r.Month && r.nth(d) }
	}
	return func(d time.Time) bool {
		if !r.Start.IsZero() && d.Before(start) || !r.End.IsZero() && d.After(date(r.End)) {
			return false
		}
		return on(d)
	}
}

func (r Recurrence) masked(d time.Time) bool { return r.DayMask>>d.Weekday()&1 == 1 }

// nth reports whether d is the first, … or last of its weekday in its month.
func (r Recurrence) nth(d time.Time) bool {
	if !r.masked(d) {
		return false
	}
	if r.Instance == 5 {
		return d.AddDate(0, 0, 7).Month() != d.Month()
	}
	return (d.Day()-1)/7+1 == r.Instance
}

func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func days(from, to time.Time) int { return int(to.Sub(from).Hours()) / 24 }

// weeks counts calendar weeks, which begin on Sunday.
func weeks(from, to time.Time) int {
	sunday := func(t time.Time) time.Time { return t.AddDate(0, 0, -int(t.Weekday())) }
	return days(sunday(from), sunday(to)) / 7
}

func months(from, to time.Time) int {
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
}
