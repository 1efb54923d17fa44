package difftest

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"stoa/internal/engine/soql"
	"stoa/internal/record"
)

// naive answers queries by walking over all rows, as SOQL's reference tells it.
type naive struct {
	*world
	now    time.Time
	zone   *time.Location
	monday bool       // weeks start on Monday
	fiscal time.Month // first month of the fiscal year
	all    bool       // deleted rows too
}

// A frame is a row and the names that paths may begin with.
type frame struct {
	row     *row
	of      *object
	base    string // alias
	aliases map[string][]string
}

// locate resolves a path into the row that holds the field, nil where a parent is missing, and the field.
func (n *naive) locate(fr frame, p *soql.Path) (*row, *field) {
	names := p.Names
	if len(names) > 1 {
		if more, ok := fr.aliases[strings.ToLower(names[0])]; ok {
			names = append(slices.Clone(more), names[1:]...)
		} else if strings.EqualFold(names[0], fr.base) || strings.EqualFold(names[0], fr.of.name) {
			names = names[1:]
		}
	}
	r, o := fr.row, fr.of
	for ; len(names) > 1; names = names[1:] {
		f := o.relation(names[0])
		r, o = n.rows[r.value(f).ID()], f.to
	}
	return r, o.field(names[0])
}

// An answer is what an operand says of a row: its value, and the field whose rules it is compared by.
type answer struct {
	v     record.Value
	f     *field
	label bool // v is a label
}

func (n *naive) operand(fr frame, op soql.Operand) answer {
	switch op := op.(type) {
	case *soql.Path:
		r, f := n.locate(fr, op)
		return answer{v: r.value(f), f: f}
	case *soql.Call:
		if op.Func.Date() {
			return n.datePart(fr, op)
		}
		a := n.operand(fr, op.Arg)
		if op.Func == soql.ToLabel {
			if a.f.kind == multi {
				var labels []string
				for name := range strings.SplitSeq(a.v.Text(), ";") {
					if name != "" {
						labels = append(labels, a.f.values[a.f.rank(name)].label)
					}
				}
				return answer{v: record.OfText(strings.Join(labels, ";")), f: a.f, label: true}
			}
			if i := a.f.rank(a.v.Text()); !a.v.IsNull() && i < len(a.f.values) {
				a.v = record.OfText(a.f.values[i].label)
			}
			a.label = true
			return a
		}
	}
	panic(fmt.Sprintf("no row function: %T", op))
}

var (
	whole   = &field{kind: number}
	dayOnly = &field{kind: date}
)

func (n *naive) datePart(fr frame, c *soql.Call) answer {
	zone := time.UTC
	arg := c.Arg
	if in, ok := arg.(*soql.Call); ok {
		zone, arg = n.zone, in.Arg
	}
	a := n.operand(fr, arg)
	f := whole
	if c.Func == soql.DayOnly {
		f = dayOnly
	}
	if a.v.IsNull() {
		return answer{f: f}
	}
	t := a.v.Instant().In(zone)
	if a.f.kind == date {
		t = a.v.Instant()
	}
	month := int(t.Month())
	fiscalMonth := (month-int(n.fiscal)+12)%12 + 1
	var part int
	switch c.Func {
	case soql.CalendarMonth:
		part = month
	case soql.CalendarQuarter:
		part = (month-1)/3 + 1
	case soql.CalendarYear:
		part = t.Year()
	case soql.DayInMonth:
		part = t.Day()
	case soql.DayInWeek:
		part = int(t.Weekday()) + 1
	case soql.DayInYear:
		part = t.YearDay()
	case soql.DayOnly:
		return answer{v: record.OfDay(t), f: f}
	case soql.FiscalMonth:
		part = fiscalMonth
	case soql.FiscalQuarter:
		part = (fiscalMonth-1)/3 + 1
	case soql.FiscalYear:
		part = t.Year()
		if n.fiscal > 1 && month >= int(n.fiscal) {
			part++
		}
	case soql.HourInDay:
		part = t.Hour()
	case soql.WeekInMonth:
		part = (t.Day()-1)/7 + 1
	case soql.WeekInYear:
		part = (t.YearDay()-1)/7 + 1
	default:
		panic(c.Func.String())
	}
	return answer{v: record.OfInt(int64(part)), f: f}
}

