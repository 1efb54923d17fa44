package query

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// selections is the suffix of the object that keeps which categories a record is in: Knowledge__DataCategorySelection.
const selections = "__DataCategorySelection"

// selectionsOf returns that object for o, nil where its records have no categories.
func selectionsOf(b *binder, o *catalog.Object) *catalog.Object {
	for _, r := range o.Children {
		if len(r.Object) > len(selections) && r.Object[len(r.Object)-len(selections):] == selections {
			return b.env.Snapshot.Object(r.Object)
		}
	}
	if o.Table != o.Name && o.Table != "" {
		if kept := b.env.Snapshot.Object(o.Table); kept != nil && kept != o {
			return selectionsOf(b, kept)
		}
	}
	return nil
}

func categorised(b *binder, o *catalog.Object) bool { return selectionsOf(b, o) != nil }

// categories binds WITH DATA CATEGORY: a record is in one of the categories of each group.
func (b *binder) categories(s *scope, n *soql.With) (cond, error) {
	in := selectionsOf(b, s.root.object)
	if in == nil || in.Table == "" || b.env.Access.Scoped() && !b.env.Access.Object(in).Read {
		return nil, fault.New(fault.MalformedQuery, "WITH DATA CATEGORY is not supported for object %s", s.root.object.Name)
	}
	id := column(s.root, s.root.object.Field(store.IDColumn), n.Pos)
	var all allOf
	for _, c := range n.Categories {
		all = append(all, &inCategory{of: id, table: in, group: catalog.CategoryName(c.Group.Text), names: b.categoryNames(c)})
	}
	return all, nil
}

// categoryNames returns the folded names of the categories that a selector covers. One that its group does not have is covered by itself alone.
func (b *binder) categoryNames(c soql.Category) []string {
	group := b.env.Snapshot.CategoryGroup(c.Group.Text)
	seen := map[string]bool{}
	var names []string
	add := func(name string) {
		if name = record.Fold(name); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, n := range c.Names {
		add(catalog.CategoryName(n.Text))
		path := group.Path(n.Text)
		if path == nil {
			continue
		}
		if c.Selector == "ABOVE" || c.Selector == "ABOVE_OR_BELOW" {
			for _, up := range path {
				add(up.Name)
			}
		}
		if c.Selector == "BELOW" || c.Selector == "ABOVE_OR_BELOW" {
			path[len(path)-1].Walk(func(below *catalog.Category) { add(below.Name) })
		}
	}
	return names
}

// An inCategory holds where a record was put into one of some categories of a group.
type inCategory struct {
	of    *operand
	table *catalog.Object
	group string
	names []string // folded
}

func (c *inCategory) write(w *writer, not bool) {
	alias := w.b.alias()
	folded := func(field string) { w.d.Fold(w.SQL, func() { w.Col(alias, c.table.Field(field).Column) }) }
	w.value(c.of)
	if not {
		w.Raw(" NOT")
	}
	w.Raw(" IN (SELECT ").Col(alias, c.table.Field("ParentId").Column).Raw(" FROM ")
	w.table(c.table, alias)
	w.Raw(" WHERE ").Col(alias, c.table.Field("ParentId").Column).Raw(" IS NOT NULL AND ")
	if f := c.table.Field(store.DeletedColumn); f != nil && f.Column != "" {
		w.d.Live(w.SQL, alias)
		w.Raw(" AND ")
	}
	folded("DataCategoryGroupName")
	w.Raw(" = ").Str(record.Fold(c.group)).Raw(" AND ")
	folded("DataCategoryName")
	w.Raw(" IN (")
	for i, n := range c.names {
		if i > 0 {
			w.Raw(", ")
		}
		w.Str(n)
	}
	w.Raw(")")
	if w.b.env.Access.Scoped() {
		w.visible(c.table, alias)
	}
	w.Raw(")")
}
