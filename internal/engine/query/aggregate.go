package query

import (
	"slices"
	"strings"

	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A grouping is the part of a statement that a query with aggregates has. Its
// SQL has two steps: WITH b, which gives each row the values that are grouped
// and aggregated, each under a name; and one SELECT from b for each set of
// groups, so that subtotals are the same on both engines.
type grouping struct {
	items  []*operand // what is grouped by, as the outer SELECT sees it
	inner  []named
	mode   soql.GroupMode
	having cond
	cols   []output
	shape  *record.Shape
	posts  []post
	sets   [][]bool // for each SELECT: which items it groups by
}

// A named is a column of b: an operand in one of its forms.
type named struct {
	name string
	of   *operand
	form innerForm
}

// An innerForm says what of an operand a column of b holds.
type innerForm uint8

const (
	plainForm    innerForm = iota
	foldedForm             // text as comparisons see it
	sortedForm             // text as ORDER BY sees it
	leastSpelled           // text behind the row's id, so that the least is the spelling of the lowest id
	foldedFirst            // folded text, id, text: for MIN
	foldedLast             // folded text, falling id, text: for MAX
	rankFirst              // place of a picklist value in its set, then the value
)

// grouped reports whether q's records are groups.
func grouped(q *soql.Query) bool {
	if q.Group != nil {
		return true
	}
	for i := range q.Select {
		if aggregates(q.Select[i].Column) {
			return true
		}
	}
	return false
}

func aggregates(c soql.Column) bool {
	call, ok := c.(*soql.Call)
	for ok && !call.Func.Aggregate() {
		call, ok = call.Arg.(*soql.Call)
	}
	return ok && (call.Func != soql.Count || call.Arg != nil)
}

// bindGrouped binds what a query with aggregates has beyond its conditions.
func (b *binder) bindGrouped(st *statement, q *soql.Query) error {
	g := &grouping{shape: &record.Shape{Object: "AggregateResult", TypeCol: -1, IDCol: -1}}
	st.group = g
	if q.Group != nil {
		g.mode = q.Group.Mode
		for _, it := range q.Group.Items {
			if err := b.groupItem(st.s, g, it); err != nil {
				return err
			}
		}
	}
	expr := 0
	for i := range q.Select {
		if err := b.groupedItem(st.s, g, &q.Select[i], &expr); err != nil {
			return err
		}
	}
	if q.Having != nil {
		var err error
		g.having, err = b.condition(st.s, q.Having, func(op soql.Operand) (*operand, error) {
			return b.groupedOperand(st.s, g, op, "Field must be grouped or aggregated: ")
		})
		if err != nil {
			return err
		}
	}
	for _, it := range q.OrderBy {
		o, err := b.groupedOperand(st.s, g, it.Operand, "Ordered field must be grouped or aggregated: ")
		if err != nil {
			return err
		}
		if err := b.sortable(o); err != nil {
			return err
		}
		st.order = append(st.order, newSortKey(o, it))
	}
	g.sets = groupingSets(g.mode, len(g.items))
	return nil
}

// groupingSets returns the sets of GROUP BY: all items, and for subtotals what ROLLUP and CUBE leave of them.
func groupingSets(mode soql.GroupMode, n int) [][]bool {
	var sets [][]bool
	switch mode {
	case soql.Rollup:
		for k := n; k >= 0; k-- {
			set := make([]bool, n)
			for i := range k {
				set[i] = true
			}
			sets = append(sets, set)
		}
	case soql.Cube:
		for bits := 1<<n - 1; bits >= 0; bits-- {
			set := make([]bool, n)
			for i := range n {
				set[i] = bits&(1<<(n-1-i)) != 0
			}
			sets = append(sets, set)
		}
	default:
		set := make([]bool, n)
		for i := range set {
			set[i] = true
		}
		sets = append(sets, set)
	}
	return sets
}

func (b *binder) groupItem(s *scope, g *grouping, it soql.Operand) error {
	o, err := b.operand(s, it)
	if err != nil {
		return err
	}
	if o.label || o.kind == opField && (!o.field.Groupable || o.field.Type.Compound) || o.kind == opDistance {
		return b.at(fault.MalformedQuery, o.pos, "field '"+o.name+"' can not be grouped in a query call")
	}
	form := plainForm
	if o.textual() {
		form = foldedForm
	}
	outer := *o
	outer.outer, outer.foldedOuter, outer.item = g.column(o, form), form == foldedForm, len(g.items)
	g.items = append(g.items, &outer)
	return nil
}

// textual reports whether o is a text in which letter case does not count and no value set settles the spelling.
func (o *operand) textual() bool {
	return o.kind == opField && o.valueKind() == record.Text && o.picklist() == nil && !o.exact()
}

// column returns the column of b that holds a form of o, the same one for the same.
func (g *grouping) column(o *operand, form innerForm) string {
	for _, n := range g.inner {
		if n.form == form && n.of.same(o) {
			return n.name
		}
	}
	name := "c" + small(len(g.inner))
	g.inner = append(g.inner, named{name, o, form})
	return name
}

// same reports whether two operands stand for the same value.
func (o *operand) same(p *operand) bool {
	return o.kind == p.kind && o.src == p.src && o.field == p.field && o.fn == p.fn && o.local == p.local &&
		(o.arg == p.arg || o.arg != nil && p.arg != nil && o.arg.same(p.arg))
}

// item returns the group item that stands for o, nil if there is none.
func (g *grouping) item(o *operand) *operand {
	for _, it := range g.items {
		if it.same(o) {
			return it
		}
	}
	return nil
}

// groupedOperand binds what HAVING and ORDER BY may name: a group item, an aggregate, GROUPING().
func (b *binder) groupedOperand(s *scope, g *grouping, op soql.Operand, otherwise string) (*operand, error) {
	if c, ok := op.(*soql.Call); ok {
		switch {
		case c.Func.Aggregate():
			return b.aggregateOf(s, g, c)
		case c.Func == soql.Grouping:
			return b.groupingOf(s, g, c)
		}
	}
	o, err := b.operand(s, op)
	if err != nil {
		return nil, err
	}
	if it := g.item(o); it != nil && !o.label {
		return it, nil
	}
	return nil, b.at(fault.MalformedQuery, op.Position(), otherwise+o.name)
}

// aggregateOf binds an aggregate.
func (b *binder) aggregateOf(s *scope, g *grouping, c *soql.Call) (*operand, error) {
	fn := functionOf(c.Func)
	if c.Arg == nil {
		return &operand{kind: opAggregate, fn: fn, name: "COUNT", pos: c.Pos}, nil
	}
	arg, err := b.argument(s, c)
	if err != nil {
		return nil, err
	}
	if !fn.takes(arg.field) {
		return nil, b.at(fault.MalformedQuery, c.Pos, "field "+arg.name+" does not support aggregate operator "+c.Func.String())
	}
	o := &operand{kind: opAggregate, fn: fn, src: arg.src, field: arg.field, pos: c.Pos, name: arg.name}
	inner := *arg
	form := plainForm
	extreme := fn.of == soql.Min || fn.of == soql.Max
	switch {
	case extreme && arg.picklist() != nil:
		form = rankFirst
	case extreme && arg.exact():
		form = sortedForm
	case arg.textual():
		form = foldedForm
	}
	inner.outer, inner.foldedOuter, inner.item = g.column(arg, form), form == foldedForm, noItem
	if extreme && (form == foldedForm || form == sortedForm) {
		o.spelled = g.column(arg, foldedFirst)
		if fn.of == soql.Max {
			o.spelled = g.column(arg, foldedLast)
		}
	}
	o.arg = &inner
	return o, nil
}

func (b *binder) groupingOf(s *scope, g *grouping, c *soql.Call) (*operand, error) {
	arg, err := b.operand(s, c.Arg)
	if err != nil {
		return nil, err
	}
	for i, it := range g.items {
		if it.same(arg) {
			return &operand{kind: opGrouping, fn: functionOf(soql.Grouping), item: i, name: arg.name, pos: c.Pos}, nil
		}
	}
	return nil, b.at(fault.MalformedQuery, c.Pos, "Field must be grouped or aggregated: "+arg.name)
}

// groupedItem binds one item of the SELECT list.
func (b *binder) groupedItem(s *scope, g *grouping, it *soql.SelectItem, expr *int) error {
	key := func(last string) string {
		switch {
		case it.Alias != nil:
			return it.Alias.Text
		case last != "":
			return last
		default:
			*expr++
			return "expr" + small(*expr-1)
		}
	}
	const ungrouped = "Field must be grouped or aggregated: "
	switch n := it.Column.(type) {
	case *soql.Path:
		o, err := b.groupedOperand(s, g, n, ungrouped)
		if err != nil {
			return err
		}
		return g.put(key(o.name), o.field.Type.Name, g.addGroup(o, nil))
	case *soql.Call:
		show, arg := presentation(n)
		o, err := b.groupedOperand(s, g, arg, ungrouped)
		if err != nil {
			return err
		}
		post, typ, err := b.shown(o, show, n.Pos)
		if err != nil {
			return err
		}
		last := ""
		if o.kind == opField {
			last = o.name
		}
		if len(show) == 0 {
			typ = groupedType(o)
		}
		return g.put(key(last), typ, g.addGroup(o, post))
	case *soql.AllFields:
		return fault.New(fault.MalformedQuery, "The SOQL FIELDS function is not supported with aggregate expressions or GROUP BY.")
	case *soql.TypeOf:
		return b.at(fault.MalformedQuery, n.Pos, "TYPEOF is not supported with aggregate expressions or GROUP BY")
	case *soql.Distance:
		return b.at(fault.MalformedQuery, n.Pos, ungrouped+"DISTANCE")
	default:
		return b.at(fault.MalformedQuery, it.Column.Position(), "Subqueries are not supported with aggregate expressions or GROUP BY")
	}
}

// groupedType returns the describe type of a group's value.
func groupedType(o *operand) string {
	switch o.kind {
	case opField:
		return o.field.Type.Name
	case opDate:
		if o.fn.result != nil {
			return o.fn.result.Name
		}
		return "int"
	case opAggregate:
		switch o.fn.of {
		case soql.Avg:
			return "double"
		case soql.Sum, soql.Min, soql.Max:
			return o.arg.field.Type.Name
		default:
			return "int"
		}
	default:
		return "int"
	}
}

func (g *grouping) put(key, typ string, col int) error {
	if slices.ContainsFunc(g.shape.Items, func(it record.Item) bool { return strings.EqualFold(it.Key, key) }) {
		return fault.New(fault.MalformedQuery, "duplicate alias: %s", key)
	}
	g.shape.Items = append(g.shape.Items, record.Item{Key: key, Type: typ, Col: col})
	return nil
}

// addGroup returns a new result column for o, shown as p says.
func (g *grouping) addGroup(o *operand, p *post) int {
	class, scale := o.class()
	c := output{of: o, out: store.Out{Class: class, Scale: scale, Float: o.average()}}
	var mend func(string) string
	switch {
	case o.kind == opField && o.foldedOuter:
		c.spelled = g.column(g.innerOf(o), leastSpelled)
		mend = func(s string) string { return s[min(idWidth, len(s)):] }
	case o.spelled != "":
		c.spelled = o.spelled
		mend = func(s string) string { return s[min(strings.IndexByte(s, separator[0])+1+idWidth, len(s)):] }
	case o.kind == opAggregate && o.arg != nil && o.picklist() != nil:
		mend = func(s string) string { return s[min(rankWidth, len(s)):] }
	}
	g.cols = append(g.cols, c)
	col := len(g.cols) - 1
	if mend != nil {
		g.posts = append(g.posts, post{col, func(v record.Value) record.Value {
			if v.IsNull() {
				return v
			}
			return record.OfText(mend(v.Text()))
		}})
	}
	if p != nil {
		g.posts = append(g.posts, post{col, p.of})
	}
	return col
}

// innerOf returns the operand that the group item o stands for in the inner SELECT.
func (g *grouping) innerOf(o *operand) *operand {
	for _, n := range g.inner {
		if n.name == o.outer {
			return n.of
		}
	}
	return o
}

// Text that must keep its spelling is aggregated with its row's id before it, in a fixed width.
const (
	separator = "\x01"
	idWidth   = 21
	rankWidth = 4
)

// inner writes a column of b.
func (w *writer) inner(n *named) {
	id := &operand{kind: opField, src: w.root, field: w.root.object.Field(store.IDColumn)}
	switch n.form {
	case foldedForm:
		w.folded(n.of)
	case sortedForm:
		w.sorted(n.of)
	case leastSpelled:
		w.Raw("(")
		w.idText(id, false)
		w.Raw(" || ")
		w.value(n.of)
		w.Raw(")")
	case foldedFirst, foldedLast:
		w.Raw("(")
		w.sorted(n.of)
		w.Raw(" || ").Str(separator).Raw(" || ")
		w.idText(id, n.form == foldedLast)
		w.Raw(" || ")
		w.value(n.of)
		w.Raw(")")
	case rankFirst:
		w.Raw("(CAST(1000 + ")
		w.rank(n.of)
		w.Raw(" AS TEXT) || ")
		w.value(n.of)
		w.Raw(")")
	default:
		if n.of.valueKind() == record.Bool && !n.of.neverNull() {
			w.truth(n.of, false) // false, where there is no parent
			return
		}
		w.value(n.of)
	}
}

// idText writes an id's place in the order of ids as a text of fixed width, with falling as one that falls as ids grow.
func (w *writer) idText(id *operand, falling bool) {
	half := func(op string) {
		if falling {
			w.Raw("(9223372036854775807 - (")
		} else {
			w.Raw("((")
		}
		w.idOrder(id)
		w.Raw("))" + op)
	}
	w.Raw("CAST(")
	half(" / 1000000000 + 10000000000 AS TEXT) || CAST(")
	half(" % 1000000000 + 1000000000 AS TEXT)")
}

// aggregate writes an aggregate over b.
func (w *writer) aggregate(o *operand) {
	if o.arg == nil {
		w.Raw("COUNT(*)")
		return
	}
	arg := func() { w.Col("b", o.arg.outer) }
	switch o.fn.of {
	case soql.Count:
		w.Raw("COUNT(")
	case soql.CountDistinct:
		w.Raw("COUNT(DISTINCT ")
	case soql.Sum:
		w.Raw("SUM(")
	case soql.Avg:
		w.d.Avg(w.SQL, arg)
		return
	default:
		w.extreme(o)
		return
	}
	arg()
	w.Raw(")")
}

// extreme returns the beginning of o, which is MIN or MAX.
func (o *operand) extreme() string {
	if o.fn.of == soql.Max {
		return "MAX("
	}
	return "MIN("
}

// extreme writes MIN or MAX.
func (w *writer) extreme(o *operand) {
	of := func(column string) { w.Raw(o.extreme()).Col("b", column).Raw(")") }
	switch {
	case o.picklist() != nil && !w.ranked:
		w.Raw("substr(")
		of(o.arg.outer)
		w.Raw(", " + small(rankWidth+1) + ")")
	case o.arg.exact():
		// Folding keeps the number of characters, so the text is the second half of what is not separator and id.
		w.Raw("substr(")
		of(o.spelled)
		w.Raw(", (length(")
		of(o.spelled)
		w.Raw(") - " + small(idWidth+1) + ") / 2 + " + small(idWidth+2) + ")")
	default:
		of(o.arg.outer)
	}
}

// groups runs a query with aggregates.
func (r *run) groups(st *statement) (*record.Result, error) {
	limit := defaultBatch + 1
	if st.limit >= 0 {
		limit = min(limit, st.limit)
	}
	cols := make([]store.Out, len(st.group.cols))
	for i, c := range st.group.cols {
		cols[i] = c.out
	}
	p, err := r.everything(st.grouped(r.tx.Dialect(), limit), cols)
	if err != nil {
		return nil, err
	}
	if p.Len() > defaultBatch {
		return nil, fault.New(fault.ExceededIDLimit, "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch")
	}
	applyPosts(st.group.posts, p)
	st.noteCount(p.Len())
	return &record.Result{Shape: st.group.shape, Page: p, Total: p.Len()}, nil
}

// grouped writes the SELECT of the groups.
func (st *statement) grouped(d store.Dialect, limit int) *store.SQL {
	w := st.b.writer(d)
	st.writeGroups(w, limit)
	return w.SQL
}

func (st *statement) writeGroups(w *writer, limit int) {
	g := st.group
	w.root = st.s.root
	keys := st.groupOrder()
	w.Raw("WITH b AS (SELECT ")
	for i := range g.inner {
		if i > 0 {
			w.Raw(", ")
		}
		w.inner(&g.inner[i])
		w.Raw(" AS ").Name(g.inner[i].name)
	}
	if len(g.inner) == 0 {
		w.Raw("1 AS one")
	}
	w.from(st.s, func() { st.conditions(w) })
	w.Raw(") ")
	w.Raw("SELECT ")
	for i := range g.cols {
		if i > 0 {
			w.Raw(", ")
		}
		w.Raw("r" + small(i))
	}
	w.Raw(" FROM (")
	for i, set := range g.sets {
		if i > 0 {
			w.Raw(" UNION ALL ")
		}
		w.groupSet(st, set, keys)
	}
	w.Raw(") sets")
	for i := range keys {
		if i == 0 {
			w.Raw(" ORDER BY ")
		} else {
			w.Raw(", ")
		}
		w.Raw("k" + small(i))
		if keys[i].desc {
			w.Raw(" DESC")
		}
		if keys[i].nullsFirst {
			w.Raw(" NULLS FIRST")
		} else {
			w.Raw(" NULLS LAST")
		}
	}
	w.limits(limit, st.offset)
}

// groupOrder returns the order of the groups: what ORDER BY says, then the items as they were grouped by, subtotals behind their group.
func (st *statement) groupOrder() []sortKey {
	g := st.group
	keys := slices.Clone(st.order)
	for i, it := range g.items {
		if len(g.sets) > 1 {
			keys = append(keys, sortKey{of: &operand{kind: opGrouping, item: i}, nullsFirst: true})
		}
		keys = append(keys, sortKey{of: it, nullsFirst: len(g.sets) == 1})
	}
	if slices.ContainsFunc(g.items, (*operand).exact) {
		// Groups that differ only in case sort alike: their lowest ids decide.
		id := &operand{kind: opField, src: st.s.root, field: st.s.root.object.Field(store.IDColumn)}
		lowest := *id
		lowest.outer, lowest.item = g.column(id, plainForm), noItem
		keys = append(keys, sortKey{of: &operand{kind: opAggregate, fn: functionOf(soql.Min), field: id.field, arg: &lowest}, nullsFirst: true})
	}
	return keys
}

// groupSet writes the SELECT of one set of groups.
func (w *writer) groupSet(st *statement, set []bool, keys []sortKey) {
	g := st.group
	w.set = set
	w.Raw("SELECT ")
	for i := range g.cols {
		w.groupOutput(&g.cols[i])
		w.Raw(" AS r" + small(i))
		if i < len(g.cols)-1 || len(keys) > 0 {
			w.Raw(", ")
		}
	}
	w.ranked = true
	for i := range keys {
		if i > 0 {
			w.Raw(", ")
		}
		w.ordered(keys[i].of)
		w.Raw(" AS k" + small(i))
	}
	w.ranked = false
	w.Raw(" FROM b")
	sep := " GROUP BY "
	for i, it := range g.items {
		if set[i] {
			w.Raw(sep).Col("b", it.outer)
			sep = ", "
		}
	}
	conj := " HAVING "
	if len(g.items) > 0 && sep == " GROUP BY " {
		// A total of nothing is no group: without rows there are no groups to total.
		w.Raw(conj + "COUNT(*) > 0")
		conj = " AND "
	}
	if g.having != nil {
		w.Raw(conj)
		g.having.write(w, false)
	}
	w.set = nil
}

func (w *writer) groupOutput(c *output) {
	o := c.of
	switch {
	case o.kind == opField && !w.in(o):
		w.nothing(o.field.Type.Class)
	case c.spelled != "" && o.kind == opAggregate:
		w.Raw(o.extreme()).Col("b", c.spelled).Raw(")")
	case c.spelled != "":
		w.Raw("MIN(").Col("b", c.spelled).Raw(")")
	default:
		w.ranked = true
		w.value(o)
		w.ranked = false
	}
}

// noItem is the item of an operand that is aggregated: it is in every set.
const noItem = 1 << 30

// in reports whether the set that is being written groups by the item o.
func (w *writer) in(o *operand) bool { return o.item >= len(w.set) || w.set[o.item] }
