package difftest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"stoa/internal/record"
)

// A writer makes queries about a world.
type writer struct {
	*world
	r    *rand.Rand
	now  time.Time
	zone *time.Location

	alias string // of the base object, "" for none
	joins int    // semi-joins so far
}

// chance is true once in n times.
func (w *writer) chance(n int) bool { return w.r.IntN(n) == 0 }

// query writes a query.
func (w *writer) query() string {
	w.joins, w.alias = 0, ""
	o := pick(w.r, w.objects)
	from := o.name
	if w.chance(4) {
		w.alias = "x"
		from += " x"
	}
	switch w.r.IntN(10) {
	case 0:
		return "SELECT COUNT() FROM " + from + w.where(o) + w.paging(3)
	case 1, 2, 3:
		return w.grouped(o, from)
	default:
		return "SELECT " + w.columns(o, maxChildLevels) + " FROM " + from + w.where(o) + w.orderBy(o) + w.paging(3)
	}
}

// maxChildLevels is how deep child queries nest below a query.
const maxChildLevels = 4

// columns writes a SELECT list, with child queries of at most some levels.
func (w *writer) columns(o *object, levels int) string {
	seen := map[string]bool{}
	var list []string
	add := func(column, key string) {
		if !seen[strings.ToLower(key)] {
			seen[strings.ToLower(key)] = true
			list = append(list, column)
		}
	}
	if w.chance(2) {
		add("Id", "Id")
	}
	typed := o.relation("Any__r") != nil && w.chance(3)
	if typed {
		add(w.typeOf(o), "Any__r")
	}
	for range 1 + w.r.IntN(5) {
		path, f := w.path(o, func(*field) bool { return true })
		key := strings.TrimPrefix(strings.TrimPrefix(path, "x."), o.name+".")
		if typed && strings.HasPrefix(key, "Any__r.") {
			continue
		}
		if (f.kind == picklist || f.kind == multi) && w.chance(3) {
			label := fmt.Sprintf("label%d", len(list))
			add("toLabel("+path+") "+label, label)
			continue
		}
		add(path, key)
	}
	if kids := w.kids(o); levels > 0 && len(kids) > 0 {
		for range w.r.IntN(3) {
			f := pick(w.r, kids)
			alias := w.alias
			w.alias = ""
			below := 0
			if w.chance(4) {
				below = levels - 1
			}
			add("(SELECT "+w.columns(f.of, below)+" FROM "+f.children+w.where(f.of)+w.orderBy(f.of)+w.limit(3)+")", f.children)
			w.alias = alias
		}
	}
	return strings.Join(list, ", ")
}

// typeOf writes TYPEOF for the polymorphic reference of o.
func (w *writer) typeOf(o *object) string {
	fields := func(of *object) string {
		var list []string
		for _, f := range of.fields {
			if w.chance(len(of.fields)) || f.name == "Name" {
				list = append(list, f.name)
			}
			if f.relation != "" && f.types == nil && w.chance(4) {
				list = append(list, f.relation+".Name")
			}
		}
		return strings.Join(list, ", ")
	}
	types := o.relation("Any__r").types
	s := "TYPEOF "
	if w.alias != "" && w.chance(2) {
		s += w.alias + "."
	}
	s += "Any__r WHEN " + types[0].name + " THEN " + fields(types[0])
	if w.chance(2) {
		s += " WHEN " + types[1].name + " THEN " + fields(types[1])
	}
	if w.chance(2) {
		s += " ELSE " + fields(w.name)
	}
	return s + " END"
}

// path writes the way to a field, up to three relationships away, that ok accepts.
func (w *writer) path(o *object, ok func(*field) bool) (string, *field) {
	for {
		at, way := o, ""
		if w.alias != "" && w.chance(2) {
			way = w.alias + "."
		} else if w.chance(10) {
			way = o.name + "."
		}
		for range 3 {
			if !w.chance(4) {
				break
			}
			f := pick(w.r, at.fields)
			if f.relation == "" {
				continue
			}
			way += f.relation + "."
			at = f.to
		}
		if f := pick(w.r, at.fields); ok(f) {
			return way + f.name, f
		}
	}
}

func (w *writer) where(o *object) string {
	if w.chance(4) {
		return ""
	}
	return " WHERE " + w.condition(o, w.r.IntN(4), true)
}

