package query

import (
	"slices"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A statement is a bound query, ready to be written as SQL.
type statement struct {
	b       *binder
	s       *scope
	sel     *selection
	where   cond
	order   []sortKey
	limit   int // -1 for none
	offset  int
	group   *grouping // nil where rows are not grouped
	counted bool      // SELECT COUNT()
	look    look      // FOR VIEW, FOR REFERENCE
	// articleCol is one more than the result column of the articles of which UPDATE VIEWSTAT counts a view, 0 for none.
	articleCol int
	aliases    int   // of a kept statement: how many aliases it uses
	kept       *kept // nil where it was bound for this request alone
}

// A sortKey is one item of ORDER BY.
type sortKey struct {
	of         *operand
	desc       bool
	nullsFirst bool
}

// parseAndBind binds the query that text says.
func (b *binder) parseAndBind(text string) (*statement, error) {
	parse := soql.Parse
	if b.levels > 0 {
		parse = func(text string) (*soql.Query, error) { return soql.ParseNested(text, b.levels) }
	}
	q, err := parse(text)
	if err != nil {
		return nil, err
	}
	return b.bind(q)
}

// bind binds a whole query.
func (b *binder) bind(q *soql.Query) (*statement, error) {
	if q.AllRows != nil {
		return nil, fault.New(fault.MalformedQuery, "ALL ROWS not allowed in this context")
	}
	if q.With != nil && q.With.Mode == "SYSTEM_MODE" {
		return nil, b.at(fault.MalformedQuery, q.With.Pos, "unexpected token: 'SYSTEM_MODE'")
	}
	o, err := b.object(q.From.Path.Last(), q.From.Path.Pos)
	if err != nil {
		return nil, err
	}
	s := b.newScope(o, q.From.Alias)
	if err := b.moreSources(s, q.More); err != nil {
		return nil, err
	}
	st := &statement{b: b, s: s, limit: -1, look: lookOf(q)}
	if q.Limit != nil {
		st.limit = q.Limit.N
	}
	if q.Offset != nil {
		st.offset = q.Offset.N
	}
	if err := b.required(o, q); err != nil {
		return nil, err
	}
	if st.where, err = b.filters(s, q); err != nil {
		return nil, err
	}
	if err := b.lockable(q); err != nil {
		return nil, err
	}
	if grouped(q) {
		return st, b.bindGrouped(st, q)
	}
	if c, ok := q.Select[0].Column.(*soql.Call); ok && c.Func == soql.Count && c.Arg == nil {
		st.counted = true
		return st, nil
	}
	return st, b.bindRows(st, q)
}

// lockable refuses FOR UPDATE beside ORDER BY and aggregates.
func (b *binder) lockable(q *soql.Query) error {
	for _, f := range q.For {
		if f.Text == "UPDATE" && (len(q.OrderBy) > 0 || grouped(q)) {
			return b.at(fault.MalformedQuery, f.Pos, "unexpected token: 'UPDATE'")
		}
	}
	return nil
}

// bindRows binds SELECT list and order of a query whose records are rows.
func (b *binder) bindRows(st *statement, q *soql.Query) error {
	if err := b.boundedFields(q); err != nil {
		return err
	}
	st.sel = b.newSelection(st.s)
	for i := range q.Select {
		if c, ok := q.Select[i].Column.(*soql.Query); ok && c.Offset != nil && (q.Limit == nil || q.Limit.N != 1) {
			return b.at(fault.MalformedQuery, c.Offset.Pos, "OFFSET is only allowed in a subquery where the parent query has LIMIT 1")
		}
		if err := b.item(st.s, st.sel, &q.Select[i]); err != nil {
			return err
		}
	}
	st.countViews(q.Update)
	var err error
	st.order, err = b.orderBy(st.s, q.OrderBy)
	return err
}

// boundedFields refuses FIELDS(ALL) and FIELDS(CUSTOM) without a small LIMIT.
func (b *binder) boundedFields(q *soql.Query) error {
	for i := range q.Select {
		if n, ok := q.Select[i].Column.(*soql.AllFields); ok && n.Set != "STANDARD" && (q.Limit == nil || q.Limit.N > maxFieldsRows) {
			return fault.New(fault.MalformedQuery, "The SOQL FIELDS function must have a LIMIT of at most 200")
		}
	}
	return nil
}

// filters binds WHERE, USING SCOPE and WITH into one condition, nil for none.
func (b *binder) filters(s *scope, q *soql.Query) (cond, error) {
	var all allOf
	if q.Where != nil {
		c, err := b.condition(s, q.Where, func(op soql.Operand) (*operand, error) { return b.operand(s, op) })
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if c := b.published(s, q); c != nil {
		all = append(all, c)
	}
	if q.Scope != nil {
		c, err := b.inScope(s, q.Scope)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	if q.With != nil {
		c, err := b.with(s, q.With)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	default:
		return all, nil
	}
}

// orderBy binds ORDER BY.
func (b *binder) orderBy(s *scope, items []soql.OrderItem) ([]sortKey, error) {
	keys := make([]sortKey, 0, len(items))
	for _, it := range items {
		o, err := b.operand(s, it.Operand)
		if err != nil {
			return nil, err
		}
		if o.label {
			return nil, b.at(fault.MalformedQuery, o.pos, "field '"+o.name+"' can not be sorted in a query call")
		}
		if err := b.sortable(o); err != nil {
			return nil, err
		}
		keys = append(keys, newSortKey(o, it))
	}
	return keys, nil
}

func newSortKey(o *operand, it soql.OrderItem) sortKey {
	if o.kind == opField && o.src.on == nil && o.src.targets == nil && !o.src.veil.Hides(o.field) && o.field.Column != "" && !o.field.Nillable && !o.field.Custom {
		// There are no nulls to put first or last; said as indexes have it, an index serves.
		return sortKey{of: o, desc: it.Desc, nullsFirst: !it.Desc}
	}
	return sortKey{of: o, desc: it.Desc, nullsFirst: it.Nulls == soql.NullsFirst || it.Nulls == soql.NullsDefault && !it.Desc}
}

func (b *binder) sortable(o *operand) error {
	if o.kind == opField && !o.field.Sortable {
		return b.at(fault.MalformedQuery, o.pos, "field '"+o.name+"' can not be sorted in a query call")
	}
	return nil
}

// rows writes the SELECT of a page: cols, conditions, order and limits. more writes further conditions.
func (st *statement) rows(d store.Dialect, limit int, more func(*writer)) *store.SQL {
	w := st.b.writer(d)
	st.writeRows(w, limit, more)
	return w.SQL
}

func (st *statement) writeRows(w *writer, limit int, more func(*writer)) {
	if st.late(limit) {
		st.writeLate(w, limit, more)
		return
	}
	w.Raw("SELECT ")
	w.columns(st.sel.cols)
	w.from(st.s, func() {
		st.conditions(w)
		if more != nil {
			more(w)
		}
	})
	w.orderBy(st.s, st.order)
	w.limits(limit, st.offset)
}

func (st *statement) conditions(w *writer) {
	if st.where == nil {
		return
	}
	w.Raw(" AND ")
	st.where.write(w, false)
}

// ids writes the SELECT of the ids of all rows, of those that of holds for where it is not nil.
func (st *statement) ids(d store.Dialect, of cond) *store.SQL {
	w := st.b.writer(d)
	w.Raw("SELECT ")
	w.Col(st.s.root.alias, store.IDColumn)
	w.from(st.s, func() {
		if of != nil {
			w.Raw(" AND ")
			of.write(w, false)
		}
		st.conditions(w)
	})
	w.orderBy(st.s, st.order)
	w.limits(st.limit, st.offset)
	return w.SQL
}

// count writes SELECT COUNT().
func (st *statement) count(d store.Dialect) *store.SQL {
	w := st.b.writer(d)
	if st.limit < 0 && st.offset == 0 {
		w.Raw("SELECT COUNT(*)")
		w.from(st.s, func() { st.conditions(w) })
		return w.SQL
	}
	w.Raw("SELECT COUNT(*) FROM (SELECT 1 AS one")
	w.from(st.s, func() { st.conditions(w) })
	w.limits(st.limit, st.offset)
	w.Raw(") counted")
	return w.SQL
}

// columnText is about how long the text of a column is.
const columnText = 32

func (w *writer) columns(cols []output) {
	w.Grow(columnText*len(cols) + columnText)
	for i := range cols {
		if i > 0 {
			w.Raw(", ")
		}
		w.output(&cols[i])
	}
}

func (w *writer) output(c *output) {
	if c.of.kind == opDistance {
		w.distance(c.of.distance)
		return
	}
	w.value(c.of)
}

// orderBy writes ORDER BY: the keys, then the id, so that the order is total. The id goes the way of
// the last key, as an index that is read backwards has it.
func (w *writer) orderBy(s *scope, keys []sortKey) {
	w.keys(" ORDER BY ", s, keys)
}

// thenBy writes what orderBy does, behind a key that is there already.
func (w *writer) thenBy(s *scope, keys []sortKey) {
	w.keys(", ", s, keys)
}

func (w *writer) keys(sep string, s *scope, keys []sortKey) {
	for i := range keys {
		w.Raw(sep)
		sep = ", "
		w.sortKey(&keys[i])
		if keys[i].of.neverNull() && keys[i].of.field.Name == store.IDColumn {
			return
		}
	}
	if id := s.root.object.Field(store.IDColumn); id != nil {
		w.Raw(sep)
		w.idOrder(&operand{kind: opField, src: s.root, field: id})
		if downward(keys) {
			w.Raw(" DESC")
		}
	}
}

// downward reports whether rows that are level by all keys come by descending id.
func downward(keys []sortKey) bool { return len(keys) > 0 && keys[len(keys)-1].desc }

func (w *writer) idOrder(o *operand) {
	w.d.IDOrder(w.SQL, o.prefix(), func() { w.value(o) })
}

func (w *writer) sortKey(k *sortKey) {
	w.ordered(k.of)
	if k.desc {
		w.Raw(" DESC")
	}
	if k.of.neverNull() {
		return
	}
	if k.nullsFirst {
		w.Raw(" NULLS FIRST")
		return
	}
	w.Raw(" NULLS LAST")
}

// ordered writes the value by which o sorts.
func (w *writer) ordered(o *operand) {
	switch {
	case o.kind == opAggregate && o.picklist() != nil:
		w.value(o)
	case o.picklist() != nil:
		w.rank(o)
	case o.spelled != "":
		w.Raw(o.extreme()).Col("b", o.arg.outer).Raw(")")
	case o.valueKind() == record.Text:
		w.sorted(o)
	case o.valueKind() == record.Ref:
		w.idOrder(o)
	case o.valueKind() == record.Bool && !o.neverNull():
		w.Raw("CASE WHEN ")
		w.value(o)
		w.Raw(" IS TRUE THEN 1 ELSE 0 END")
	case o.kind == opDistance:
		w.kilometres(o.distance)
	default:
		w.value(o)
	}
}

// rank writes the place of a picklist's value in its set; what is not in it comes last.
func (w *writer) rank(o *operand) {
	values := o.picklist().Values
	w.Raw("CASE ")
	w.value(o)
	for i := range values {
		w.Raw(" WHEN ").Str(values[i].Value).Raw(" THEN ").Raw(small(i))
	}
	w.Raw(" ELSE CASE WHEN ")
	w.value(o)
	w.Raw(" IS NOT NULL THEN ").Raw(small(len(values))).Raw(" END END")
}

// noLimit is what a LIMIT says that only stands there because OFFSET needs one.
const noLimit = 1 << 40

func (w *writer) limits(limit, offset int) {
	if limit >= 0 {
		w.Raw(" LIMIT ").Int(int64(limit))
	} else if offset > 0 {
		w.Raw(" LIMIT ").Int(noLimit)
	}
	if offset > 0 {
		w.Raw(" OFFSET ").Int(int64(offset))
	}
}

// outs returns how the result columns are read.
func (st *statement) outs() []store.Out {
	if st.kept != nil {
		return st.kept.outs
	}
	return outs(st.sel.cols)
}

func outs(cols []output) []store.Out {
	out := make([]store.Out, len(cols))
	for i := range cols {
		out[i] = cols[i].out
	}
	return out
}

// reads returns what the statement touches at any depth.
func (st *statement) reads(of func(*catalog.Object, []*catalog.Field) *purpose.Fields) []reading {
	if st.kept != nil {
		return st.kept.readings
	}
	var all []reading
	several := func(objects []*catalog.Object, fields []*catalog.Field, idCol int) {
		r := reading{idCol: idCol, byPrefix: true}
		for _, o := range objects {
			r.of = append(r.of, of(o, polyFields(o, fields)))
		}
		all = append(all, r)
	}
	var walk func(s *scope)
	walk = func(s *scope) {
		for _, src := range s.sources {
			switch {
			case src.object.Name == recentlyViewed:
				several(st.b.looked, src.fields, src.idCol)
			case src.targets == nil:
				all = append(all, reading{of: []*purpose.Fields{of(src.object, slices.Clip(src.fields))}, idCol: src.idCol})
			default:
				several(src.targets, src.fields, src.idCol)
			}
		}
		for _, in := range s.inner {
			walk(in)
		}
	}
	walk(st.s)
	return all
}

// A reading is the use of fields of an object, or of one of several, with the result column
// that holds the ids of its rows, -1 where there is none.
type reading struct {
	of       []*purpose.Fields
	idCol    int
	byPrefix bool // whose rows they are the ids tell
}

// note tells the use entry what a page held.
func (st *statement) note(p *record.Page) {
	use := st.b.env.Use
	if use == nil || p.Len() == 0 {
		return
	}
	for _, r := range st.reads(purpose.FieldsOf) {
		switch {
		case r.idCol >= 0 && !r.byPrefix:
			use.ReadPage(r.of[0], p, r.idCol)
		case r.idCol >= 0:
			byPrefix := map[string][]record.ID{}
			for _, id := range distinct(p.IDs(r.idCol)) {
				byPrefix[id.Prefix()] = append(byPrefix[id.Prefix()], id)
			}
			for _, f := range r.of {
				use.Read(f, byPrefix[f.Object().KeyPrefix])
			}
		default:
			r.counted(use, p.Len())
		}
	}
}

// noteCount tells the use entry that n rows were read as a number or as groups only.
func (st *statement) noteCount(n int) {
	if st.b.env.Use == nil {
		return
	}
	for _, r := range st.reads(purpose.FieldsOf) {
		r.counted(st.b.env.Use, n)
	}
}

func (r *reading) counted(use *purpose.Use, n int) {
	for _, f := range r.of {
		use.Counted(f, n)
	}
}

// polyFields returns the fields of o behind fields of the pseudo-object Name.
func polyFields(o *catalog.Object, of []*catalog.Field) []*catalog.Field {
	var fields []*catalog.Field
	for _, f := range of {
		if t := nameField(o, f); t != nil && !slices.Contains(fields, t) {
			fields = append(fields, t)
		}
	}
	return fields
}
