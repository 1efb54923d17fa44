package service

import (
	"context"
	"time"

	"stoa/internal/hours"
	"stoa/internal/record"
)

// loadCalendar reads the default business hours and the holidays. Hours without a
// time in the whole week are those that the platform begins with: always open.
func loadCalendar(ctx context.Context, r reader) (*hours.Calendar, record.ID, error) {
	res, err := query(ctx, r, `SELECT Id, TimeZoneSidKey, SundayStartTime, SundayEndTime, MondayStartTime, MondayEndTime, TuesdayStartTime, TuesdayEndTime,
		WednesdayStartTime, WednesdayEndTime, ThursdayStartTime, ThursdayEndTime, FridayStartTime, FridayEndTime, SaturdayStartTime, SaturdayEndTime
		FROM BusinessHours WHERE IsActive = true AND IsDefault = true ORDER BY CreatedDate DESC, Id DESC LIMIT 1`)
	if err != nil {
		return nil, "", err
	}
	c := &hours.Calendar{}
	id := record.ID("")
	some := false
	if res.Len() > 0 {
		id = res.Get(0, "Id").ID()
		if zone, err := time.LoadLocation(text(res.Get(0, "TimeZoneSidKey"))); err == nil {
			c.Zone = zone
		}
		for day := range c.Week {
			name := time.Weekday(day).String()
			from, to := res.Get(0, name+"StartTime"), res.Get(0, name+"EndTime")
			if from.IsNull() || to.IsNull() {
				continue
			}
			s := hours.Span{From: int(from.Millis() / 60_000), To: int(to.Millis() / 60_000)}
			if s.To == 0 {
				s.To = hours.Day.To // midnight is the end of the day
			}
			if s.To > s.From {
				c.Week[day], some = []hours.Span{s}, true
			}
		}
	}
	if !some {
		for day := range c.Week {
			c.Week[day] = []hours.Span{hours.Day}
		}
	}
	c.Holidays, err = loadHolidays(ctx, r)
	return c, id, err
}

var instances = map[string]int{"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": 5}

func loadHolidays(ctx context.Context, r reader) ([]hours.Holiday, error) {
	res, err := query(ctx, r, `SELECT IsAllDay, ActivityDate, StartTimeInMinutes, EndTimeInMinutes, IsRecurrence, RecurrenceType, RecurrenceStartDate, RecurrenceEndDateOnly,
		RecurrenceInterval, RecurrenceDayOfWeekMask, RecurrenceDayOfMonth, RecurrenceInstance, RecurrenceMonthOfYear FROM Holiday`)
	if err != nil {
		return nil, err
	}
	all := make([]hours.Holiday, 0, res.Len())
	for i := range res.Len() {
		h := hours.Holiday{Closed: hours.Day}
		if !res.Get(i, "IsAllDay").Bool() {
			h.Closed = hours.Span{From: int(res.Get(i, "StartTimeInMinutes").Int()), To: int(res.Get(i, "EndTimeInMinutes").Int())}
		}
		on := day(res.Get(i, "ActivityDate"))
		switch {
		case res.Get(i, "IsRecurrence").Bool() && !res.Get(i, "RecurrenceType").IsNull():
			rule := hours.Recurrence{
				Type: text(res.Get(i, "RecurrenceType")), Start: day(res.Get(i, "RecurrenceStartDate")), End: day(res.Get(i, "RecurrenceEndDateOnly")),
				Interval: int(res.Get(i, "RecurrenceInterval").Int()), DayMask: int(res.Get(i, "RecurrenceDayOfWeekMask").Int()),
				DayOfMonth: int(res.Get(i, "RecurrenceDayOfMonth").Int()), Instance: instances[text(res.Get(i, "RecurrenceInstance"))],
			}
			if m, err := time.Parse("January", text(res.Get(i, "RecurrenceMonthOfYear"))); err == nil {
				rule.Month = m.Month()
			}
			h.On = rule.Rule()
		case res.Get(i, "IsRecurrence").Bool() && !on.IsZero():
			h.On = hours.Recurrence{Type: "RecursYearly", Month: on.Month(), DayOfMonth: on.Day()}.Rule()
		case !on.IsZero():
			h.On = hours.Once(on)
		default:
			continue
		}
		all = append(all, h)
	}
	return all, nil
}

// day returns a date as midnight UTC, the zero time for null.
func day(v record.Value) time.Time {
	if v.IsNull() {
		return time.Time{}
	}
	return time.Unix(v.Days()*86_400, 0).UTC()
}
