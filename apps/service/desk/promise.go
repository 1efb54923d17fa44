package desk

import (
	"strconv"
	"time"

	"stoa/internal/app"
	"stoa/internal/hours"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// What a promise stands at.
type state string

const (
	open   state = "open"
	near   state = "warn"   // half of its time is gone
	urgent state = "danger" // nearly all of it
	missed state = "missed"
	paused state = "paused"
	met    state = "met"
	late   state = "late" // kept after its time
)

// From which share of its time on a promise is near, and urgent, in percent. Source: ui/README, 5.
const (
	nearAt   = 50
	urgentAt = 85
)

// A promise is what a citizen was told a time for.
type promise struct {
	name       string // key of its words
	start, due time.Time
	kept       time.Time
	state      state
	used       int           // share of its time, in percent
	left       time.Duration // business time until it is due, negative after it: what SOQL says, too
	ticks      bool          // that time runs now
	closes     time.Time     // when it stops for today; zero for never
	why        string        // whose promise it is and which hours count, "" where that was not asked for
}

// promisesOf returns the promises on a case, from its own fields and the business hours: lists and cases show one number.
func promisesOf(get func(string) record.Value, now time.Time, c *hours.Calendar) (all []promise) {
	for _, p := range [...]struct{ name, due, kept string }{
		{"desk.promise.reply", "Reply_Due__c", "Replied_At__c"}, {"desk.promise.solution", "Solve_Due__c", "Solved_At__c"},
	} {
		due := app.Instant(get(p.due))
		if due.IsZero() {
			continue
		}
		one := promise{name: p.name, start: app.Instant(get("CreatedDate")), due: due, kept: app.Instant(get(p.kept))}
		one.judge(now, !get("Paused_Since__c").IsNull(), c)
		all = append(all, one)
	}
	return all
}

func (p *promise) judge(now time.Time, stopped bool, c *hours.Calendar) {
	p.left, p.ticks = c.Between(now, p.due), c.Open(now)
	p.closes, _ = c.Closes(now)
	if whole := c.Between(p.start, p.due); whole > 0 {
		p.used = int(min(max((whole-p.left)*100/whole, 0), 100))
	}
	switch {
	case !p.kept.IsZero() && p.kept.After(p.due):
		p.state = late
	case !p.kept.IsZero():
		p.state = met
	case stopped:
		p.state = paused
	case !now.Before(p.due):
		p.state, p.used = missed, 100
	case p.used >= urgentAt:
		p.state = urgent
	case p.used >= nearAt:
		p.state = near
	default:
		p.state = open
	}
	if !p.kept.IsZero() {
		p.used = 100
	}
}

// running reports whether time counts.
func (p promise) running() bool {
	return p.state == open || p.state == near || p.state == urgent || p.state == missed
}

// next returns the promise that is to be kept next, or the zero promise.
func next(all []promise) promise {
	for _, p := range all {
		if p.kept.IsZero() {
			return p
		}
	}
	return promise{}
}

// before orders by what must be done first: running promises by their end, then those that stand still, then none.
func (p promise) before(o promise) int {
	rank := func(p promise) int {
		switch {
		case p.due.IsZero():
			return 2
		case p.running():
			return 0
		default:
			return 1
		}
	}
	if r := rank(p) - rank(o); r != 0 {
		return r
	}
	return p.due.Compare(o.due)
}

// words says what a promise stands at.
func (p promise) words(v *page.Visit) string {
	switch p.state {
	case met:
		return v.T("desk.promise.met", "t", duration(v, p.kept.Sub(p.start)))
	case late:
		return v.T("desk.promise.kept", "t", duration(v, p.kept.Sub(p.due)))
	case paused:
		return v.T("desk.promise.paused")
	case missed:
		return v.T("desk.promise.missed", "t", worked(v, -p.left))
	}
	if p.soon(v.UI.Now) {
		return v.T("desk.promise.left", "t", worked(v, p.left))
	}
	return v.T("desk.promise.by", "day", v.UI.Day(v.UI.In(p.due)), "time", v.UI.Clock(v.UI.In(p.due)))
}

// soon reports whether a promise is due within a day: then people read how long there is, and not the day.
func (p promise) soon(now time.Time) bool { return p.due.Sub(now) < day }

// tone is the badge's and the ring's colour.
func (p promise) tone() string {
	switch p.state {
	case near:
		return "warn"
	case urgent, missed, late:
		return "danger"
	case met:
		return "ok"
	default:
		return "line"
	}
}

// dash is how much of the ring is drawn.
func (p promise) dash() string { return strconv.Itoa(p.used) + " 100" }

const day = 24 * time.Hour

// duration says how long something takes: 18 min, 1 h 52 min, 3 days.
func duration(v *page.Visit, d time.Duration) string {
	if d >= 2*day {
		return v.T("desk.time.days", "n", int(d/day))
	}
	return worked(v, d)
}

// worked says how much business time something takes, never in days: those have 24 hours for nobody at work.
func worked(v *page.Visit, d time.Duration) string {
	d = max(d, 0)
	switch h, m := int(d/time.Hour), int(d%time.Hour/time.Minute); {
	case d < time.Hour:
		return v.T("desk.time.min", "m", max(m, 1))
	case d < 10*time.Hour:
		return v.T("desk.time.hm", "h", h, "m", m)
	default:
		return v.T("desk.time.h", "h", h)
	}
}
