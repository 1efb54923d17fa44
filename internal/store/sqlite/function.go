package sqlite

import (
	"math"
	"sync"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// functions are the SQL functions of Stoa's own. They must answer what the
// expressions of package postgres answer.
var functions = []function{
	{"stoa_fold", 1, foldText},
	{"stoa_date_part", 3, datePart},
	{"stoa_time_part", 3, timePart},
	{"stoa_distance", 5, distance},
}

// foldText is stoa_fold(text).
func foldText(c call) {
	if c.null(0) {
		c.returnNull()
		return
	}
	c.returnText(record.Fold(c.text(0)))
}

// datePart is stoa_date_part(days, part, "").
func datePart(c call) {
	if c.null(0) {
		c.returnNull()
		return
	}
	c.returnInt(part(time.Unix(c.whole(0)*86400, 0).UTC(), store.DatePart(c.whole(1))))
}

// timePart is stoa_time_part(seconds, part, zone).
func timePart(c call) {
	if c.null(0) {
		c.returnNull()
		return
	}
	c.returnInt(part(time.Unix(c.whole(0), 0).In(zone(c.text(2))), store.DatePart(c.whole(1))))
}

// part returns a part of t as SOQL counts it; DayOnly is days since 1970.
func part(t time.Time, p store.DatePart) int64 {
	var n int
	switch p {
	case store.CalendarYear:
		n = t.Year()
	case store.CalendarQuarter:
		n = (int(t.Month())-1)/3 + 1
	case store.CalendarMonth:
		n = int(t.Month())
	case store.DayInMonth:
		n = t.Day()
	case store.DayInWeek:
		n = int(t.Weekday()) + 1
	case store.DayInYear:
		n = t.YearDay()
	case store.WeekInMonth:
		n = (t.Day()-1)/7 + 1
	case store.WeekInYear:
		n = (t.YearDay()-1)/7 + 1
	case store.HourInDay:
		n = t.Hour()
	case store.DayOnly:
		return record.OfDay(t).Days()
	}
	return int64(n)
}

// zones keeps the zones that statements name, since loading one reads a file.
var zones sync.Map // string → *time.Location

func zone(name string) *time.Location {
	if name == "" || name == "UTC" {
		return time.UTC
	}
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, l)
	return l
}

// earthRadius is the mean radius in kilometres (IUGG).
const earthRadius = 6371.0088

// distance is stoa_distance(lat1, lon1, lat2, lon2, scale), by the haversine formula.
func distance(c call) {
	var rad [4]float64
	unit := math.Pow10(int(c.whole(4)))
	for i := range rad {
		if c.null(i) {
			c.returnNull()
			return
		}
		rad[i] = c.float(i) / unit * math.Pi / 180
	}
	a, b := math.Sin((rad[2]-rad[0])/2), math.Sin((rad[3]-rad[1])/2)
	h := a*a + math.Cos(rad[0])*math.Cos(rad[2])*b*b
	c.returnFloat(2 * earthRadius * math.Asin(math.Sqrt(min(1, h))))
}
