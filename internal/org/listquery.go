package org

import (
	"context"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/query/filter"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// A ListQuery is a list view as a query: what it shows of which records in which order.
type ListQuery struct {
	ID, DeveloperName, Label string
	Object                   *catalog.Object
	Columns                  []ListColumn // those that are shown, then the hidden ones
	Conditions               []string     // in SOQL, all of which hold
	Sort                     string       // path, "" for Id alone
	Descending               bool
	Text                     string // the whole query, without LIMIT
}

// A ListColumn is a column of a ListQuery.
type ListColumn struct {
	Path   string // Owner.Name
	Select string // as the query names it: toLabel(Status)
	Label  string
	Field  *catalog.Field // the last of the path
	Hidden bool
}

// listColumns is how many columns a list view shows. Source: the platform's own limit.
const listColumns = 15

// ListQuery returns what a list view of an object asks for, by its id. One that the person may not see is NOT_FOUND.
func (s *Session) ListQuery(ctx context.Context, object string, id record.ID) (*ListQuery, error) {
	o := s.Catalog().Object(object)
	notFound := fault.New(fault.NotFound, "The requested resource does not exist")
	if o == nil || !o.Queryable || !s.Rights(o).Read || !record.IsID(string(id)) {
		return nil, notFound
	}
	res, err := s.Query(ctx, "SELECT Name, DeveloperName, Definition FROM ListView WHERE Id = "+Quote(string(id))+" AND SobjectType = "+Quote(o.Name), QueryOptions{})
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, notFound
	}
	q := &ListQuery{ID: string(id), DeveloperName: res.Get(0, "DeveloperName").Text(), Label: res.Get(0, "Name").Text(), Object: o}
	definition := res.Get(0, "Definition").Text()
	filters, sort, desc := filter.View(definition)
	for _, f := range filters {
		if field := o.Field(f.Field); field == nil || !s.CanRead(field) {
			return nil, fault.New(fault.InvalidField, "%s cannot be filtered by.", f.Field)
		}
		c, err := f.Condition(o, s.Catalog(), s.actor.User, s.actor.Zone)
		if err != nil {
			return nil, err
		}
		q.Conditions = append(q.Conditions, c)
	}
	if f := o.Field(sort); f != nil && f.Sortable && s.CanRead(f) && f.Name != "Id" {
		q.Sort, q.Descending = s.listPath(f), desc
	}
	names := filter.Columns(definition)
	if len(names) == 0 {
		names = defaultListColumns(o, filters, sort)
	}
	for _, name := range names {
		q.show(s, name, false)
	}
	for _, name := range [...]string{"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		q.show(s, name, true)
	}
	q.Text = q.soql()
	return q, nil
}

// defaultListColumns are those of a list view that names none: the name, what it filters and sorts by, and whose and of when a record is.
func defaultListColumns(o *catalog.Object, filters []Filter, sort string) []string {
	var names []string
	if o.NameField != nil {
		names = append(names, o.NameField.Name)
	}
	if o.Field("Subject") != nil {
		names = append(names, "Subject")
	}
	for _, f := range filters {
		names = append(names, f.Field)
	}
	names = append(names, sort, "OwnerId", "CreatedDate")
	return names
}

// show adds a column once, where the person may read the field and there is room.
func (q *ListQuery) show(s *Session, name string, hidden bool) {
	f := q.Object.Field(name)
	if f == nil || !s.CanRead(f) || f.Type.Compound && f.Column == "" && !f.IsName || !hidden && len(q.Columns) == listColumns {
		return
	}
	c := ListColumn{Path: s.listPath(f), Label: f.Label, Field: f, Hidden: hidden}
	c.Select = c.Path
	switch {
	case c.Path != f.Name:
		c.Label = strings.TrimSuffix(f.Label, " ID")
	case f.Type.Picklist:
		c.Select = "toLabel(" + f.Name + ")"
	}
	for _, there := range q.Columns {
		if there.Path == c.Path {
			return
		}
	}
	q.Columns = append(q.Columns, c)
}

// listPath returns what a list shows of a field and sorts by: of a reference the name of what it points to.
func (s *Session) listPath(f *catalog.Field) string {
	if f.Type == &catalog.Reference {
		if target := s.Catalog().Object(f.ReferenceTo[0]); f.Polymorphic() || target != nil && s.Rights(target).Read && target.NameField != nil && s.CanRead(target.NameField) {
			if p := NamePath(f, s.Catalog()); p != "" {
				return p
			}
		}
	}
	return f.Name
}

func (q *ListQuery) soql() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range q.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Select)
	}
	b.WriteString(" FROM " + q.Object.Name)
	if len(q.Conditions) > 0 {
		b.WriteString(" WHERE " + strings.Join(q.Conditions, " AND "))
	}
	b.WriteString(" ORDER BY ")
	if q.Sort != "" {
		b.WriteString(q.Sort + " " + direction(q.Descending) + " NULLS LAST, ")
	}
	b.WriteString("Id ASC NULLS FIRST")
	return b.String()
}

func direction(desc bool) string {
	if desc {
		return "DESC"
	}
	return "ASC"
}
