package portal

import (
	"time"

	"stoa/apps/service"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A step is one of the way that a case goes.
type step struct {
	State       string // done, now or later
	Icon, Title string
	Note        string
	At          time.Time
}

// way returns the steps of a case: what happened, and what comes.
func (c *Case) way(v *page.Visit) []step {
	steps := []step{{"done", "check", v.T("track.way.told"), "", c.At}}
	reply := c.Replied // by a person: what answers by itself keeps no promise
	switch {
	case !reply.IsZero():
		steps = append(steps, step{"done", "check", v.T("track.way.answered"), "", reply})
	case !c.Closed:
		steps = append(steps, step{"now", "eye", v.T("track.way.reading"), promised(v, c.ReplyDue), time.Time{}})
	}
	for _, e := range c.Thread {
		if e.Kind == service.KindEvent && e.Event == "status" && e.At.Before(c.lastStatus()) {
			if to, _ := e.Data["to"].(string); v.UI.Has("portal.status." + to) {
				steps = append(steps, step{"done", "check", v.T("portal.status." + to), "", e.At})
			}
		}
	}
	switch {
	case c.Closed:
		at := c.Solved
		if at.IsZero() {
			at = c.lastStatus()
		}
		return append(steps, step{"done", "check", v.T("portal.status." + statusKey(c.Status)), "", at})
	case c.Paused || c.Status == "Waiting":
		steps = append(steps, step{"now", "hand", v.T("portal.status.Waiting"), v.T("track.way.waiting"), c.lastStatus()})
	case !reply.IsZero():
		steps = append(steps, step{"now", "wrench", v.T("track.way.working"), promised(v, c.SolveDue), time.Time{}})
	}
	return append(steps, step{"later", "circle-check", v.T("portal.status.Solved"), "", time.Time{}})
}

// lastStatus is when the status changed last, the zero time where it never did.
func (c *Case) lastStatus() (at time.Time) {
	for _, e := range c.Thread {
		if e.Kind == service.KindEvent && e.Event == "status" {
			at = e.At
		}
	}
	return at
}

func promised(v *page.Visit, due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return v.T("track.promisedBy", "day", v.UI.LongDay(v.UI.In(due)), "time", v.UI.Clock(v.UI.In(due)))
}

// statusKey is the part of a key that says in plain words how a case stands.
func statusKey(status string) string {
	switch status {
	case "New", "Open", "Waiting", "On Hold", "Solved", "Closed", "Merged":
		return status
	default:
		return "Open"
	}
}

func tone(c *Case) string {
	switch {
	case c.Closed:
		return "badge-ok"
	case c.Status == "Waiting":
		return "badge-warn"
	default:
		return "badge-accent"
	}
}

// messages returns what was written, oldest first.
func (c *Case) messages() (all []service.Entry) {
	for _, e := range c.Thread {
		if e.Kind != service.KindEvent {
			all = append(all, e)
		}
	}
	return all
}

// author is how the writer of a message is called on its page.
func author(v *page.Visit, e service.Entry) kit.Person {
	switch {
	case e.Staff && e.By != "":
		return kit.Person{Name: e.By}
	case e.Staff:
		return kit.Person{Name: v.Surface.Org().Name()}
	default:
		return kit.Person{Name: v.T("track.you")}
	}
}

// hoursOf writes business minutes as people say them.
func hoursOf(v *page.Visit, minutes int) string {
	const day = 8 * 60 // a working day
	switch {
	case minutes < 60:
		return v.T("portal.minutes", "n", minutes)
	case minutes < 2*day:
		return v.T("portal.workHours", "n", (minutes+30)/60)
	default:
		return v.T("portal.workDays", "n", (minutes+day/2)/day)
	}
}

func size(v *page.Visit, n int) string {
	if n < 1<<20 {
		return v.T("track.kB", "n", max(1, (n+512)>>10))
	}
	return v.T("track.MB", "n", v.UI.Number(int64(n)*10>>20, 1, 0))
}
