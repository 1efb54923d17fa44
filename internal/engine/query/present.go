package query

import (
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// labelled reports whether toLabel() knows a field.
func labelled(f *catalog.Field) bool {
	return f.Type.Picklist || f.Type == &catalog.DataCategoryGroup || f.Object.Name == "RecordType" && f.IsName
}

// selectCall binds a function in the SELECT list of a query without groups:
// toLabel, FORMAT and convertCurrency show the value of a field in another way.
func (b *binder) selectCall(s *scope, sel *selection, c *soql.Call, alias *soql.Name) error {
	if c.Func.Date() {
		o, err := b.dateCall(s, c)
		if err != nil {
			return err
		}
		return b.at(fault.MalformedQuery, c.Pos, "Field must be grouped or aggregated: "+o.name)
	}
	show, arg := presentation(c)
	p, ok := arg.(*soql.Path)
	if !ok {
		return b.at(fault.MalformedQuery, c.Pos, "unexpected token: '"+c.Func.String()+"'")
	}
	o, err := b.pathOperand(s, p)
	if err != nil {
		return err
	}
	post, typ, err := b.shown(o, show, c.Pos)
	if err != nil {
		return err
	}
	col := sel.column(o)
	if post != nil {
		col = sel.add(o)
		sel.posts = append(sel.posts, *post)
		sel.posts[len(sel.posts)-1].col = col
	}
	if sel.called == nil {
		sel.called = map[string]bool{}
	}
	if alias != nil {
		sel.called[alias.Text] = true
		return sel.put(sel.shape, record.Item{Key: alias.Text, Type: typ, Col: col}, "")
	}
	src, name, err := b.path(s, p)
	if err != nil {
		return err
	}
	f, err := b.field(src, name, p.Pos)
	if err != nil {
		return err
	}
	if src.up == nil {
		sel.called[f.Name] = true
	}
	return sel.put(sel.shapeOf(src), record.Item{Key: f.Name, Type: typ, Col: col}, pathOf(src, f.Name))
}

// presentation takes FORMAT(convertCurrency(x)) apart: the functions, outermost first, and x.
func presentation(c *soql.Call) (show []soql.Func, arg soql.Operand) {
	arg = c
	for {
		call, ok := arg.(*soql.Call)
		if !ok || call.Func != soql.ToLabel && call.Func != soql.Format && call.Func != soql.ConvertCurrency {
			return show, arg
		}
		show, arg = append(show, call.Func), call.Arg
	}
}

// shown returns how values of o are changed by the given functions, nil where they are not, and the describe type of the result.
func (b *binder) shown(o *operand, show []soql.Func, pos int) (*post, string, error) {
	typ := "double"
	if o.field != nil {
		typ = o.field.Type.Name
	}
	var of func(record.Value) record.Value
	for i := len(show) - 1; i >= 0; i-- {
		switch show[i] {
		case soql.ToLabel:
			if o.field == nil || !labelled(o.field) {
				return nil, "", b.at(fault.InvalidField, pos, "toLabel function is not supported on field "+o.name)
			}
			of = labels(b.valuesOf(o.field))
		case soql.ConvertCurrency:
			if o.field == nil || o.field.Type != &catalog.Currency {
				return nil, "", b.at(fault.InvalidField, pos, "convertCurrency function is not supported on field "+o.name)
			}
		default:
			switch o.valueKind() {
			case record.Number, record.Date, record.DateTime, record.Time:
			default:
				return nil, "", b.at(fault.InvalidField, pos, "FORMAT function is not supported on field "+o.name)
			}
			of, typ = b.formatter(o), "string"
		}
	}
	if of == nil {
		return nil, typ, nil
	}
	return &post{of: of}, typ, nil
}

// valuesOf returns a field, and the values that have labels: those of a picklist, or the names of data categories.
func (b *binder) valuesOf(f *catalog.Field) (*catalog.Field, []catalog.PicklistValue) {
	if f.Type != &catalog.DataCategoryGroup {
		return f, f.Values
	}
	var all []catalog.PicklistValue
	for _, g := range b.env.Snapshot.CategoryGroups() {
		if f.Name == "DataCategoryGroupName" {
			all = append(all, catalog.PicklistValue{Value: g.Name, Label: g.Label})
			continue
		}
		for i := range g.Categories {
			g.Categories[i].Walk(func(c *catalog.Category) { all = append(all, catalog.PicklistValue{Value: c.Name, Label: c.Label}) })
		}
	}
	return f, all
}

// labels returns the function from values of a picklist to their labels.
func labels(f *catalog.Field, values []catalog.PicklistValue) func(record.Value) record.Value {
	label := make(map[string]string, len(values))
	for i := range values {
		label[values[i].Value] = values[i].Label
	}
	one := func(s string) string {
		if l, ok := label[s]; ok && l != "" {
			return l
		}
		return s
	}
	return func(v record.Value) record.Value {
		if v.IsNull() {
			return v
		}
		if f.Type != &catalog.MultiPicklist {
			return record.OfText(one(v.Text()))
		}
		parts := strings.Split(v.Text(), ";")
		for i, p := range parts {
			parts[i] = one(p)
		}
		return record.OfText(strings.Join(parts, ";"))
	}
}

// A locale is how numbers and dates are written where a language is spoken.
type locale struct{ point, group, date, clock string }

var locales = map[string]locale{
	"en_US": {".", ",", "1/2/2006", "3:04 PM"},
	"en_GB": {".", ",", "02/01/2006", "15:04"},
	"en_AU": {".", ",", "2/01/2006", "3:04 PM"},
	"en_CA": {".", ",", "2006-01-02", "3:04 PM"},
	"en_IE": {".", ",", "02/01/2006", "15:04"},
	"de":    {",", ".", "02.01.2006", "15:04"},
	"fr":    {",", "\u202f", "02/01/2006", "15:04"},
	"es":    {",", ".", "2/1/2006", "15:04"},
	"es_MX": {".", ",", "02/01/2006", "15:04"},
	"es_US": {".", ",", "1/2/2006", "3:04 PM"},
	"it":    {",", ".", "02/01/2006", "15:04"},
	"pt":    {",", ".", "02/01/2006", "15:04"},
	"nl":    {",", ".", "2-1-2006", "15:04"},
	"sv":    {",", "\u00a0", "2006-01-02", "15:04"},
	"nb":    {",", "\u00a0", "02.01.2006", "15:04"},
	"da":    {",", ".", "02.01.2006", "15.04"},
	"fi":    {",", "\u00a0", "2.1.2006", "15.04"},
	"pl":    {",", "\u00a0", "02.01.2006", "15:04"},
	"ja":    {".", ",", "2006/01/02", "15:04"},
}

func localeOf(name string) locale {
	if l, ok := locales[name]; ok {
		return l
	}
	language, _, _ := strings.Cut(name, "_")
	if l, ok := locales[language]; ok {
		return l
	}
	return locales["en_US"]
}

// formatter returns the function that writes values of o as the user's locale does.
func (b *binder) formatter(o *operand) func(record.Value) record.Value {
	l := localeOf(b.env.Locale)
	zone := b.env.Zone
	if zone == nil {
		zone = time.UTC
	}
	places, suffix := 0, ""
	if o.field != nil && o.field.Type.Kind == record.Number {
		if o.field.Type == &catalog.Currency {
			places = o.field.Scale
		}
		if o.field.Type == &catalog.Percent {
			suffix = "%"
		}
	}
	return func(v record.Value) record.Value {
		switch v.Kind() {
		case record.Number:
			return record.OfText(l.number(v, places) + suffix)
		case record.Date:
			return record.OfText(v.Instant().Format(l.date))
		case record.DateTime:
			sep := " "
			if strings.HasSuffix(l.clock, "PM") {
				sep = ", "
			}
			return record.OfText(v.Instant().In(zone).Format(l.date + sep + l.clock))
		case record.Time:
			return record.OfText(time.UnixMilli(v.Millis()).UTC().Format(l.clock))
		default:
			return v
		}
	}
}

// number writes a number with at least the given places.
func (l locale) number(v record.Value, places int) string {
	c, scale := v.Decimal()
	whole, frac, _ := strings.Cut(string(record.AppendDecimal(nil, c, scale)), ".")
	if len(frac) < places {
		frac += strings.Repeat("0", places-len(frac))
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + l.group + whole[i:]
	}
	if frac != "" {
		frac = l.point + frac
	}
	return sign + whole + frac
}
