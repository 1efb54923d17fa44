package query

import (
	"context"
	"strings"

	"stoa/internal/engine/query/filter"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/store"
)

// listViewOf returns the definition of a list view that the user may see, by its DeveloperName.
func listViewOf(ctx context.Context, tx store.Tx, env *Env, object, name string) (definition string, found bool, err error) {
	res, _, err := Run(ctx, tx, env, "SELECT Definition FROM ListView WHERE SobjectType = "+filter.Quote(object)+
		" AND DeveloperName = "+filter.Quote(name)+" ORDER BY Id LIMIT 1", Options{NoTotal: true})
	if err != nil || res.Len() == 0 {
		return "", false, err
	}
	return res.Get(0, "Definition").Text(), true, nil
}

// usingListView binds USING LISTVIEW: the filters of the view, nil where it has none, and its order.
func (b *binder) usingListView(s *scope, name *soql.Name) (cond, []soql.OrderItem, error) {
	o := s.root.object
	definition, found, err := b.listView(o.Name, name.Text)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, fault.New(fault.MalformedSearch, "list view %s does not exist for object %s", name.Text, o.Name)
	}
	filters, sort, desc := filter.View(definition)
	text := "SELECT Id FROM " + o.Name
	var terms []string
	for _, f := range filters {
		c, err := f.Condition(o, b.env.Snapshot, b.env.User, b.env.Zone)
		if err != nil {
			return nil, nil, err
		}
		terms = append(terms, c)
	}
	if terms != nil {
		text += " WHERE " + strings.Join(terms, " AND ")
	}
	if f := o.Field(sort); f != nil && f.Sortable {
		text += " ORDER BY " + f.Name
		if desc {
			text += " DESC"
		}
	}
	q, err := soql.Parse(text)
	if err != nil || q.Where == nil {
		return nil, q.OrderBy, err
	}
	inner := *b
	inner.text = "" // mistakes are in the view, not in the search
	c, err := inner.condition(s, q.Where, func(op soql.Operand) (*operand, error) { return inner.operand(s, op) })
	b.aliases, b.parents = inner.aliases, inner.parents
	return c, q.OrderBy, err
}
