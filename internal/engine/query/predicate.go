package query

import (
	"slices"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A cond is a bound condition. SOQL knows true and false only, SQL also null;
// so negation is carried down to the tests, and each writes itself either as
// what holds or as its plain complement. Nulls then mean false in both forms.
type cond interface{ write(w *writer, not bool) }

type (
	allOf []cond
	anyOf []cond
	notOf struct{ arg cond }
	fixed bool // true or false for every row
)

func (c allOf) write(w *writer, not bool) { w.list(c, not, not) }
func (c anyOf) write(w *writer, not bool) { w.list(c, !not, not) }
func (c notOf) write(w *writer, not bool) { c.arg.write(w, !not) }
func (c fixed) write(w *writer, not bool) {
	if bool(c) != not {
		w.Raw("1 = 1")
		return
	}
	w.Raw("1 = 0")
}

func (w *writer) list(args []cond, or, not bool) {
	sep := " AND "
	if or {
		sep = " OR "
	}
	w.Raw("(")
	w.joined(0, len(args), sep, func(i int) { args[i].write(w, not) })
	w.Raw(")")
}

// widest is how many conditions stand beside each other: SQLite reads a OR b OR c as a tree that is as deep as it is
// wide, and takes no tree deeper than 1,000.
const widest = 50

// joined writes the things numbered from up to to with sep between them, in parentheses of parentheses where they are many.
func (w *writer) joined(from, to int, sep string, write func(i int)) {
	if to-from > widest {
		half := (from + to) / 2
		w.Raw("(")
		w.joined(from, half, sep, write)
		w.Raw(")" + sep + "(")
		w.joined(half, to, sep, write)
		w.Raw(")")
		return
	}
	for i := from; i < to; i++ {
		if i > from {
			w.Raw(sep)
		}
		write(i)
	}
}

// A test compares an operand with values.
type test struct {
	of   *operand
	form testForm
	// null: null is among the values of oneOf.
	null   bool
	values []record.Value
	ids    []record.ID
	// lo and hi bound between; a bound that is not set is open.
	lo, hi bound
	// pattern is what like compares with, \ escapes; prefix is what it begins with.
	pattern, prefix string
	whole           bool // like: whatever begins with prefix matches
	sets            [][]string
	raw             bool // text values are compared as stored, because they are canonical
}

type testForm uint8

const (
	isNull  testForm = iota
	oneOf            // equals one of values or ids
	between          // lies between lo and hi
	like
	includes // a multi-select text has all of one of sets
	isTrue
)

type bound struct {
	value     record.Value
	set, incl bool
}

// condition binds a WHERE or HAVING clause; each predicate's operand is bound by operand.
func (b *binder) condition(s *scope, e soql.Expr, operand func(soql.Operand) (*operand, error)) (cond, error) {
	many := func(args []soql.Expr) ([]cond, error) {
		out := make([]cond, len(args))
		for i, a := range args {
			c, err := b.condition(s, a, operand)
			if err != nil {
				return nil, err
			}
			out[i] = c
		}
		return out, nil
	}
	switch n := e.(type) {
	case *soql.And:
		args, err := many(n.Args)
		return allOf(args), err
	case *soql.Or:
		args, err := many(n.Args)
		return anyOf(args), err
	case *soql.Not:
		arg, err := b.condition(s, n.Arg, operand)
		return notOf{arg}, err
	case *soql.Predicate:
		o, err := operand(n.Operand)
		if err != nil {
			return nil, err
		}
		if n.Semi != nil {
			return b.semiJoin(s, o, n)
		}
		if o, err = b.durable(s, o, n); err != nil {
			return nil, err
		}
		return b.predicate(o, n)
	default:
		return nil, fault.New(fault.MalformedQuery, "unexpected condition")
	}
}

// durable returns the operand by which a reference to an object's definition is compared where it is
// compared with a name: clients write EntityDefinitionId = 'Account'.
func (b *binder) durable(s *scope, o *operand, p *soql.Predicate) (*operand, error) {
	if o.kind != opField || len(o.field.ReferenceTo) != 1 || o.field.ReferenceTo[0] != "EntityDefinition" || o.src.targets != nil {
		return o, nil
	}
	for _, l := range p.Values {
		if l.Kind == soql.String && !record.IsID(l.Text) {
			parent, err := b.follow(s, o.src, o.field, o, o.pos)
			if err != nil {
				return nil, err
			}
			name, err := b.field(parent, "QualifiedApiName", o.pos)
			if err != nil {
				return nil, err
			}
			return b.fieldOperand(s, parent, name, o.pos)
		}
	}
	return o, nil
}

// predicate binds a comparison with literals.
func (b *binder) predicate(o *operand, p *soql.Predicate) (cond, error) {
	if err := b.filterable(o, p); err != nil {
		return nil, err
	}
	for _, l := range p.Values {
		if l.Kind == soql.Null || l.Kind == soql.String && l.Text == "" {
			switch p.Op {
			case soql.Less, soql.LessOrEqual, soql.Greater, soql.GreaterOrEqual:
				return nil, b.at(fault.InvalidQueryFilter, p.OpPos, "invalid operator on null value")
			case soql.Equal, soql.NotEqual, soql.In, soql.NotIn, soql.Like, soql.Includes, soql.Excludes:
			}
		}
	}
	var c cond
	var err error
	switch kind := o.valueKind(); {
	case o.kind == opDistance:
		return b.distanceTest(o, p)
	case kind == record.Bool:
		c, err = b.boolTest(o, p)
	case o.kind == opField && o.field.Type == &catalog.MultiPicklist && !o.label:
		c, err = b.multiTest(o, p)
	case p.Op == soql.Includes || p.Op == soql.Excludes:
		return nil, b.badOperator(o, p)
	case kind == record.Text && o.label:
		c, err = b.labelTest(o, p)
	case kind == record.Text && p.Op == soql.Like:
		c, err = b.likeTest(o, p)
	case p.Op == soql.Like:
		return nil, b.badOperator(o, p)
	case p.Op == soql.Equal || p.Op == soql.NotEqual || p.Op == soql.In || p.Op == soql.NotIn:
		c, err = b.equality(o, p)
	default:
		c, err = b.inequality(o, p.Op, p.Values[0])
	}
	if err != nil {
		return nil, err
	}
	if p.Op == soql.NotEqual || p.Op == soql.NotIn || p.Op == soql.Excludes {
		return notOf{c}, nil
	}
	return c, nil
}

// filterable refuses fields that no filter may name.
func (b *binder) filterable(o *operand, p *soql.Predicate) error {
	switch {
	case o.kind != opField || o.field.Filterable && !o.field.Type.Compound:
		return nil
	case o.field.Type == &catalog.Address:
		return b.at(fault.InvalidField, p.Position(), "Address fields can only be filtered using Distance expressions")
	}
	return b.at(fault.InvalidField, p.Position(), "field '"+o.name+"' can not be filtered in a query call")
}

func (b *binder) badOperator(o *operand, p *soql.Predicate) error {
	name := wireType(o)
	if o.valueKind() == record.Ref {
		name = "id"
	}
	return b.at(fault.InvalidQueryFilter, p.OpPos, "invalid operator on "+name+" field")
}

// wireType returns the name of o's type as messages say it.
func wireType(o *operand) string {
	switch o.valueKind() {
	case record.Bool:
		return "boolean"
	case record.Number:
		if c, _ := o.class(); c == store.Int {
			return "int"
		}
		return "double"
	case record.Date:
		return "date"
	case record.DateTime:
		return "dateTime"
	case record.Time:
		return "time"
	case record.Ref:
		if o.kind == opField && o.field.Name == store.IDColumn {
			return "ID"
		}
		return "reference"
	case record.Null, record.Text, record.Bytes:
		return "string"
	default:
		return "string"
	}
}

// mismatch says that a literal has not the type of its field.
func (b *binder) mismatch(o *operand, pos int) error {
	quotes := "should not be"
	if k := o.valueKind(); k == record.Text || k == record.Ref {
		quotes = "should be"
	}
	return b.at(fault.InvalidField, pos, "value of filter criterion for field '"+o.name+"' must be of type "+wireType(o)+" and "+quotes+" enclosed in quotes")
}

// equality binds =, !=, IN and NOT IN as one of: it finds equality, the caller negates.
func (b *binder) equality(o *operand, p *soql.Predicate) (cond, error) {
	t := &test{of: o, form: oneOf, raw: o.picklist() != nil}
	var ranges anyOf
	for _, l := range p.Values {
		if l.Kind == soql.Null || l.Kind == soql.String && l.Text == "" {
			t.null = true
			continue
		}
		if l.Kind == soql.DateLiteral {
			r, err := b.dateRange(o, l)
			if err != nil {
				return nil, err
			}
			ranges = append(ranges, &test{of: o, form: between, lo: bound{r.first, true, true}, hi: bound{r.end, true, false}})
			continue
		}
		if err := b.addValue(t, l); err != nil {
			return nil, err
		}
	}
	if len(p.Values) > 1 {
		t.values, t.ids = distinctValues(t.values), distinct(t.ids)
	}
	if len(ranges) == 0 {
		return t, nil
	}
	if t.null || len(t.values) > 0 {
		ranges = append(ranges, t)
	}
	return ranges, nil
}

// distinctValues returns values without duplicates: 50,000 literals fit into a query, but not as many different ones,
// and no engine binds them all.
func distinctValues(values []record.Value) []record.Value {
	seen := make(map[record.Value]struct{}, len(values))
	return slices.DeleteFunc(values, func(v record.Value) bool {
		_, dup := seen[v]
		seen[v] = struct{}{}
		return dup
	})
}

// addValue adds what a literal stands for to a test for equality.
func (b *binder) addValue(t *test, l soql.Literal) error {
	o := t.of
	switch o.valueKind() {
	case record.Ref:
		if l.Kind != soql.String {
			return b.mismatch(o, l.Pos)
		}
		id, err := record.ParseID(l.Text)
		if err != nil {
			return b.at(fault.InvalidQueryFilter, l.Pos, "invalid ID field: "+l.Text)
		}
		t.ids = append(t.ids, id)
		return nil
	case record.Text:
		if l.Kind != soql.String {
			return b.mismatch(o, l.Pos)
		}
		if f := o.picklist(); f != nil {
			b.addPicklist(t, f, l.Text)
			return nil
		}
		t.values = append(t.values, record.OfText(o.foldText(l.Text)))
		return nil
	case record.Number:
		if l.Kind != soql.Number { // an amount with its code needs an org of several currencies
			return b.mismatch(o, l.Pos)
		}
		_, scale := o.class()
		n := decimalAt(l.Text, o.literalScale())
		if n.exact && n.beyond == 0 {
			t.values = append(t.values, record.OfDecimal(n.floor, scale))
		}
		return nil
	default:
		v, err := b.moment(o, l)
		if err != nil {
			return err
		}
		if !betweenUnits(l) {
			t.values = append(t.values, v)
		}
		return nil
	}
}

// foldText returns a text as o's column compares it.
func (o *operand) foldText(text string) string {
	if o.exact() {
		return text
	}
	return record.Fold(text)
}

// addPicklist adds the value of a picklist that text names in any letter case. A text that is
// not in the set may still be stored where the set is open, as it was typed.
func (b *binder) addPicklist(t *test, f *catalog.Field, text string) {
	folded := record.Fold(text)
	found := false
	for i := range f.Values {
		if v := f.Values[i].Value; v == text || record.Fold(v) == folded {
			t.values = append(t.values, record.OfText(v))
			found = true
		}
	}
	if !found {
		t.raw = false
		t.values = append(t.values, record.OfText(folded))
	}
	if !t.raw {
		for i, v := range t.values {
			t.values[i] = record.OfText(record.Fold(v.Text()))
		}
	}
}

// betweenUnits reports whether a literal is finer than the whole units that are stored: between two values of the field.
func betweenUnits(l soql.Literal) bool {
	return l.Kind == soql.DateTime && l.Time.Nanosecond() != 0 || l.Kind == soql.TimeOfDay && l.Time.Nanosecond()%1e6 != 0
}

// moment returns the Date, DateTime or Time of a literal, cut to whole units.
func (b *binder) moment(o *operand, l soql.Literal) (record.Value, error) {
	switch kind := o.valueKind(); {
	case kind == record.Date && l.Kind == soql.Date:
		return record.OfDay(reachable(l.Time)), nil
	case kind == record.DateTime && l.Kind == soql.DateTime:
		return record.OfInstant(reachable(l.Time)), nil
	case kind == record.Time && l.Kind == soql.TimeOfDay:
		return record.OfTime(l.Time.UnixMilli()), nil
	default:
		return record.Value{}, b.mismatch(o, l.Pos)
	}
}

// dateRange returns the values that a date literal covers: from first up to, not including, end.
func (b *binder) dateRange(o *operand, l soql.Literal) (r struct{ first, end record.Value }, err error) {
	kind := o.valueKind()
	if kind != record.Date && kind != record.DateTime || o.kind == opDate {
		return r, b.mismatch(o, l.Pos)
	}
	s, ok := relativeDays(l.Text, l.N, today(b.now, b.env.Zone), weekStart(b.env.Locale), fiscalStart(b.env))
	if !ok {
		return r, b.at(fault.MalformedQuery, l.Pos, "unexpected token: '"+l.Text+"'")
	}
	s = span{reachable(s.first), reachable(s.end)}
	if kind == record.Date {
		r.first, r.end = record.OfDay(s.first), record.OfDay(s.end)
	} else {
		r.first, r.end = record.OfInstant(s.first), record.OfInstant(s.end)
	}
	return r, nil
}

func fiscalStart(env *Env) time.Month {
	if env.FiscalStart < time.January {
		return time.January
	}
	return env.FiscalStart
}

// inequality binds <, <=, > and >=.
func (b *binder) inequality(o *operand, op soql.Op, l soql.Literal) (cond, error) {
	t := &test{of: o, form: between}
	less, equal := op == soql.Less || op == soql.LessOrEqual, op == soql.LessOrEqual || op == soql.GreaterOrEqual
	put := func(v record.Value, less, incl bool) {
		if less {
			t.hi = bound{v, true, incl}
		} else {
			t.lo = bound{v, true, incl}
		}
	}
	switch o.valueKind() {
	case record.Ref:
		if l.Kind != soql.String {
			return nil, b.mismatch(o, l.Pos)
		}
		id, err := record.ParseID(l.Text)
		if err != nil {
			return nil, b.at(fault.InvalidQueryFilter, l.Pos, "invalid ID field: "+l.Text)
		}
		put(record.OfID(id), less, equal)
	case record.Text:
		if l.Kind != soql.String {
			return nil, b.mismatch(o, l.Pos)
		}
		put(record.OfText(o.foldText(l.Text)), less, equal)
	case record.Number:
		if l.Kind != soql.Number { // an amount with its code needs an org of several currencies
			return nil, b.mismatch(o, l.Pos)
		}
		_, scale := o.class()
		n := decimalAt(l.Text, o.literalScale())
		switch {
		case n.beyond != 0 && (n.beyond > 0) == less:
			return notOf{&test{of: o, form: isNull}}, nil
		case n.beyond != 0:
			return fixed(false), nil
		case n.exact:
			put(record.OfDecimal(n.floor, scale), less, equal)
		default:
			put(record.OfDecimal(n.floor, scale), less, less)
		}
	default:
		if l.Kind != soql.DateLiteral {
			v, err := b.moment(o, l)
			if err != nil {
				return nil, err
			}
			put(v, less, equal && !betweenUnits(l) || less && betweenUnits(l))
			break
		}
		r, err := b.dateRange(o, l)
		if err != nil {
			return nil, err
		}
		switch op {
		case soql.Less:
			put(r.first, true, false)
		case soql.LessOrEqual:
			put(r.end, true, false)
		case soql.Greater:
			put(r.end, false, true)
		default:
			put(r.first, false, true)
		}
	}
	return t, nil
}

// boolTest binds a comparison with a truth value; null is false.
func (b *binder) boolTest(o *operand, p *soql.Predicate) (cond, error) {
	switch p.Op {
	case soql.Equal, soql.NotEqual, soql.In, soql.NotIn:
	default:
		return nil, b.badOperator(o, p)
	}
	yes, no := false, false
	for _, l := range p.Values {
		switch {
		case l.Kind == soql.Null:
			no = true
		case l.Kind == soql.Bool:
			yes, no = yes || l.Bool, no || !l.Bool
		default:
			return nil, b.mismatch(o, l.Pos)
		}
	}
	t := &test{of: o, form: isTrue}
	switch {
	case yes && no:
		return fixed(true), nil
	case yes:
		return t, nil
	default:
		return notOf{t}, nil
	}
}

// multiTest binds the comparisons that a multi-select picklist knows.
func (b *binder) multiTest(o *operand, p *soql.Predicate) (cond, error) {
	switch p.Op {
	case soql.Equal, soql.NotEqual, soql.In, soql.NotIn, soql.Includes, soql.Excludes:
	default:
		return nil, b.badOperator(o, p)
	}
	t := &test{of: o, form: oneOf}
	has := &test{of: o, form: includes}
	for _, l := range p.Values {
		switch {
		case l.Kind == soql.Null || l.Kind == soql.String && l.Text == "":
			t.null = true
		case l.Kind != soql.String:
			return nil, b.mismatch(o, l.Pos)
		case p.Op == soql.Includes || p.Op == soql.Excludes:
			has.sets = append(has.sets, chosen(o.field, l.Text))
		default:
			t.values = append(t.values, record.OfText(record.Fold(strings.Join(chosen(o.field, l.Text), ";"))))
		}
	}
	if p.Op != soql.Includes && p.Op != soql.Excludes {
		return t, nil
	}
	if t.null {
		return anyOf{t, has}, nil
	}
	return has, nil
}

// chosen returns the values of a multi-select text in the order of the field's set, in their canonical spelling.
func chosen(f *catalog.Field, text string) []string {
	var out []string
	parts := strings.Split(text, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	for i := range f.Values {
		for j, p := range parts {
			if p != "" && record.Fold(p) == record.Fold(f.Values[i].Value) {
				out = append(out, f.Values[i].Value)
				parts[j] = ""
			}
		}
	}
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// labelTest binds a comparison with the label of a picklist value.
func (b *binder) labelTest(o *operand, p *soql.Predicate) (cond, error) {
	t := &test{of: o, form: oneOf, raw: true}
	for _, l := range p.Values {
		if l.Kind == soql.Null || l.Kind == soql.String && l.Text == "" {
			t.null = true
			continue
		}
		if l.Kind != soql.String {
			return nil, b.mismatch(o, l.Pos)
		}
		found := false
		for i := range o.field.Values {
			v := &o.field.Values[i]
			var matches bool
			switch p.Op {
			case soql.Like:
				matches = matchLike(record.Fold(l.Pattern), record.Fold(v.Label))
			case soql.Equal, soql.NotEqual, soql.In, soql.NotIn:
				matches = record.Fold(v.Label) == record.Fold(l.Text)
			default:
				return nil, b.badOperator(o, p)
			}
			if matches {
				t.values = append(t.values, record.OfText(v.Value))
				found = true
			}
		}
		if !found && p.Op != soql.Like {
			t.values = append(t.values, record.OfText(l.Text))
		}
	}
	return t, nil
}

// likeTest binds LIKE.
func (b *binder) likeTest(o *operand, p *soql.Predicate) (cond, error) {
	if o.kind == opField && !o.field.Type.TextLike {
		return nil, b.badOperator(o, p)
	}
	var any anyOf
	for _, l := range p.Values {
		switch {
		case l.Kind == soql.Null || l.Kind == soql.String && l.Text == "":
			any = append(any, &test{of: o, form: isNull})
		case l.Kind != soql.String:
			return nil, b.mismatch(o, l.Pos)
		default:
			any = append(any, newLike(o, l.Pattern))
		}
	}
	if len(any) == 1 {
		return any[0], nil
	}
	return any, nil
}

// newLike returns the test for a pattern in which \ escapes.
func newLike(o *operand, pattern string) *test {
	pattern = o.foldText(pattern)
	t := &test{of: o, form: like, pattern: pattern}
	var prefix strings.Builder
	i := 0
	for ; i < len(pattern) && pattern[i] != '%' && pattern[i] != '_'; i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		prefix.WriteByte(pattern[i])
	}
	t.prefix, t.whole = prefix.String(), pattern[i:] == "%"
	if i == len(pattern) {
		return &test{of: o, form: oneOf, values: []record.Value{record.OfText(t.prefix)}}
	}
	return t
}

// matchLike reports whether text matches a pattern of LIKE.
func matchLike(pattern, text string) bool {
	p, s := []rune(pattern), []rune(text)
	var match func(i, j int) bool
	match = func(i, j int) bool {
		for ; i < len(p); i++ {
			switch c := p[i]; {
			case c == '%':
				for k := j; k <= len(s); k++ {
					if match(i+1, k) {
						return true
					}
				}
				return false
			case j >= len(s):
				return false
			case c == '_':
				j++
			default:
				if c == '\\' && i+1 < len(p) {
					i++
				}
				if s[j] != p[i] {
					return false
				}
				j++
			}
		}
		return j == len(s)
	}
	return match(0, 0)
}

// distanceTest binds DISTANCE(…) < n and > n.
func (b *binder) distanceTest(o *operand, p *soql.Predicate) (cond, error) {
	switch p.Op {
	case soql.Less, soql.LessOrEqual, soql.Greater, soql.GreaterOrEqual:
	default:
		return nil, b.at(fault.InvalidQueryFilter, p.OpPos, "DISTANCE can only be compared with < and >")
	}
	l := p.Values[0]
	if l.Kind != soql.Number {
		return nil, b.mismatch(o, l.Pos)
	}
	n := decimalAt(l.Text, 6)
	if n.beyond != 0 {
		return nil, b.mismatch(o, l.Pos)
	}
	return &distanceLimit{of: o, op: p.Op, millionths: n.floor}, nil
}
