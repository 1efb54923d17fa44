// Package hours reckons with business hours: how much of them lies between two
// moments, and which moment is so much of them away. It reads no clock and no
// record; its one invariant is that Between(t, Add(t, d)) is d.
package hours

import (
	"slices"
	"time"
)

// A Span is a part of a day, in minutes from its midnight: [From, To).
type Span struct{ From, To int }

// Day is the span of a whole day.
var Day = Span{0, 24 * 60}

// A Calendar says when an organisation works. The zero Calendar works always.
//
// Spans are times of the wall clock in Zone: on the day when clocks go forward
// a span over the gap is an hour shorter, on the day when they go back an hour longer.
type Calendar struct {
	Zone     *time.Location // nil for UTC
	Week     [7][]Span      // by time.Weekday
	Holidays []Holiday      // what is taken out of the week
}

// A Holiday closes all of a day, or a part of it. One that recurs daily is a break: a day then has several spans.
type Holiday struct {
	On     Rule
	Closed Span
}

// A Rule reports whether a holiday falls on a day. The day is midnight UTC of a calendar date.
type Rule func(day time.Time) bool

// horizon is how far a deadline may lie ahead before a calendar counts as one that is never open. Source: Stoa's own.
const horizon = 10 * 366

// Always reports whether the calendar has no closed time at all.
func (c *Calendar) Always() bool {
	if len(c.Holidays) > 0 {
		return false
	}
	for _, d := range c.Week {
		if len(d) > 0 {
			return slices.Equal(c.Week[0], []Span{Day}) && !slices.ContainsFunc(c.Week[:], func(s []Span) bool { return !slices.Equal(s, []Span{Day}) })
		}
	}
	return true
}

// Add returns the moment at which d of business time has passed since t; ok is false where that is
// more than ten years away. For a negative d it goes back. With d = 0 it returns t.
func (c *Calendar) Add(t time.Time, d time.Duration) (at time.Time, ok bool) {
	if c.Always() || d == 0 {
		return t.Add(d), true
	}
	if d < 0 {
		return c.back(t, -d)
	}
	day := c.dayOf(t)
	for range horizon {
		for _, o := range c.opens(day) {
			if !o.to.After(t) {
				continue
			}
			from := later(o.from, t)
			if worked := o.to.Sub(from); worked < d {
				d -= worked
				continue
			}
			return from.Add(d).In(t.Location()), true
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// back is Add into the past.
func (c *Calendar) back(t time.Time, d time.Duration) (time.Time, bool) {
	day := c.dayOf(t)
	for range horizon {
		for _, o := range slices.Backward(c.opens(day)) {
			if !o.from.Before(t) {
				continue
			}
			to := earlier(o.to, t)
			if worked := to.Sub(o.from); worked < d {
				d -= worked
				continue
			}
			return to.Add(-d).In(t.Location()), true
		}
		day = day.AddDate(0, 0, -1)
	}
	return time.Time{}, false
}

// Between returns the business time from a to b, negative where b comes first.
func (c *Calendar) Between(a, b time.Time) (sum time.Duration) {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c.Always() {
		return b.Sub(a)
	}
	last := c.dayOf(b)
	for day := c.dayOf(a); !day.After(last); day = day.AddDate(0, 0, 1) {
		for _, o := range c.opens(day) {
			if from, to := later(o.from, a), earlier(o.to, b); to.After(from) {
				sum += to.Sub(from)
			}
		}
	}
	return sum
}

// Open reports whether t is in business hours.
func (c *Calendar) Open(t time.Time) bool {
	if c.Always() {
		return true
	}
	return slices.ContainsFunc(c.opens(c.dayOf(t)), func(o open) bool { return !t.Before(o.from) && t.Before(o.to) })
}

// Closes returns the end of the business time in which t is; ok is false where t is in none, and where there is no end.
func (c *Calendar) Closes(t time.Time) (at time.Time, ok bool) {
	if c.Always() {
		return time.Time{}, false
	}
	for _, o := range c.opens(c.dayOf(t)) {
		if !t.Before(o.from) && t.Before(o.to) {
			return o.to, true
		}
	}
	return time.Time{}, false
}

// dayOf returns the calendar date of t in the calendar's zone, as midnight UTC.
func (c *Calendar) dayOf(t time.Time) time.Time {
	y, m, d := t.In(c.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (c *Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// An open is a stretch of business time.
type open struct{ from, to time.Time }

// opens returns the stretches of a day, in order and apart from each other.
func (c *Calendar) opens(day time.Time) []open {
	var buf [4]Span
	spans := append(buf[:0], c.Week[day.Weekday()]...)
	for _, h := range c.Holidays {
		if len(spans) > 0 && h.On(day) {
			spans = without(spans, h.Closed)
		}
	}
	all := make([]open, 0, len(spans))
	for _, s := range spans {
		if s.To > s.From {
			all = append(all, open{c.at(day, s.From), c.at(day, s.To)})
		}
	}
	return all
}

func (c *Calendar) at(day time.Time, minute int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, minute, 0, 0, c.zone())
}

// without takes a part out of spans.
func without(spans []Span, out Span) []Span {
	rest := make([]Span, 0, len(spans)+1)
	for _, s := range spans {
		if out.To <= s.From || out.From >= s.To {
			rest = append(rest, s)
			continue
		}
		if s.From < out.From {
			rest = append(rest, Span{s.From, out.From})
		}
		if out.To < s.To {
			rest = append(rest, Span{out.To, s.To})
		}
	}
	return rest
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
