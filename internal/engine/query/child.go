package query

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A childQuery is a SELECT in a SELECT list: the rows of a child relationship of each row.
type childQuery struct {
	*statement
	query *soql.Query
	rel   *catalog.Relationship
	key   *operand // the child's reference to its parent
	col   int      // its result column
}

// selectChild binds a child query.
func (b *binder) selectChild(s *scope, sel *selection, q *soql.Query) error {
	name := q.From.Path.Last()
	rel := s.root.object.Child(name)
	var o *catalog.Object
	var f *catalog.Field
	if rel != nil && rel.Name != "" {
		if o = b.env.Snapshot.Object(rel.Object); o != nil {
			f = o.Field(rel.Field)
		}
	}
	if f == nil || !o.Queryable || !b.env.Access.Object(o).Read || !b.env.Access.CanRead(f) {
		return b.at(fault.InvalidType, q.From.Path.Pos, "Didn't understand relationship '"+name+"' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.")
	}
	cs := b.newScope(o, q.From.Alias)
	cs.base = append([]string{catalog.Fold(rel.Name)}, cs.base...)
	st := &statement{b: b, s: cs, limit: -1, look: lookOf(q)}
	if q.Limit != nil {
		st.limit = q.Limit.N
	}
	if q.Offset != nil {
		st.offset = q.Offset.N
	}
	var err error
	if st.where, err = b.filters(cs, q); err != nil {
		return err
	}
	for i := range q.Select {
		if c, ok := q.Select[i].Column.(*soql.Call); ok && c.Func.Aggregate() {
			return b.at(fault.MalformedQuery, c.Pos, "only root queries support aggregate expressions")
		}
	}
	if err := b.bindRows(st, q); err != nil {
		return err
	}
	c := &childQuery{statement: st, query: q, rel: rel, key: column(cs.root, f, 0)}
	cs.root.touch(f)
	c.col = st.sel.column(c.key)
	if err := sel.put(sel.shape, record.Item{Key: rel.Name, Role: record.Child, Child: len(sel.children)}, "("+rel.Name+")"); err != nil {
		return fault.New(fault.InvalidField, "duplicate field selected: %s", rel.Name)
	}
	sel.children = append(sel.children, c)
	return nil
}

// childRows is how many rows of a child query are read without numbering them by parent.
const childRows = 50_000

// children runs each child query of st once, for all rows of a page.
func (r *run) children(st *statement, res *record.Result) error {
	if len(st.sel.children) == 0 {
		return nil
	}
	res.Children = make([]record.Children, len(st.sel.children))
	parents := make([]record.ID, res.Page.Len())
	for row := range parents {
		parents[row] = res.Page.ID(row, st.sel.shape.IDCol)
	}
	for i, c := range st.sel.children {
		if err := r.child(c, parents, &res.Children[i]); err != nil {
			return err
		}
	}
	return nil
}

// child runs one child query and tells which of its rows belong to which parent.
func (r *run) child(c *childQuery, parents []record.ID, out *record.Children) error {
	out.Spans = make([]record.Span, len(parents))
	out.Result = &record.Result{Shape: c.sel.shape, Page: record.NewPage(len(c.sel.cols), 0)}
	if len(parents) == 0 || c.limit == 0 {
		return r.finish(c.statement, out.Result)
	}
	d, cols, total := r.tx.Dialect(), outs(c.sel.cols), -1
	var p *record.Page
	var err error
	done := false
	if c.limit < 0 && c.offset == 0 {
		if p, done, err = r.page(c.ofParents(d, parents), cols, childRows); err != nil {
			return err
		}
	}
	if !done {
		keep := c.limit
		if r.rest != nil && (keep < 0 || keep > r.batch) {
			keep, total = r.batch, len(cols)
			cols = append(cols, store.Out{Class: store.Int})
		}
		if p, err = r.everything(c.numbered(d, parents, keep, total >= 0), cols); err != nil {
			return err
		}
	}
	out.Result.Page, out.Result.Total = p, p.Len()
	row := make(map[record.ID]int, len(parents))
	for i, id := range parents {
		row[id] = i
	}
	for from, to := 0, 0; from < p.Len(); from = to {
		id := p.ID(from, c.col)
		for to = from + 1; to < p.Len() && p.ID(to, c.col) == id; to++ {
		}
		span := record.Span{From: from, To: to, Total: to - from}
		if total >= 0 {
			span.Total = max(int(p.Value(from, total).Int())-c.offset, 0)
			if c.limit >= 0 {
				span.Total = min(span.Total, c.limit)
			}
		}
		if r.rest != nil {
			span.To = min(span.To, span.From+r.batch)
		}
		at, ok := row[id]
		if !ok {
			continue
		}
		out.Spans[at] = span
		if span.Total > span.To-span.From {
			if err := r.keep(c, id, &out.Spans[at]); err != nil {
				return err
			}
		}
	}
	return r.finish(c.statement, out.Result)
}

