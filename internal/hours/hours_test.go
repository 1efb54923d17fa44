package hours

import (
	"math/rand/v2"
	"testing"
	"time"
)

// naive counts the business minutes from a to b one by one.
func naive(c *Calendar, a, b time.Time) (n time.Duration) {
	for t := a; t.Before(b); t = t.Add(time.Minute) {
		if worked(c, t) {
			n += time.Minute
		}
	}
	return n
}

func worked(c *Calendar, t time.Time) bool {
	local := t.In(c.zone())
	y, m, d := local.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	minute := local.Hour()*60 + local.Minute()
	in := func(s Span) bool { return minute >= s.From && minute < s.To }
	for _, s := range c.Week[day.Weekday()] {
		if in(s) {
			for _, h := range c.Holidays {
				if h.On(day) && in(h.Closed) {
					return false
				}
			}
			return true
		}
	}
	return false
}

// random makes a calendar. Its spans begin and end outside of the hours in which clocks are changed.
func random(rng *rand.Rand) *Calendar {
	zones := []string{"UTC", "America/New_York", "Europe/Vienna", "Australia/Lord_Howe", "Asia/Kolkata"}
	zone, err := time.LoadLocation(zones[rng.IntN(len(zones))])
	if err != nil {
		panic(err)
	}
	c := &Calendar{Zone: zone}
	for d := range c.Week {
		switch rng.IntN(5) {
		case 0:
		case 1:
			c.Week[d] = []Span{Day}
		case 2:
			c.Week[d] = []Span{{0, 600 + rng.IntN(60)}, {780 + rng.IntN(300), 24 * 60}}
		default:
			from := 300 + rng.IntN(300)
			noon := from + 60 + rng.IntN(120)
			c.Week[d] = []Span{{from, noon}, {noon + 30, noon + 60 + rng.IntN(400)}}
		}
	}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for range rng.IntN(4) {
		closed := Day
		if rng.IntN(2) == 0 {
			from := 300 + rng.IntN(600)
			closed = Span{from, from + 30 + rng.IntN(200)}
		}
		rules := []Rule{
			Once(start.AddDate(0, 0, rng.IntN(300))),
			Recurrence{Type: "RecursYearly", Month: time.Month(1 + rng.IntN(12)), DayOfMonth: 1 + rng.IntN(28)}.Rule(),
			Recurrence{Type: "RecursWeekly", Start: start, DayMask: 1 << rng.IntN(7), Interval: 1 + rng.IntN(3)}.Rule(),
			Recurrence{Type: "RecursDaily", Start: start, Interval: 1 + rng.IntN(4)}.Rule(),
		}
		c.Holidays = append(c.Holidays, Holiday{On: rules[rng.IntN(len(rules))], Closed: closed})
	}
	return c
}

func TestBusinessTimeIsThatOfEveryMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for range 300 {
		c := random(rng)
		// Half of the stretches begin just before clocks are changed.
		a := time.Date(2026, 3, 6, 0, rng.IntN(60*24*250), 0, 0, time.UTC)
		switch rng.IntN(4) {
		case 0:
			a = time.Date(2026, 10, 24, 0, rng.IntN(600), 0, 0, time.UTC)
		case 1:
			a = time.Date(2026, 3, 7, 12, rng.IntN(600), 0, 0, time.UTC)
		}
		b := a.Add(time.Duration(rng.IntN(60*24*9)) * time.Minute)
		want := naive(c, a, b)
		if got := c.Between(a, b); got != want {
			if c.Always() {
				continue // a week without any span is one that is not kept
			}
			t.Fatalf("%v: from %v to %v are %v, not %v", c.Zone, a, b, got, want)
		}
		if got := c.Between(b, a); !c.Always() && got != -want {
			t.Fatalf("backwards %v is not %v", got, -want)
		}
	}
}

