package postgres

import (
	"strconv"

	"stoa/internal/store"
)

// A dialect is the SQL of PostgreSQL for one org, whose schema and heads it knows.
type dialect struct {
	*store.Heads
	schema string // quoted, with the dot
}

func (dialect) Name() string { return "postgres" }

func (d dialect) AppendTable(dst []byte, name string) []byte {
	return append(append(dst, d.schema...), store.Quote(name)...)
}

func (dialect) AppendPlaceholder(dst []byte, n int, c store.Class) []byte {
	dst = strconv.AppendInt(append(dst, '$'), int64(n), 10)
	return append(append(dst, "::"...), typeOf(c)...)
}

func (dialect) AppendIn(dst []byte, n int) []byte {
	dst = append(dst, " = ANY($"...)
	return append(strconv.AppendInt(dst, int64(n), 10), "::bigint[])"...)
}

// Fold calls the function that Open makes out of record.Fold (fold.go).
func (d dialect) Fold(s *store.SQL, write func()) {
	s.Raw(d.schema + "stoa_fold(")
	write()
	s.Raw(")")
}

func (dialect) Like(s *store.SQL, pattern string, write func()) {
	write()
	s.Raw(" LIKE ").Str(pattern)
}

func (dialect) DatePart(s *store.SQL, part store.DatePart, of store.Class, zone string, write func()) {
	local := func() {
		if of == store.Date {
			write()
			return
		}
		// A name in the statement and not an argument: equal expressions of
		// GROUP BY and SELECT would be different ones otherwise.
		if zone == "" || store.ValidZone(zone) != nil {
			zone = "UTC"
		}
		s.Raw("(")
		write()
		s.Raw(" AT TIME ZONE '" + zone + "')")
	}
	extract := func(before, field, after string) {
		s.Raw("(" + before + "EXTRACT(" + field + " FROM ")
		local()
		s.Raw(")::bigint" + after + ")")
	}
	switch part {
	case store.CalendarYear:
		extract("", "YEAR", "")
	case store.CalendarQuarter:
		extract("", "QUARTER", "")
	case store.CalendarMonth:
		extract("", "MONTH", "")
	case store.DayInMonth:
		extract("", "DAY", "")
	case store.DayInWeek:
		extract("", "DOW", " + 1")
	case store.DayInYear:
		extract("", "DOY", "")
	case store.WeekInMonth:
		extract("(", "DAY", " - 1) / 7 + 1")
	case store.WeekInYear:
		extract("(", "DOY", " - 1) / 7 + 1")
	case store.HourInDay:
		extract("", "HOUR", "")
	case store.DayOnly:
		s.Raw("(")
		local()
		s.Raw(")::date")
	}
}

// Distance is the haversine formula, on the mean radius of the earth (IUGG).
func (dialect) Distance(s *store.SQL, _ uint8, lat1, lon1, lat2, lon2 func()) {
	radians := func(write func()) {
		s.Raw("radians((")
		write()
		s.Raw(")::float8)")
	}
	half := func(a, b func()) {
		s.Raw("sin((")
		radians(b)
		s.Raw(" - ")
		radians(a)
		s.Raw(") / 2) ^ 2")
	}
	// least() passes nulls over: a place without a number is nowhere, not here.
	sep := "CASE WHEN ("
	for _, write := range []func(){lat1, lon1, lat2, lon2} {
		s.Raw(sep)
		write()
		sep = ") IS NOT NULL AND ("
	}
	s.Raw(") IS NOT NULL THEN (12742.0176 * asin(sqrt(least(1, ")
	half(lat1, lat2)
	s.Raw(" + cos(")
	radians(lat1)
	s.Raw(") * cos(")
	radians(lat2)
	s.Raw(") * ")
	half(lon1, lon2)
	s.Raw(")))) END")
}

func (dialect) Live(s *store.SQL, alias string) {
	s.Raw("NOT ").Col(alias, store.DeletedColumn)
}

func (dialect) False(s *store.SQL, write func()) {
	s.Raw("NOT ")
	write()
}

func (dialect) Avg(s *store.SQL, write func()) {
	s.Raw("avg(")
	write()
	s.Raw(")::float8")
}

func (dialect) SkipLocked(s *store.SQL) { s.Raw(" FOR UPDATE SKIP LOCKED") }
