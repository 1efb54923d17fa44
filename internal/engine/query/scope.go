package query

import (
	"strings"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// inScope binds USING SCOPE, nil where it leaves no row out.
func (b *binder) inScope(s *scope, name *soql.Name) (cond, error) {
	root := s.root
	field := func(name string) *operand {
		f := root.object.Field(name)
		if f == nil || f.Column == "" || !b.env.Access.CanRead(f) {
			return nil
		}
		return column(root, f, 0)
	}
	owner := field("OwnerId")
	mine := func() cond { return &test{of: owner, form: oneOf, ids: []record.ID{b.env.User}} }
	switch scope := strings.ToLower(name.Text); {
	case scope == "everything":
		return nil, nil
	case scope == "mine" && owner != nil:
		return mine(), nil
	case scope == "mine_and_my_groups" && owner != nil:
		return anyOf{mine(), &memberOf{of: owner, table: "GroupMember", key: "GroupId", member: "UserOrGroupId", is: b.env.User}}, nil
	case scope == "team" && b.env.Snapshot.Object(root.object.Name+"TeamMember") != nil:
		id := column(root, root.object.Field(store.IDColumn), 0)
		m := &memberOf{of: id, table: root.object.Name + "TeamMember", key: "ParentId", member: "MemberId", is: b.env.User}
		if o := b.env.Snapshot.Object(m.table); o.Field("ParentId") == nil {
			m.key, m.member = root.object.Name+"Id", "UserId"
		}
		if owner == nil {
			return m, nil
		}
		return anyOf{mine(), m}, nil
	case scope == "delegated" && field("DelegatedApproverId") != nil:
		return &test{of: field("DelegatedApproverId"), form: oneOf, ids: []record.ID{b.env.User}}, nil
	default:
		return nil, b.at(fault.MalformedQuery, name.Pos, "Scope '"+name.Text+"' is not supported for object "+root.object.Name)
	}
}

// A memberOf holds where an id is among the keys of a table's rows whose member is a given one.
type memberOf struct {
	of                 *operand
	table, key, member string
	is                 record.ID
}

func (c *memberOf) write(w *writer, not bool) {
	o := w.b.env.Snapshot.Object(c.table)
	if o == nil || o.Table == "" || o.Field(c.key) == nil || o.Field(c.member) == nil || !w.b.env.Access.AllRows(o, access.Read) {
		fixed(false).write(w, not)
		return
	}
	alias := w.b.alias()
	w.value(c.of)
	if not {
		w.Raw(" NOT")
	}
	w.Raw(" IN (SELECT ").Col(alias, o.Field(c.key).Column).Raw(" FROM ")
	w.table(o, alias)
	w.Raw(" WHERE ").Col(alias, o.Field(c.member).Column).Raw(" = ").Arg(store.ID, record.OfID(c.is))
	if f := o.Field(store.DeletedColumn); f != nil && f.Column != "" {
		w.Raw(" AND ")
		w.d.Live(w.SQL, alias)
	}
	w.Raw(" AND ").Col(alias, o.Field(c.key).Column).Raw(" IS NOT NULL)")
}

// with binds WITH, nil where it changes nothing: every query runs in the user's mode.
func (b *binder) with(s *scope, n *soql.With) (cond, error) {
	switch {
	case n.Mode != "":
		return nil, nil
	case n.Categories != nil:
		return b.categories(s, n)
	default:
		return nil, b.at(fault.MalformedQuery, n.Pos, "unexpected token: 'WITH'")
	}
}

// table writes the rows of an object under an alias.
func (w *writer) table(o *catalog.Object, alias string) {
	if o.Table == "" {
		w.virtual(o, alias)
		return
	}
	w.Table(o.Table).Raw(" " + alias)
}

// published is the condition that versions of articles are under where a query names neither a
// version's id nor a status: they are online.
func (b *binder) published(s *scope, q *soql.Query) cond {
	f := s.root.object.Field("PublishStatus")
	if f == nil || f.Column == "" || !articles(s.root.object) || pinned(q.Where, store.IDColumn) || mentions(q.Where, "PublishStatus") {
		return nil
	}
	return &test{of: column(s.root, f, 0), form: oneOf, values: []record.Value{record.OfText("Online")}, raw: true}
}

// mentions reports whether a condition tests a field anywhere.
func mentions(e soql.Expr, field string) bool {
	in := func(args []soql.Expr) bool {
		for _, a := range args {
			if mentions(a, field) {
				return true
			}
		}
		return false
	}
	switch n := e.(type) {
	case *soql.And:
		return in(n.Args)
	case *soql.Or:
		return in(n.Args)
	case *soql.Not:
		return mentions(n.Arg, field)
	case *soql.Predicate:
		p, ok := n.Operand.(*soql.Path)
		return ok && strings.EqualFold(p.Last(), field)
	default:
		return false
	}
}

// articles reports whether o's rows are versions of articles.
func articles(o *catalog.Object) bool {
	return strings.HasSuffix(o.Name, "__kav") || strings.HasSuffix(o.Table, "__kav")
}

// required refuses a query without the filters that some objects ask for.
func (b *binder) required(o *catalog.Object, q *soql.Query) error {
	if o.Name == userRecordAccess {
		return b.rightsOf(q)
	}
	if err := b.askForSchedules(o); err != nil {
		return err
	}
	if o.Name == recentlyViewed && b.lookedAt != nil {
		var err error
		b.looked, err = b.lookedAt()
		return err
	}
	if o.Name == "ContentDocumentLink" && !b.env.Access.Has("QueryAllFiles") && !pinned(q.Where, "Id", "ContentDocumentId", "LinkedEntityId") {
		return fault.New(fault.MalformedQuery, "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.")
	}
	return nil
}

// pinned reports whether every row that e lets through has one of some values in one of the fields.
func pinned(e soql.Expr, fields ...string) bool {
	switch n := e.(type) {
	case *soql.And:
		for _, a := range n.Args {
			if pinned(a, fields...) {
				return true
			}
		}
	case *soql.Predicate:
		p, ok := n.Operand.(*soql.Path)
		if !ok || n.Op != soql.Equal && n.Op != soql.In {
			return false
		}
		for _, f := range fields {
			if strings.EqualFold(p.Last(), f) && (f != "Id" || len(p.Names) == 1) { // the record's own
				return true
			}
		}
	}
	return false
}
