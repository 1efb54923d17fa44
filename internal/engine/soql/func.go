package soql

import "strings"

// A Func is a function of SOQL.
type Func uint8

// The functions: aggregates, then what labels and formats, then what takes a date apart.
const (
	Count Func = iota // COUNT() where Call.Arg is nil
	CountDistinct
	Sum
	Avg
	Min
	Max
	Grouping
	ToLabel
	ConvertCurrency
	Format
	ConvertTimezone // only inside a date function
	CalendarMonth
	CalendarQuarter
	CalendarYear
	DayInMonth
	DayInWeek
	DayInYear
	DayOnly
	FiscalMonth
	FiscalQuarter
	FiscalYear
	HourInDay
	WeekInMonth
	WeekInYear
)

var funcNames = [...]string{
	Count: "COUNT", CountDistinct: "COUNT_DISTINCT", Sum: "SUM", Avg: "AVG", Min: "MIN", Max: "MAX",
	Grouping: "GROUPING", ToLabel: "toLabel", ConvertCurrency: "convertCurrency", Format: "FORMAT", ConvertTimezone: "convertTimezone",
	CalendarMonth: "CALENDAR_MONTH", CalendarQuarter: "CALENDAR_QUARTER", CalendarYear: "CALENDAR_YEAR",
	DayInMonth: "DAY_IN_MONTH", DayInWeek: "DAY_IN_WEEK", DayInYear: "DAY_IN_YEAR", DayOnly: "DAY_ONLY",
	FiscalMonth: "FISCAL_MONTH", FiscalQuarter: "FISCAL_QUARTER", FiscalYear: "FISCAL_YEAR",
	HourInDay: "HOUR_IN_DAY", WeekInMonth: "WEEK_IN_MONTH", WeekInYear: "WEEK_IN_YEAR",
}

// String returns the name as the reference writes it.
func (f Func) String() string { return funcNames[f] }

// Aggregate reports whether f takes many rows to one value. GROUPING is none: it asks about the row.
func (f Func) Aggregate() bool { return f <= Max }

// Date reports whether f takes a part of a date or a datetime.
func (f Func) Date() bool { return f >= CalendarMonth }

// funcNamed returns the function with a name in any letter case.
func funcNamed(name string) (Func, bool) {
	for f, n := range funcNames {
		if strings.EqualFold(n, name) {
			return Func(f), true
		}
	}
	return 0, false
}
