package query

import (
	"slices"
	"strings"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// virtual writes the rows of an object that no table keeps: what a user may do
// with records and has looked at, jobs and schedules are worked out, of all other such objects there are no rows.
func (w *writer) virtual(o *catalog.Object, alias string) {
	w.Raw("(")
	if o.Name == recentlyViewed && len(w.b.looked) > 0 {
		w.recent(o)
	} else if o.Name == asyncApexJob {
		w.jobs(o)
	} else if (o.Name == cronTrigger || o.Name == cronJobDetail) && len(w.b.schedules) > 0 {
		for i, s := range w.b.schedules {
			if i > 0 {
				w.Raw(" UNION ALL ")
			}
			w.schedule(o, s)
		}
	} else if r := w.b.rights; r != nil && o.Name == userRecordAccess {
		for i, id := range r.records {
			if i > 0 {
				w.Raw(" UNION ALL ")
			}
			w.recordRights(o, r, id)
		}
	} else {
		w.Raw("SELECT ")
		for i, f := range o.Fields {
			if i > 0 {
				w.Raw(", ")
			}
			w.nothing(f.Type.Class)
			w.Raw(" AS ").Name(f.Name)
		}
		w.Raw(" WHERE 1 = 0")
	}
	w.Raw(") " + alias)
}

const (
	userRecordAccess = "UserRecordAccess"
	// maxRightsRecords is how many records one query may ask rights for.
	maxRightsRecords = 200
)

// A rightsQuery asks what a user may do with some records.
type rightsQuery struct {
	user    record.ID
	access  *access.Access
	records []record.ID
}

// rightsOf reads from a filter whose rights to which records a query of
// UserRecordAccess asks for; there must be one user and a list of records.
func (b *binder) rightsOf(q *soql.Query) error {
	r := &rightsQuery{}
	users := pinnedIDs(q.Where, "UserId")
	r.records = pinnedIDs(q.Where, "RecordId")
	if len(users) != 1 || len(r.records) == 0 {
		return fault.New(fault.MalformedQuery, "A query of UserRecordAccess must be filtered by one UserId with = and by RecordId with = or IN.")
	}
	if len(r.records) > maxRightsRecords {
		return fault.New(fault.MalformedQuery, "A query of UserRecordAccess may ask for at most 200 records.")
	}
	r.user, r.access = users[0], b.env.Access
	if r.user != b.env.User && r.user != b.env.Access.User() {
		if b.accessOf == nil {
			return nil // described, not run
		}
		var err error
		if r.access, err = b.accessOf(r.user); err != nil {
			return err
		}
	}
	b.rights = r
	return nil
}

// pinnedIDs returns the ids that a field must have by a condition that holds for every row. It writes them
// into the condition in their long form, in which they are compared.
func pinnedIDs(e soql.Expr, field string) []record.ID {
	switch n := e.(type) {
	case *soql.And:
		for _, a := range n.Args {
			if ids := pinnedIDs(a, field); ids != nil {
				return ids
			}
		}
	case *soql.Predicate:
		p, ok := n.Operand.(*soql.Path)
		if !ok || !strings.EqualFold(p.Last(), field) || n.Op != soql.Equal && n.Op != soql.In {
			return nil
		}
		var ids []record.ID
		for i := range n.Values {
			id, err := record.ParseID(n.Values[i].Text)
			if err != nil {
				continue
			}
			n.Values[i].Text = string(id)
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	return nil
}

// recordRights writes the row that says what a user may do with a record.
func (w *writer) recordRights(row *catalog.Object, r *rightsQuery, id record.ID) {
	o := w.b.env.Snapshot.Of(id)
	may := func(need access.Level, granted bool) func() {
		return func() {
			if o == nil || o.Table == "" || !granted {
				w.Arg(store.Bool, record.OfBool(false))
				return
			}
			alias := w.b.alias()
			w.Raw("EXISTS (SELECT 1 FROM ").Table(o.Table).Raw(" "+alias+" WHERE ").Col(alias, store.IDColumn).Raw(" = ").Arg(store.ID, record.OfID(id))
			if !r.access.AllRows(o, need) {
				w.Raw(" AND ")
				r.access.Filter(w.SQL, o, alias, need)
			}
			w.Raw(")")
		}
	}
	var rights access.Rights
	if o != nil {
		rights = r.access.Object(o)
	}
	read, edit := may(access.Read, rights.Read), may(access.Edit, rights.Edit)
	remove, transfer := may(access.All, rights.Delete), may(access.All, rights.Edit)
	all := may(access.All, rights.Edit && rights.Delete)
	w.Raw("SELECT ")
	for i, f := range row.Fields {
		if i > 0 {
			w.Raw(", ")
		}
		switch f.Name {
		case "UserId":
			w.Arg(store.ID, record.OfID(r.user))
		case "RecordId":
			w.Str(string(id))
		case "HasReadAccess":
			read()
		case "HasEditAccess":
			edit()
		case "HasDeleteAccess":
			remove()
		case "HasTransferAccess":
			transfer()
		case "HasAllAccess":
			all()
		case "MaxAccessLevel":
			w.Raw("CASE")
			for _, level := range []struct {
				name string
				may  func()
			}{{"All", all}, {"Delete", remove}, {"Edit", edit}, {"Read", read}} {
				w.Raw(" WHEN ")
				level.may()
				w.Raw(" THEN ").Str(level.name)
			}
			w.Raw(" ELSE ").Str("None").Raw(" END")
		default:
			w.nothing(f.Type.Class)
		}
		w.Raw(" AS ").Name(f.Name)
	}
}
