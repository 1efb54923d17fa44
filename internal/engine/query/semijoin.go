package query

import (
	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A semi is operand IN (SELECT field FROM …).
type semi struct {
	of    *operand
	inner *scope
	field *operand
	where cond // nil without
}

// semiJoin binds IN and NOT IN with a SELECT.
func (b *binder) semiJoin(s *scope, o *operand, p *soql.Predicate) (cond, error) {
	if err := b.filterable(o, p); err != nil {
		return nil, err
	}
	if o.kind != opField || o.valueKind() != record.Ref {
		return nil, b.at(fault.MalformedQuery, p.Position(), "The left operand '"+o.name+"' in the where expression with subquery must be an id or reference field")
	}
	q := p.Semi
	obj, err := b.object(q.From.Path.Last(), q.From.Path.Pos)
	if err != nil {
		return nil, err
	}
	if polymorphicChildren(obj.Name) {
		return nil, b.at(fault.MalformedQuery, q.From.Path.Pos, "Entity '"+obj.Name+"' is not supported for semi join inner selects")
	}
	inner := b.newScope(obj, q.From.Alias)
	path, ok := q.Select[0].Column.(*soql.Path)
	if !ok {
		return nil, b.at(fault.MalformedQuery, q.Pos, "The subquery must select one id or reference field")
	}
	field, err := b.pathOperand(inner, path)
	if err != nil {
		return nil, err
	}
	if field.src != inner.root && field.src.hops > 1 {
		return nil, b.at(fault.MalformedQuery, path.Pos, "The selected field '"+path.Last()+"' in the subquery may be at most one relationship away")
	}
	if field.valueKind() != record.Ref || !sameObject(o.field, field.field) {
		return nil, b.at(fault.MalformedQuery, path.Pos, "The selected field '"+path.Last()+"' in the subquery and the left operand field in the where expression should point to the same object type")
	}
	c := &semi{of: o, inner: inner, field: field}
	if q.Where != nil {
		if c.where, err = b.condition(inner, q.Where, func(op soql.Operand) (*operand, error) { return b.operand(inner, op) }); err != nil {
			return nil, err
		}
	}
	s.inner = append(s.inner, inner)
	if p.Op == soql.NotIn {
		return notOf{c}, nil
	}
	return c, nil
}

// polymorphicChildren reports whether an object's rows hang on rows of many objects, so that no semi-join selects from it.
func polymorphicChildren(object string) bool {
	switch object {
	case "ActivityHistory", "OpenActivity", "Attachment", "Note", "Event", "Task":
		return true
	}
	return false
}

// pointsTo returns the names of the objects that ids in f belong to.
func pointsTo(f *catalog.Field) []string {
	if f.Name == store.IDColumn {
		return []string{f.Object.Name}
	}
	return f.ReferenceTo
}

func sameObject(f, g *catalog.Field) bool {
	for _, a := range pointsTo(f) {
		for _, b := range pointsTo(g) {
			if a == b {
				return true
			}
		}
	}
	return false
}

func (c *semi) write(w *writer, not bool) {
	if not && !c.of.neverNull() {
		w.Raw("(")
		w.null(c.of, false)
		w.Raw(" OR ")
	}
	w.value(c.of)
	if not {
		w.Raw(" NOT")
	}
	w.Raw(" IN (SELECT ")
	w.value(c.field)
	w.from(c.inner, func() {
		if c.where != nil {
			w.Raw(" AND ")
			c.where.write(w, false)
		}
		if !c.field.neverNull() {
			w.Raw(" AND ")
			w.null(c.field, true)
		}
	})
	w.Raw(")")
	if not && !c.of.neverNull() {
		w.Raw(")")
	}
}

// from writes FROM with its joins and WHERE with what every row must be:
// alive, unless deleted ones are asked for, and visible. more writes further
// conditions, each behind an AND.
func (w *writer) from(s *scope, more func()) {
	w.Raw(" FROM ")
	w.table(s.root.object, s.root.alias)
	if w.found != nil {
		w.Raw(" JOIN (")
		w.d.Search(w.SQL, s.root.object.Table, *w.found)
		w.Raw(") found ON found.id = ").Col(s.root.alias, store.IDColumn)
		w.found = nil
	}
	w.joins(s)
	w.joinLooks()
	w.Raw(" WHERE ")
	w.standing(s.root)
	more()
}

func (w *writer) joins(s *scope) {
	for _, src := range s.sources[1:] {
		w.join(src)
	}
}

// join writes the joins of a parent. They are outer joins, so that no row is lost for want of a parent.
func (w *writer) join(src *source) {
	if src.targets != nil {
		return
	}
	on := func(alias string) {
		w.Raw(" LEFT JOIN ")
		w.table(src.object, alias)
		w.Raw(" ON ").Col(alias, store.IDColumn).Raw(" = ")
		w.value(src.on)
	}
	if src.bareJoined && src.bare != src.alias {
		on(src.bare)
	}
	if src.joined {
		on(src.alias)
		if src.filtered {
			w.visible(src.object, src.alias)
		}
	}
}

// visible writes, each behind an AND, the conditions that a parent is a row that the user may see.
func (w *writer) visible(o *catalog.Object, alias string) {
	may := w.b.env.Access
	if f := o.Field(store.DeletedColumn); may.Scoped() && o.Table != "" && f != nil && f.Column != "" {
		w.Raw(" AND ")
		w.d.Live(w.SQL, alias)
	}
	if !may.AllRows(o, access.Read) {
		w.Raw(" AND ")
		may.Filter(w.SQL, o, alias, access.Read)
	}
}

// standing writes the conditions that every query of an object is under.
func (w *writer) standing(root *source) {
	o, some := root.object, false
	if f := o.Field(store.DeletedColumn); !w.b.all && o.Table != "" && f != nil && f.Column != "" {
		w.d.Live(w.SQL, root.alias)
		some = true
	}
	if o.Table != "" && !w.b.env.Access.AllRows(o, access.Read) {
		if some {
			w.Raw(" AND ")
		}
		w.b.env.Access.Filter(w.SQL, o, root.alias, access.Read)
		some = true
	}
	if !some {
		w.Raw("1 = 1")
	}
}