// order compares two values that are not null as filters with < do, or with sort as ORDER BY and MIN do.
func order(f *field, a, b record.Value, sort bool) int {
	switch f.kind {
	case number:
		return rat(a).Cmp(rat(b))
	case boolean:
		return cmp.Compare(bit(a), bit(b))
	case date, datetime, clock:
		return cmp.Compare(a.Int(), b.Int())
	case reference, id:
		return strings.Compare(a.ID().Short(), b.ID().Short())
	case exactText:
		if !sort {
			return strings.Compare(a.Text(), b.Text())
		}
	case picklist:
		if sort {
			return cmp.Compare(f.rank(a.Text()), f.rank(b.Text()))
		}
	case text, longText, multi:
	}
	return strings.Compare(record.Fold(a.Text()), record.Fold(b.Text()))
}

func bit(v record.Value) int {
	if v.Bool() {
		return 1
	}
	return 0
}

func (n *naive) holds(fr frame, e soql.Expr) bool {
	return n.eval(e, func(p *soql.Predicate) bool { return n.predicate(fr, n.operand(fr, p.Operand), p) })
}

// eval combines predicates: two-valued, NOT is plain complement.
func (n *naive) eval(e soql.Expr, predicate func(*soql.Predicate) bool) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *soql.And:
		for _, a := range e.Args {
			if !n.eval(a, predicate) {
				return false
			}
		}
		return true
	case *soql.Or:
		return slices.ContainsFunc(e.Args, func(a soql.Expr) bool { return n.eval(a, predicate) })
	case *soql.Not:
		return !n.eval(e.Arg, predicate)
	case *soql.Predicate:
		return predicate(e)
	}
	panic("no condition")
}

func (n *naive) predicate(fr frame, a answer, p *soql.Predicate) bool {
	switch p.Op {
	case soql.Equal, soql.In:
		return n.among(a, p)
	case soql.NotEqual, soql.NotIn:
		return !n.among(a, p)
	case soql.Like:
		if a.v.IsNull() {
			return p.Values[0].Text == ""
		}
		if a.f.kind == exactText {
			return match([]rune(a.v.Text()), []rune(p.Values[0].Pattern))
		}
		return match([]rune(record.Fold(a.v.Text())), []rune(record.Fold(p.Values[0].Pattern)))
	case soql.Includes:
		return includes(a, p)
	case soql.Excludes:
		return !includes(a, p)
	}
	if a.v.IsNull() {
		return false
	}
	lit := p.Values[0]
	var toStart, toEnd int // of the value to what the literal begins and ends with
	if lit.Kind == soql.DateLiteral {
		start, end := n.window(lit, a.f)
		toStart, toEnd = cmp.Compare(a.v.Int(), start), cmp.Compare(a.v.Int(), end)
		if toEnd < 0 {
			toEnd = -1
		} else {
			toEnd = 1
		}
	} else {
		toStart = n.compare(a, lit)
		toEnd = toStart
	}
	switch p.Op {
	case soql.Less:
		return toStart < 0
	case soql.LessOrEqual:
		return toEnd <= 0
	case soql.Greater:
		return toEnd > 0
	default:
		return toStart >= 0
	}
}