// keep adds the cursor of a parent whose children are more than a batch.
func (r *run) keep(c *childQuery, parent record.ID, span *record.Span) error {
	of := &test{of: c.key, form: oneOf, ids: []record.ID{parent}}
	ids, err := r.everything(c.ids(r.tx.Dialect(), of), []store.Out{{Class: store.ID}})
	if err != nil {
		return err
	}
	// The rest is asked for as a query of its own; which rows there are is settled, so only SELECT counts.
	alone := &soql.Query{Select: c.query.Select, From: soql.Source{Path: soql.Path{Names: []string{c.rel.Object}}, Alias: c.query.From.Alias}}
	if alone.From.Alias == nil {
		alone.From.Alias = &soql.Name{Text: c.rel.Name}
	}
	*r.rest = append(*r.rest, Rest{
		Span: span, Returned: span.To - span.From,
		Cursor: &Cursor{Text: alone.String(), All: c.b.all, IDs: ids.IDs(0)},
	})
	return nil
}

// ofParents writes the SELECT of all children of some parents, together by parent.
func (c *childQuery) ofParents(d store.Dialect, parents []record.ID) *store.SQL {
	w := c.b.writer(d)
	c.writeOfParents(w, parents)
	return w.SQL
}

func (c *childQuery) writeOfParents(w *writer, parents []record.ID) {
	w.Raw("SELECT ")
	w.columns(c.sel.cols)
	c.fromParents(w, parents)
	w.Raw(" ORDER BY ")
	w.value(c.key)
	w.thenBy(c.s, c.order)
}

func (c *childQuery) fromParents(w *writer, parents []record.ID) {
	of := &test{of: c.key, form: oneOf, ids: parents}
	w.from(c.s, func() {
		w.Raw(" AND ")
		of.write(w, false)
		c.conditions(w)
	})
}

// numbered writes the SELECT of at most keep children (all where it is negative) of each parent behind the
// offset, and with total how many there are.
func (c *childQuery) numbered(d store.Dialect, parents []record.ID, keep int, total bool) *store.SQL {
	w := c.b.writer(d)
	c.writeNumbered(w, parents, keep, total)
	return w.SQL
}

func (c *childQuery) writeNumbered(w *writer, parents []record.ID, keep int, total bool) {
	w.Raw("SELECT ")
	for i := range c.sel.cols {
		if i > 0 {
			w.Raw(", ")
		}
		w.Raw("c" + small(i))
	}
	if total {
		w.Raw(", total")
	}
	w.Raw(" FROM (SELECT ")
	for i := range c.sel.cols {
		w.output(&c.sel.cols[i])
		w.Raw(" AS c" + small(i) + ", ")
	}
	if total {
		w.Raw("COUNT(*) OVER (PARTITION BY ")
		w.value(c.key)
		w.Raw(") AS total, ")
	}
	w.Raw("row_number() OVER (PARTITION BY ")
	w.value(c.key)
	w.orderBy(c.s, c.order)
	w.Raw(") AS n")
	c.fromParents(w, parents)
	w.Raw(") numbered WHERE n > ").Int(int64(c.offset))
	if keep >= 0 {
		w.Raw(" AND n <= ").Int(int64(c.offset + keep))
	}
	w.Raw(" ORDER BY c" + small(c.col) + ", n")
}
