package query

import (
	"fmt"
	"math"
	"strconv"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A function is one function of SOQL that has a value in a row or a group.
type function struct {
	of     soql.Func
	part   store.DatePart
	fiscal bool                      // counted from the first month of the fiscal year
	moment bool                      // takes a DateTime only
	result *catalog.Type             // nil: a whole number
	takes  func(*catalog.Field) bool // aggregates: which fields
}

// functions is the table of functions. toLabel, FORMAT and convertCurrency change how a value is shown and are in present.go.
var functions = []function{
	{of: soql.Count, takes: countable},
	{of: soql.CountDistinct, takes: countable},
	{of: soql.Sum, takes: summable},
	{of: soql.Avg, takes: summable},
	{of: soql.Min, takes: comparable},
	{of: soql.Max, takes: comparable},
	{of: soql.Grouping},
	{of: soql.CalendarMonth, part: store.CalendarMonth},
	{of: soql.CalendarQuarter, part: store.CalendarQuarter},
	{of: soql.CalendarYear, part: store.CalendarYear},
	{of: soql.DayInMonth, part: store.DayInMonth},
	{of: soql.DayInWeek, part: store.DayInWeek},
	{of: soql.DayInYear, part: store.DayInYear},
	{of: soql.DayOnly, part: store.DayOnly, moment: true, result: &catalog.Date},
	{of: soql.FiscalMonth, part: store.CalendarMonth, fiscal: true},
	{of: soql.FiscalQuarter, part: store.CalendarQuarter, fiscal: true},
	{of: soql.FiscalYear, part: store.CalendarYear, fiscal: true},
	{of: soql.HourInDay, part: store.HourInDay, moment: true},
	{of: soql.WeekInMonth, part: store.WeekInMonth},
	{of: soql.WeekInYear, part: store.WeekInYear},
}

func functionOf(f soql.Func) *function {
	for i := range functions {
		if functions[i].of == f {
			return &functions[i]
		}
	}
	return nil
}

func countable(f *catalog.Field) bool {
	return f.Aggregatable && f.Type.Kind != record.Bool && f.Type.Kind != record.Bytes
}
func summable(f *catalog.Field) bool { return f.Type.Summable && f.Aggregatable }
func comparable(f *catalog.Field) bool {
	return f.Aggregatable && f.Type.Kind != record.Bool && f.Type.Kind != record.Bytes
}

// call binds a function in a place where it has a value of its own.
func (b *binder) call(s *scope, c *soql.Call) (*operand, error) {
	switch {
	case c.Func.Date():
		return b.dateCall(s, c)
	case c.Func == soql.ToLabel:
		o, err := b.argument(s, c)
		if err != nil {
			return nil, err
		}
		if !labelled(o.field) {
			return nil, b.at(fault.InvalidField, c.Pos, "toLabel function is not supported on field "+o.name)
		}
		o.label = true
		return o, nil
	case c.Func.Aggregate(), c.Func == soql.Grouping:
		return nil, b.at(fault.MalformedQuery, c.Pos, "Grouped field or aggregate function expected: "+c.Func.String())
	default:
		return nil, b.at(fault.MalformedQuery, c.Pos, "unexpected token: '"+c.Func.String()+"'")
	}
}

// argument binds the field that a function is about.
func (b *binder) argument(s *scope, c *soql.Call) (*operand, error) {
	p, ok := c.Arg.(*soql.Path)
	if !ok {
		return nil, b.at(fault.MalformedQuery, c.Pos, "unexpected token: '"+c.Func.String()+"'")
	}
	return b.pathOperand(s, p)
}

func (b *binder) dateCall(s *scope, c *soql.Call) (*operand, error) {
	fn := functionOf(c.Func)
	inner, zone := c, ""
	if z, ok := c.Arg.(*soql.Call); ok {
		if z.Func != soql.ConvertTimezone {
			return nil, b.at(fault.MalformedQuery, z.Pos, "unexpected token: '"+z.Func.String()+"'")
		}
		inner = z
		if b.env.Zone != nil {
			zone = b.env.Zone.String()
		}
	}
	arg, err := b.argument(s, inner)
	if err != nil {
		return nil, err
	}
	kind := arg.field.Type.Kind
	if kind != record.DateTime && (kind != record.Date || fn.moment || inner != c) {
		return nil, b.at(fault.InvalidField, c.Pos, "field "+arg.name+" does not support date function "+c.Func.String())
	}
	if zone == "UTC" {
		zone = ""
	}
	return &operand{kind: opDate, src: arg.src, field: arg.field, pos: c.Pos, name: arg.name, fn: fn, arg: arg, zone: zone, local: inner != c}, nil
}

// writePart writes a part of a date.
func (fn *function) writePart(w *writer, o *operand) {
	part := func(p store.DatePart) {
		class, _ := o.arg.class()
		w.d.DatePart(w.SQL, p, class, o.zone, func() { w.value(o.arg) })
	}
	first := int(w.b.env.FiscalStart)
	if !fn.fiscal || first <= 1 {
		part(fn.part)
		return
	}
	// The fiscal year bears the number of the calendar year in which it ends.
	shift := strconv.Itoa(12 - (first - 1))
	w.Raw("(")
	switch fn.part {
	case store.CalendarYear:
		part(store.CalendarYear)
		w.Raw(" + CASE WHEN ")
		part(store.CalendarMonth)
		w.Raw(" >= " + strconv.Itoa(first) + " THEN 1 ELSE 0 END)")
	case store.CalendarQuarter:
		w.Raw("((")
		part(store.CalendarMonth)
		w.Raw(" - 1 + " + shift + ") % 12) / 3 + 1)")
	default:
		w.Raw("(")
		part(store.CalendarMonth)
		w.Raw(" - 1 + " + shift + ") % 12 + 1)")
	}
}

// kilometresPerMile is exact by definition.
const kilometresPerMile = "1.609344"

// degrees are the coordinates of a place, and how far each goes from zero.
var degrees = [...]struct {
	name string
	most float64
}{{"latitude", 90}, {"longitude", 180}}

// distance binds DISTANCE.
func (b *binder) distance(s *scope, n *soql.Distance) (*operand, error) {
	d := &distance{miles: n.Unit == "mi"}
	o := &operand{kind: opDistance, pos: n.Pos, name: "DISTANCE", distance: d}
	for i, place := range []soql.Place{n.From, n.To} {
		if place.Field == nil {
			for j, l := range []soql.Literal{place.Lat, place.Long} {
				c, scale, ok := record.ParseDecimal(l.Text)
				if !ok {
					return nil, b.at(fault.MalformedQuery, l.Pos, "unexpected token: '"+l.Text+"'")
				}
				d.point[i][j] = record.OfDecimal(c, scale)
				if m := degrees[j]; math.Abs(d.point[i][j].Float()) > m.most {
					return nil, b.at(fault.MalformedQuery, l.Pos, fmt.Sprintf("%s must be between -%[2]g and %[2]g: %[3]s", m.name, m.most, l.Text))
				}
			}
			continue
		}
		src, name, err := b.path(s, place.Field)
		if err != nil {
			return nil, err
		}
		f, err := b.field(src, name, place.Field.Pos)
		if err != nil {
			return nil, err
		}
		lat, long := coordinates(f)
		if lat == nil || long == nil {
			return nil, b.at(fault.InvalidField, place.Field.Pos, "field '"+f.Name+"' is not a geolocation field")
		}
		src.touch(f)
		d.lat[i] = column(src, lat, n.Pos)
		d.long[i] = column(src, long, n.Pos)
		d.scale = uint8(lat.Scale)
		if o.field == nil {
			o.src, o.field = src, f
		}
	}
	if o.field == nil {
		return nil, b.at(fault.MalformedQuery, n.Pos, "DISTANCE needs a geolocation field")
	}
	return o, nil
}

// coordinates returns the latitude and longitude among the parts of a compound.
func coordinates(f *catalog.Field) (lat, long *catalog.Field) {
	for _, name := range f.Parts {
		p := f.Object.Field(name)
		if p == nil {
			continue
		}
		switch partKey(f, p) {
		case "latitude":
			lat = p
		case "longitude":
			long = p
		}
	}
	return lat, long
}

// kilometres writes a distance in kilometres.
func (w *writer) kilometres(d *distance) {
	at := func(i, j int) func() {
		return func() {
			of := d.lat[i]
			if j == 1 {
				of = d.long[i]
			}
			if of != nil {
				w.value(of)
				return
			}
			c, scale := d.point[i][j].Decimal()
			w.ColArg(store.Column{Class: store.Decimal, Scale: d.scale}, record.OfDecimal(c, scale))
		}
	}
	w.d.Distance(w.SQL, d.scale, at(0, 0), at(0, 1), at(1, 0), at(1, 1))
}