// among reports whether a is one of a predicate's values or comes out of its semi-join.
func (n *naive) among(a answer, p *soql.Predicate) bool {
	if p.Semi != nil {
		o := n.object(p.Semi.From.Path.Last())
		for _, r := range o.rows {
			fr := newFrame(r, o, p.Semi)
			if (r.deleted && !n.all) || !n.holds(fr, p.Semi.Where) {
				continue
			}
			if v := n.operand(fr, p.Semi.Select[0].Column.(*soql.Path)).v; !v.IsNull() && v == a.v {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(p.Values, func(l soql.Literal) bool { return n.equal(a, l) })
}

func (n *naive) equal(a answer, l soql.Literal) bool {
	if l.Kind == soql.Null || l.Kind == soql.String && l.Text == "" {
		return a.v.IsNull() || a.f.kind == boolean && !a.v.Bool()
	}
	if a.v.IsNull() {
		return false
	}
	if l.Kind == soql.DateLiteral {
		start, end := n.window(l, a.f)
		return start <= a.v.Int() && a.v.Int() < end
	}
	if a.f.kind == multi && !a.label {
		return slices.Equal(setOf(a.f, a.v.Text()), setOf(a.f, l.Text))
	}
	return n.compare(a, l) == 0
}

// setOf returns the places of the values in a multi-select text, in order; -1 for one that is not in the set.
func setOf(f *field, s string) []int {
	var set []int
	for name := range strings.SplitSeq(s, ";") {
		i := f.rank(strings.TrimSpace(name))
		if i == len(f.values) {
			i = -1
		}
		set = append(set, i)
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func includes(a answer, p *soql.Predicate) bool {
	have := setOf(a.f, a.v.Text())
	return !a.v.IsNull() && slices.ContainsFunc(p.Values, func(l soql.Literal) bool {
		return !slices.ContainsFunc(setOf(a.f, l.Text), func(i int) bool { return i < 0 || !slices.Contains(have, i) })
	})
}

// compare compares a value that is not null with a literal.
func (n *naive) compare(a answer, l soql.Literal) int {
	switch a.f.kind {
	case number:
		r, ok := new(big.Rat).SetString(l.Text)
		if !ok {
			panic(l.Text)
		}
		return rat(a.v).Cmp(r)
	case boolean:
		return cmp.Compare(bit(a.v), bit(record.OfBool(l.Bool)))
	case date:
		return cmp.Compare(a.v.Int(), l.Time.Unix()/86400)
	case datetime:
		return time.Unix(a.v.Int(), 0).Compare(l.Time)
	case clock:
		return cmp.Compare(a.v.Int(), l.Time.UnixMilli())
	case reference, id:
		other, err := record.ParseID(l.Text)
		if err != nil {
			panic(err)
		}
		return strings.Compare(a.v.ID().Short(), other.Short())
	case text, exactText, longText, picklist, multi:
	}
	return order(a.f, a.v, record.OfText(l.Text), false)
}

// match reports whether s looks like a pattern: % is any run, _ one character, \ makes what follows itself.
func match(s, pattern []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch c := pattern[0]; c {
	case '%':
		for i := range len(s) + 1 {
			if match(s[i:], pattern[1:]) {
				return true
			}
		}
		return false
	case '_':
		return len(s) > 0 && match(s[1:], pattern[1:])
	case '\\':
		return len(s) > 0 && s[0] == pattern[1] && match(s[1:], pattern[2:])
	default:
		return len(s) > 0 && s[0] == c && match(s[1:], pattern[1:])
	}
}

// window returns what a date literal stands for: days for a date, seconds for a datetime.
func (n *naive) window(l soql.Literal, f *field) (start, end int64) {
	from, to := n.days(l)
	if f.kind == date {
		return from.Unix() / 86400, to.Unix() / 86400
	}
	midnight := func(d time.Time) int64 {
		return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, n.zone).Unix()
	}
	return midnight(from), midnight(to)
}

func (n *naive) days(l soql.Literal) (from, to time.Time) {
	local := n.now.In(n.zone)
	today := civil(local.Date())
	day := func(i int) time.Time { return today.AddDate(0, 0, i) }
	switch l.Text {
	case "YESTERDAY":
		return day(-1), day(0)
	case "TODAY":
		return day(0), day(1)
	case "TOMORROW":
		return day(1), day(2)
	case "LAST_90_DAYS":
		return day(-90), day(1)
	case "NEXT_90_DAYS":
		return day(1), day(91)
	case "LAST_N_DAYS":
		return day(-l.N), day(1)
	case "NEXT_N_DAYS":
		return day(1), day(1 + l.N)
	case "N_DAYS_AGO":
		return day(-l.N), day(1 - l.N)
	}
	unit := strings.TrimSuffix(l.Text, "_AGO")
	first, last := 0, 0 // units from now, both included
	for prefix, units := range map[string][2]int{
		"THIS_": {0, 0}, "LAST_": {-1, -1}, "NEXT_": {1, 1}, "N_": {-l.N, -l.N},
		"LAST_N_": {-l.N, -1}, "NEXT_N_": {1, l.N},
	} {
		if rest, ok := strings.CutPrefix(l.Text, prefix); ok && !strings.HasPrefix(rest, "N_") {
			unit = strings.TrimSuffix(rest, "_AGO")
			first, last = units[0], units[1]
		}
	}
	unit = strings.TrimSuffix(unit, "S")
	start := func(i int) time.Time {
		months := 1
		begin := civil(today.Year(), today.Month(), 1)
		fiscal := civil(today.Year(), n.fiscal, 1)
		if fiscal.After(today) {
			fiscal = fiscal.AddDate(-1, 0, 0)
		}
		switch unit {
		case "WEEK":
			back := int(today.Weekday())
			if n.monday {
				back = (back + 6) % 7
			}
			return day(7*i - back)
		case "MONTH":
		case "QUARTER":
			months, begin = 3, civil(today.Year(), today.Month()-(today.Month()-1)%3, 1)
		case "YEAR":
			months, begin = 12, civil(today.Year(), 1, 1)
		case "FISCAL_QUARTER":
			months, begin = 3, fiscal
			for !begin.AddDate(0, 3, 0).After(today) {
				begin = begin.AddDate(0, 3, 0)
			}
		case "FISCAL_YEAR":
			months, begin = 12, fiscal
		default:
			panic(l.Text)
		}
		return begin.AddDate(0, months*i, 0)
	}
	return start(first), start(last + 1)
}
