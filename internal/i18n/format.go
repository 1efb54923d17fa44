package i18n

import (
	"strconv"
	"strings"
	"time"
)

// Number writes coefficient × 10^-scale with at least places digits after the
// point and groups of three: 1250, 1, 2 gives 125.00.
func (m *Messages) Number(coefficient int64, scale, places uint8) string {
	neg := coefficient < 0
	u := uint64(coefficient)
	if neg {
		u = -u
	}
	digits := strconv.FormatUint(u, 10)
	for len(digits) <= int(scale) {
		digits = "0" + digits
	}
	cut := len(digits) - int(scale)
	integer, frac := digits[:cut], strings.TrimRight(digits[cut:], "0")
	for len(frac) < int(places) {
		frac += "0"
	}
	var b strings.Builder
	if neg {
		b.WriteString("−")
	}
	for i := range len(integer) {
		if i > 0 && (len(integer)-i)%3 == 0 {
			b.WriteString(m.T("number.group"))
		}
		b.WriteByte(integer[i])
	}
	if frac != "" {
		b.WriteString(m.T("number.point"))
		b.WriteString(frac)
	}
	return b.String()
}

// Date writes the day of t: 23 Nov 2026.
func (m *Messages) Date(t time.Time) string {
	return m.T("date.full", "day", strconv.Itoa(t.Day()), "month", m.month(t), "year", strconv.Itoa(t.Year()))
}

// Day writes the day of t without its year: 23 Nov.
func (m *Messages) Day(t time.Time) string {
	return m.T("date.short", "day", strconv.Itoa(t.Day()), "month", m.month(t))
}

// LongDay writes the day of t with its weekday: Monday 23 November.
func (m *Messages) LongDay(t time.Time) string {
	return m.T("date.long", "weekday", m.T("weekday."+strconv.Itoa(int(t.Weekday()))), "day", strconv.Itoa(t.Day()),
		"month", m.T("month.long."+strconv.Itoa(int(t.Month()))))
}

// Clock writes the time of day of t: 09:05.
func (m *Messages) Clock(t time.Time) string { return t.Format("15:04") }

// Moment writes day and time of t: 23 Nov 2026, 09:05.
func (m *Messages) Moment(t time.Time) string {
	return m.T("date.moment", "date", m.Date(t), "time", m.Clock(t))
}

func (m *Messages) month(t time.Time) string { return m.T("month." + strconv.Itoa(int(t.Month()))) }

// Near writes a moment as people say it: minutes and hours up to a day ago or
// ahead, then today's distance in days up to 60, then the day.
func (m *Messages) Near(t, now time.Time) string {
	d := now.Sub(t)
	key, ahead := "ago.", d < 0
	if ahead {
		d, key = -d, "in."
	}
	switch {
	case d < 45*time.Second:
		return m.T("now")
	case d < time.Hour:
		return m.T(key+"minutes", "n", int((d+30*time.Second)/time.Minute))
	case d < 24*time.Hour:
		return m.T(key+"hours", "n", int((d+30*time.Minute)/time.Hour))
	case d < 7*24*time.Hour:
		return m.T(key+"days", "n", int((d+12*time.Hour)/(24*time.Hour)))
	case t.Year() == now.Year():
		return m.Day(t)
	default:
		return m.Date(t)
	}
}

// Distance writes how far a day is from today, "" beyond 60 days.
func (m *Messages) Distance(days int) string {
	switch {
	case days == 0:
		return m.T("today")
	case days == 1:
		return m.T("tomorrow")
	case days == -1:
		return m.T("yesterday")
	case days > 0 && days <= 60:
		return m.T("in.days", "n", days)
	case days < 0 && days >= -60:
		return m.T("ago.days", "n", -days)
	default:
		return ""
	}
}
