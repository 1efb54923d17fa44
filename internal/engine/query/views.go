package query

import (
	"context"
	"errors"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/record"
	"stoa/internal/store"
)

// recentlyViewed is the object whose rows are the records that the user looked at.
const recentlyViewed = "RecentlyViewed"

// A Look says that the user viewed records, or only referred to them: what FOR VIEW and FOR REFERENCE are for.
// Articles are what UPDATE VIEWSTAT counts a view of; they are the articles of versions, and not among IDs.
type Look struct {
	Object   *catalog.Object
	IDs      []record.ID
	Articles []record.ID
	Viewed   bool
	At       time.Time
}

// look is what a query says of its rows.
type look uint8

const (
	noLook look = iota
	refers
	views
)

func lookOf(q *soql.Query) look {
	l := noLook
	for _, f := range q.For {
		switch f.Text {
		case "VIEW":
			l = views
		case "REFERENCE":
			l = max(l, refers)
		}
	}
	return l
}

// countViews has UPDATE VIEWSTAT count a view of the articles whose versions are found.
func (st *statement) countViews(update []soql.Name) {
	f := st.s.root.object.Field("KnowledgeArticleId")
	if f == nil || f.Column == "" || !articles(st.s.root.object) {
		return
	}
	for _, n := range update {
		if n.Text == "VIEWSTAT" {
			st.articleCol = st.sel.column(column(st.s.root, f, n.Pos)) + 1
		}
	}
}

// looks notes the rows of a page where the query says that the user looks at them.
func (st *statement) looks(res *record.Result) {
	if st.b.env.Looks == nil || res.Len() == 0 || st.look == noLook && st.articleCol == 0 {
		return
	}
	l := Look{Object: st.s.root.object, Viewed: st.look == views, At: st.b.now}
	if st.look != noLook && st.sel.shape.IDCol >= 0 {
		l.IDs = distinct(res.Page.IDs(st.sel.shape.IDCol))
	}
	if st.articleCol > 0 {
		l.Articles = distinct(res.Page.IDs(st.articleCol - 1))
	}
	*st.b.env.Looks = append(*st.b.env.Looks, l)
}

// looked writes when the user last looked at the row under an alias, null for never.
func (w *writer) looked(f *catalog.Field, of string) {
	if w.b.env.User == "" {
		w.nothing(f.Type.Class)
		return
	}
	if of == w.looksOf {
		if w.looks == "" {
			w.looks = w.b.alias()
		}
		w.Col(w.looks, lookColumn(f))
		return
	}
	alias := w.b.alias()
	w.Raw("(SELECT ").Col(alias, lookColumn(f)).Raw(" FROM ").Table(store.ViewTable).Raw(" " + alias + " WHERE ")
	w.byUser(alias, of)
	w.Raw(")")
}

// byUser writes that a row of views under an alias is the user's of the row under another.
func (w *writer) byUser(alias, of string) {
	w.Col(alias, "actor").Raw(" = ").Arg(store.ID, record.OfID(w.b.env.User)).Raw(" AND ").Col(alias, "record").Raw(" = ").Col(of, store.IDColumn)
}

// joinLooks writes the join that looked has asked for: one look-up for several fields.
func (w *writer) joinLooks() {
	if w.looks != "" {
		w.Raw(" LEFT JOIN ").Table(store.ViewTable).Raw(" " + w.looks + " ON ")
		w.byUser(w.looks, w.looksOf)
	}
	w.looks, w.looksOf = "", ""
}

// lookedAt writes that the user has looked at a record: it is among the few that are noted, which are read instead of all records.
func (w *writer) lookedAt(o *operand) {
	alias := w.b.alias()
	w.Col(o.src.serve(o.field), store.IDColumn).Raw(" IN (SELECT ").Col(alias, "record").Raw(" FROM ").Table(store.ViewTable).Raw(" "+alias+" WHERE ").
		Col(alias, "actor").Raw(" = ").Arg(store.ID, record.OfID(w.b.env.User)).Raw(" AND ").Col(alias, lookColumn(o.field)).Raw(" IS NOT NULL)")
}

func lookColumn(f *catalog.Field) string {
	if f.Name == "LastViewedDate" {
		return "viewed"
	}
	return "referenced"
}

// objectsLookedAt returns the objects of the records that the user looked at and may read.
func objectsLookedAt(ctx context.Context, tx store.Tx, env *Env) ([]*catalog.Object, error) {
	if env.User == "" {
		return nil, nil
	}
	q := store.NewSQL(tx.Dialect()).Raw("SELECT DISTINCT object FROM ").Table(store.ViewTable).
		Raw(" WHERE actor = ").Arg(store.ID, record.OfID(env.User)).Raw(" ORDER BY 1")
	rows, err := tx.Query(ctx, q, []store.Out{{Class: store.Text}})
	if err != nil {
		return nil, err
	}
	p := record.NewPage(1, 16)
	_, err = rows.Fill(p, noLimit)
	if err = errors.Join(err, rows.Close()); err != nil {
		return nil, err
	}
	var objects []*catalog.Object
	for i := range p.Len() {
		o := env.Snapshot.Object(p.Value(i, 0).Text())
		if o != nil && o.Table != "" && o.Queryable && env.Access.Object(o).Read {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// recent writes the rows of RecentlyViewed: those that the user looked at, are alive and may be seen.
func (w *writer) recent(row *catalog.Object) {
	for i, o := range w.b.looked {
		if i > 0 {
			w.Raw(" UNION ALL ")
		}
		seen, of := w.b.alias(), w.b.alias()
		w.Raw("SELECT ")
		for j, f := range row.Fields {
			if j > 0 {
				w.Raw(", ")
			}
			w.ofLooked(o, f, seen, of)
			w.Raw(" AS ").Name(f.Name)
		}
		w.Raw(" FROM ").Table(store.ViewTable).Raw(" "+seen+" JOIN ").Table(o.Table).Raw(" "+of+" ON ").
			Col(of, store.IDColumn).Raw(" = ").Col(seen, "record").
			Raw(" WHERE ").Col(seen, "actor").Raw(" = ").Arg(store.ID, record.OfID(w.b.env.User)).Raw(" AND ").Col(seen, "object").Raw(" = ").Str(o.Name)
		if f := o.Field(store.DeletedColumn); f != nil && f.Column != "" {
			w.Raw(" AND ")
			w.d.Live(w.SQL, of)
		}
		if !w.b.env.Access.AllRows(o, access.Read) {
			w.Raw(" AND ")
			w.b.env.Access.Filter(w.SQL, o, of, access.Read)
		}
	}
}

// ofLooked writes a field of RecentlyViewed for a record of o.
func (w *writer) ofLooked(o *catalog.Object, f *catalog.Field, seen, of string) {
	switch {
	case f.PerUser():
		w.Col(seen, lookColumn(f))
		return
	case f.Name == store.IDColumn:
		w.Col(seen, "record")
		return
	case f.Name == "Type":
		w.Str(o.Name)
		return
	}
	if real := nameField(o, f); real != nil && w.b.env.Access.CanRead(real) {
		w.veiled(w.b.env.Access.Veil(w.b.env.Snapshot, o), real, of, func() { w.Col(of, real.Column) })
		return
	}
	w.nothing(f.Type.Class)
}