// condition writes a condition of some depth. Semi-joins stand only where AND joins them.
func (w *writer) condition(o *object, depth int, joins bool) string {
	switch {
	case depth == 0 && joins && w.joins < 2 && w.chance(12):
		if s := w.semiJoin(o); s != "" {
			return s
		}
		fallthrough
	case depth == 0:
		return w.predicate(o)
	case w.chance(4):
		return "NOT (" + w.condition(o, depth-1, false) + ")"
	}
	joint := pick(w.r, []string{" AND ", " OR "})
	parts := make([]string, 2+w.r.IntN(2))
	for i := range parts {
		parts[i] = w.condition(o, depth-1, joins && joint == " AND ")
		if depth > 1 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, joint)
}

func (w *writer) semiJoin(o *object) string {
	path, f := w.path(o, func(f *field) bool { return (f.kind == id || f.kind == reference) && f.of != w.name })
	to := f.to
	switch {
	case f.types != nil:
		to = pick(w.r, f.types)
	case f.kind == id:
		to = f.of
	}
	var inner []*field
	for _, c := range w.objects {
		for _, g := range c.fields {
			if g.pointsTo(to) || g.kind == id && c == to {
				inner = append(inner, g)
			}
		}
	}
	g := pick(w.r, inner)
	w.joins++
	alias := w.alias
	w.alias = ""
	s := path + pick(w.r, []string{" IN", " NOT IN"}) + " (SELECT " + g.name + " FROM " + g.of.name
	if w.chance(2) {
		s += " WHERE " + w.condition(g.of, w.r.IntN(2), false)
	}
	w.alias = alias
	return s + ")"
}

var dateParts = []string{
	"CALENDAR_MONTH", "CALENDAR_QUARTER", "CALENDAR_YEAR", "DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR",
	"FISCAL_MONTH", "FISCAL_QUARTER", "FISCAL_YEAR", "WEEK_IN_MONTH", "WEEK_IN_YEAR", "HOUR_IN_DAY", "DAY_ONLY",
}

// datePart writes a date function of a field, and what its result is compared as.
func (w *writer) datePart(path string, f *field) (string, *field) {
	parts := dateParts
	if f.kind == date {
		parts = parts[:11]
	}
	part := pick(w.r, parts)
	if f.kind == datetime && w.chance(2) {
		path = "convertTimezone(" + path + ")"
	}
	if part == "DAY_ONLY" {
		return part + "(" + path + ")", dayOnly
	}
	return part + "(" + path + ")", whole
}

func (w *writer) predicate(o *object) string {
	path, f := w.path(o, func(f *field) bool { return f.filterable })
	if (f.kind == date || f.kind == datetime) && w.chance(4) {
		return w.compare(w.datePart(path, f))
	}
	if f.kind == picklist && w.chance(6) {
		return "toLabel(" + path + ")" + pick(w.r, []string{" = ", " != "}) + quote(w.respell(pick(w.r, f.values).label))
	}
	return w.compare(path, f)
}

// compare writes a comparison of an operand that has the values of f.
func (w *writer) compare(operand string, f *field) string {
	if w.chance(8) && f != dayOnly {
		return operand + pick(w.r, []string{" = ", " != "}) + "NULL"
	}
	switch {
	case f.kind == boolean:
		return operand + pick(w.r, []string{" = ", " != "}) + pick(w.r, []string{"TRUE", "FALSE"})
	case f.kind == multi && w.chance(3):
		return operand + pick(w.r, []string{" = ", " != "}) + w.literal(f)
	case f.kind == multi:
		return operand + pick(w.r, []string{" INCLUDES ", " EXCLUDES "}) + w.list(f, false)
	case f.like && w.chance(3):
		return operand + " LIKE " + w.pattern(f)
	case w.chance(4):
		return operand + pick(w.r, []string{" IN ", " NOT IN "}) + w.list(f, true)
	case (f.kind == date || f.kind == datetime) && f != dayOnly && w.chance(2):
		return operand + pick(w.r, []string{" = ", " != ", " < ", " <= ", " > ", " >= "}) + w.dateLiteral()
	}
	literal := w.literal(f)
	if literal == "''" { // null has no order
		return operand + pick(w.r, []string{" = ", " != "}) + literal
	}
	return operand + pick(w.r, []string{" = ", " != ", " < ", " <= ", " > ", " >= "}) + literal
}

