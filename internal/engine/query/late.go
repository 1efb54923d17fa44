package query

import (
	"slices"

	"stoa/internal/store"
)

// late reports whether the rows of a page are chosen by id first and read only
// then. That is so where a sort looks at more rows than the page has: what it
// carries along is then an id, and not every column and every parent of rows
// that the page does not show. An order that an index has needs no sort.
func (st *statement) late(limit int) bool {
	root := st.s.root.object
	return limit >= 0 && limit <= defaultBatch+1 && root.Table != "" && root.Field(store.IDColumn) != nil &&
		len(st.order) > 0 && !st.ordered()
}

// ordered reports whether an index of the root's table has its rows in the order of the query.
func (st *statement) ordered() bool {
	o := st.order[0].of
	if o.kind != opField || o.src != st.s.root || o.picklist() != nil || o.src.veil.Hides(o.field) {
		return false
	}
	return o.field.Name == store.IDColumn || !st.b.all && o.field.Ordered(func(field string) bool { return st.rulesOut(st.where, field) })
}

// rulesOut reports whether a condition lets only rows through in which a field of the root is false.
func (st *statement) rulesOut(c cond, field string) bool {
	switch n := c.(type) {
	case allOf:
		return slices.ContainsFunc(n, func(c cond) bool { return st.rulesOut(c, field) })
	case notOf:
		t, ok := n.arg.(*test)
		return ok && t.form == isTrue && t.of.kind == opField && t.of.src == st.s.root && t.of.field.Name == field
	default:
		return false
	}
}

// writeLate writes the SELECT of a page whose rows are chosen by id first.
func (st *statement) writeLate(w *writer, limit int, more func(*writer)) {
	root := st.s.root
	w.Raw("SELECT ")
	w.columns(st.sel.cols)
	w.Raw(" FROM ")
	w.table(root.object, root.alias)
	w.joins(st.s)
	w.Raw(" WHERE ").Col(root.alias, store.IDColumn).Raw(" IN (SELECT ").Col(root.alias, store.IDColumn)
	w.from(st.s, func() {
		st.conditions(w)
		if more != nil {
			more(w)
		}
	})
	w.orderBy(st.s, st.order)
	w.limits(limit, st.offset)
	w.Raw(")")
	w.orderBy(st.s, st.order)
}