func TestADeadlineIsAsFarAwayAsWasPromised(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 500 {
		c := random(rng)
		from := time.Date(2026, 1, 1, 0, 0, rng.IntN(60*60*24*360), 0, time.UTC)
		d := time.Duration(1+rng.IntN(60*60*90)) * time.Second
		to, ok := c.Add(from, d)
		if !ok {
			if slicesEmpty(c) {
				continue
			}
			t.Fatalf("%v after %v is never", d, from)
		}
		if got := c.Between(from, to); got != d {
			t.Fatalf("%v: %v after %v is %v, which is %v away", c.Zone, d, from, to, got)
		}
		if before := to.Add(-time.Second); c.Between(from, before) >= d {
			t.Fatalf("%v is not the first moment", to)
		}
		back, ok := c.Add(to, -d)
		if !ok || c.Between(back, to) != d {
			t.Fatalf("%v before %v is %v", d, to, back)
		}
	}
}

// slicesEmpty reports whether every day is closed by its holidays.
func slicesEmpty(c *Calendar) bool {
	for d := range 400 {
		if len(c.opens(time.Date(2026, 12, 1+d, 0, 0, 0, 0, time.UTC))) > 0 {
			return false
		}
	}
	return true
}

func TestADayHasSeveralSpans(t *testing.T) {
	office := Span{9 * 60, 17 * 60}
	c := &Calendar{Holidays: []Holiday{{On: Recurrence{Type: "RecursEveryWeekday"}.Rule(), Closed: Span{12 * 60, 13 * 60}}}}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Week[d] = []Span{office}
	}
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, k := range []struct {
		from string
		d    time.Duration
		to   string
	}{
		{"2026-11-27 11:00", 2 * time.Hour, "2026-11-27 14:00"}, // over noon
		{"2026-11-27 16:30", time.Hour, "2026-11-30 09:30"},     // over the week-end
		{"2026-11-28 10:00", time.Hour, "2026-11-30 10:00"},     // from a Saturday
		{"2026-11-27 12:00", 7 * time.Hour, "2026-11-30 12:00"}, // to the end of a span, not the beginning of the next
		{"2026-11-30 09:00", -time.Hour, "2026-11-27 16:00"},    // back
	} {
		if got, ok := c.Add(at(k.from), k.d); !ok || !got.Equal(at(k.to)) {
			t.Errorf("%v after %s is %v, not %s", k.d, k.from, got, k.to)
		}
	}
	if c.Open(at("2026-11-27 12:30")) || !c.Open(at("2026-11-27 13:00")) {
		t.Error("noon is a break, one o'clock is not")
	}
}

func TestACalendarThatIsNeverOpenHasNoDeadlines(t *testing.T) {
	c := &Calendar{Holidays: []Holiday{{On: func(time.Time) bool { return true }, Closed: Day}}}
	c.Week[time.Monday] = []Span{Day}
	if at, ok := c.Add(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Minute); ok {
		t.Errorf("there is one at %v", at)
	}
}

func TestHolidaysComeAgain(t *testing.T) {
	for _, k := range []struct {
		name string
		r    Recurrence
		day  string
		want bool
	}{
		{"the last Monday in May", Recurrence{Type: "RecursYearlyNth", Month: time.May, Instance: 5, DayMask: 2}, "2026-05-25", true},
		{"not the one before", Recurrence{Type: "RecursYearlyNth", Month: time.May, Instance: 5, DayMask: 2}, "2026-05-18", false},
		{"the fourth Thursday in November", Recurrence{Type: "RecursYearlyNth", Month: time.November, Instance: 4, DayMask: 16}, "2026-11-26", true},
		{"the first of January", Recurrence{Type: "RecursYearly", Month: time.January, DayOfMonth: 1}, "2031-01-01", true},
		{"not after its end", Recurrence{Type: "RecursYearly", Month: time.January, DayOfMonth: 1, End: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, "2031-01-01", false},
	} {
		day, err := time.Parse(time.DateOnly, k.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.r.Rule()(day); got != k.want {
			t.Errorf("%s: %s is %v", k.name, k.day, got)
		}
	}
}