func (w *writer) list(f *field, nulls bool) string {
	list := make([]string, 1+w.r.IntN(4))
	for i := range list {
		switch {
		case nulls && w.chance(6):
			list[i] = "NULL"
		case nulls && (f.kind == date || f.kind == datetime) && f != dayOnly && w.chance(4):
			list[i] = w.dateLiteral()
		default:
			list[i] = w.literal(f)
		}
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// literal writes a literal that f may be compared with, mostly one that a row has.
func (w *writer) literal(f *field) string {
	v := record.Value{}
	if f.of != nil && len(f.of.rows) > 0 && w.chance(2) {
		v = pick(w.r, f.of.rows).value(f)
	}
	if v.IsNull() {
		v = randomValue(w.r, f, w.now, w.zone)
	}
	switch f.kind {
	case number:
		if f == whole {
			return strconv.Itoa(pick(w.r, []int{w.r.IntN(13), w.r.IntN(32), w.r.IntN(54), w.r.IntN(370), w.now.Year() + w.r.IntN(5) - 2}))
		}
		if w.chance(5) {
			return v.String() + pick(w.r, []string{"", "e0", "e1", "e-1"})
		}
		if w.chance(5) {
			return fmt.Sprintf("%d.%05d", w.r.IntN(5), w.r.IntN(100_000))
		}
		return v.String()
	case date:
		return v.String()
	case datetime:
		t := v.Instant()
		if w.chance(4) {
			return t.In(w.zone).Format("2006-01-02T15:04:05Z07:00")
		}
		if w.chance(6) {
			return t.UTC().Format("2006-01-02T15:04:05") + ".5Z"
		}
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	case clock:
		return v.String()
	case boolean:
		return strings.ToUpper(v.String())
	case reference, id:
		if v.IsNull() {
			v = record.OfID(record.ID(record.AppendID(nil, []byte("a00000000000"+strconv.Itoa(100+w.r.IntN(899))))))
		}
		if w.chance(2) {
			return quote(v.ID().Short())
		}
		return quote(v.Text())
	case multi:
		parts := strings.Split(v.Text(), ";")
		if v.IsNull() {
			parts = []string{pick(w.r, f.values).name}
		}
		w.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if w.chance(10) {
			parts = append(parts, "unheard of")
		}
		return quote(strings.Join(parts[:1+w.r.IntN(len(parts))], ";"))
	case text, exactText, longText, picklist:
	}
	if w.chance(10) {
		return "''"
	}
	return quote(w.respell(v.Text()))
}

// respell changes the letter case of a text now and then.
func (w *writer) respell(s string) string {
	switch w.r.IntN(5) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	default:
		return s
	}
}

// pattern writes a pattern for LIKE made out of a value.
func (w *writer) pattern(f *field) string {
	v := randomValue(w.r, f, w.now, w.zone).Text()
	var b strings.Builder
	for i, c := range w.respell(v) {
		switch {
		case w.chance(5):
			b.WriteString("_")
		case w.chance(6):
			b.WriteString("%")
		case (c == '%' || c == '_') && w.chance(2):
			b.WriteString(`\` + string(c))
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		default:
			b.WriteRune(c)
		}
		if i > 0 && w.chance(4) {
			break
		}
	}
	switch w.r.IntN(4) {
	case 0:
		return "'%" + b.String() + "'"
	case 1, 2:
		return "'" + b.String() + "%'"
	default:
		return "'" + b.String() + "'"
	}
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func (w *writer) dateLiteral() string {
	plain := []string{"YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"}
	if w.chance(3) {
		return pick(w.r, plain)
	}
	unit := pick(w.r, []string{"WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"})
	if w.chance(2) {
		return pick(w.r, []string{"LAST_", "THIS_", "NEXT_"}) + unit
	}
	if w.chance(3) {
		unit = "DAY"
	}
	n := strconv.Itoa(1 + w.r.IntN(4))
	return pick(w.r, []string{"LAST_N_" + unit + "S:", "NEXT_N_" + unit + "S:", "N_" + unit + "S_AGO:"}) + n
}

func (w *writer) orderBy(o *object) string {
	if w.chance(3) {
		return ""
	}
	var items []string
	for range 1 + w.r.IntN(3) {
		path, f := w.path(o, func(f *field) bool { return f.sortable })
		if (f.kind == date || f.kind == datetime) && w.chance(4) {
			path, _ = w.datePart(path, f)
		}
		items = append(items, path+w.direction())
	}
	return " ORDER BY " + strings.Join(items, ", ")
}

func (w *writer) direction() string {
	return pick(w.r, []string{"", " ASC", " DESC"}) + pick(w.r, []string{"", "", " NULLS FIRST", " NULLS LAST"})
}

func (w *writer) limit(n int) string {
	if !w.chance(n) {
		return ""
	}
	return " LIMIT " + strconv.Itoa(w.r.IntN(12))
}

func (w *writer) paging(n int) string {
	s := w.limit(n)
	if w.chance(n) {
		s += " OFFSET " + strconv.Itoa(w.r.IntN(8))
	}
	return s
}

// grouped writes a query with aggregates.
func (w *writer) grouped(o *object, from string) string {
	var items []string
	keys := map[string]bool{}
	if !w.chance(6) {
		for range 1 + w.r.IntN(3) {
			item, f := w.path(o, func(f *field) bool { return f.groupable || f.kind == datetime })
			if f.kind == datetime || f.kind == date && w.chance(2) {
				item, _ = w.datePart(item, f)
			}
			key := strings.ToLower(item[strings.LastIndex(item, ".")+1:])
			if strings.Contains(item, "(") { // the same part of the same date, however its base is named
				key = strings.ToLower(strings.NewReplacer(o.name+".", "", "(x.", "(").Replace(item))
			}
			if !keys[key] {
				keys[key] = true
				items = append(items, item)
			}
		}
	}
	mode := "plain"
	if len(items) > 0 && w.chance(4) {
		mode = pick(w.r, []string{"ROLLUP", "CUBE"})
	}
	columns := append([]string(nil), items...)
	var aggregates []string
	var kinds []*field
	for range 1 + w.r.IntN(3) {
		a, f := w.aggregate(o)
		aggregates, kinds = append(aggregates, a), append(kinds, f)
		if w.chance(3) {
			a += fmt.Sprintf(" total%d", len(columns))
		}
		columns = append(columns, a)
	}
	if mode != "plain" {
		for _, item := range items {
			columns = append(columns, "GROUPING("+item+") "+fmt.Sprintf("g%d", len(columns)))
			if strings.Contains(item, "(") {
				columns = columns[:len(columns)-1]
			}
		}
	}
	s := "SELECT " + strings.Join(columns, ", ") + " FROM " + from + w.where(o)
	if len(items) == 0 {
		return s
	}
	group := strings.Join(items, ", ")
	if mode != "plain" {
		group = mode + "(" + group + ")"
	}
	s += " GROUP BY " + group
	if w.chance(3) {
		i := w.r.IntN(len(aggregates))
		s += " HAVING " + w.having(aggregates[i], kinds[i])
		if w.chance(3) {
			s += pick(w.r, []string{" AND ", " OR "}) + "NOT COUNT(Id) > 2"
		}
	}
	if mode == "plain" && w.chance(2) {
		var order []string
		if w.chance(2) {
			order = append(order, pick(w.r, aggregates)+w.direction())
		}
		for _, item := range items {
			order = append(order, item+w.direction())
		}
		s += " ORDER BY " + strings.Join(order, ", ") + w.paging(3)
	}
	return s
}

// aggregate writes an aggregate and returns what its result is compared as.
func (w *writer) aggregate(o *object) (string, *field) {
	if w.chance(4) {
		return "COUNT(Id)", whole
	}
	path, f := w.path(o, func(f *field) bool { return f.aggregatable })
	funcs := []string{"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "MIN", "MAX"}
	if f.summable {
		funcs = append(funcs, "SUM", "AVG", "SUM", "AVG")
	}
	if f.kind == clock {
		funcs = funcs[2:4]
	}
	switch fn := pick(w.r, funcs); fn {
	case "COUNT", "COUNT_DISTINCT":
		return fn + "(" + path + ")", whole
	default:
		return fn + "(" + path + ")", f
	}
}

func (w *writer) having(aggregate string, f *field) string {
	switch {
	case f == whole:
		return aggregate + pick(w.r, []string{" = ", " != ", " < ", " <= ", " > ", " >= "}) + strconv.Itoa(w.r.IntN(5))
	case strings.HasPrefix(aggregate, "AVG"):
		return aggregate + pick(w.r, []string{" < ", " > "}) + fmt.Sprintf("%d.%04d7", w.r.IntN(5), w.r.IntN(10_000))
	}
	return w.compare(aggregate, f)
}
