package dml

import (
	"context"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A family is what goes into the recycle bin together: the records to delete
// (roots), what hangs on them, and the lookups that are cleared. It is found
// with one statement a relationship and level, whatever its size.
type family struct {
	tx   store.Tx
	env  *Env
	root map[record.ID]record.ID // of every member: the record whose deletion takes it along
	of   map[*catalog.Object][]record.ID
	// order lists the objects as they were met, so that the same deletion always runs the same statements.
	order []*catalog.Object
	links []clearing
	stops []stop
}

// A clearing is a lookup that loses its target.
type clearing struct {
	child, parent, root record.ID
	field               *catalog.Field
}

// A stop is a record that forbids the deletion of what it points to.
type stop struct {
	child, parent record.ID
	object        *catalog.Object
	name          string
}

func newFamily(tx store.Tx, env *Env) *family {
	return &family{tx: tx, env: env, root: map[record.ID]record.ID{}, of: map[*catalog.Object][]record.ID{}}
}

// grow adds records and all that hangs on them.
func (f *family) grow(ctx context.Context, o *catalog.Object, roots []record.ID) error {
	for _, id := range roots {
		f.root[id] = id
	}
	f.admit(o, roots)
	type wave struct {
		object *catalog.Object
		ids    []record.ID
	}
	for waves := []wave{{o, roots}}; len(waves) > 0; waves = waves[1:] {
		w := waves[0]
		for _, rel := range w.object.Children {
			child, field := f.childOf(rel)
			if field == nil {
				continue
			}
			ids, err := f.visit(ctx, rel, child, field, w.ids)
			if err != nil {
				return err
			}
			if len(ids) > 0 {
				f.admit(child, ids)
				waves = append(waves, wave{child, ids})
			}
		}
	}
	return nil
}

func (f *family) admit(o *catalog.Object, ids []record.ID) {
	if _, ok := f.of[o]; !ok {
		f.order = append(f.order, o)
	}
	f.of[o] = append(f.of[o], ids...)
}

// childOf returns the object and field of a child relationship, nil where a deletion has no concern with it.
func (f *family) childOf(rel *catalog.Relationship) (*catalog.Object, *catalog.Field) {
	o := f.env.Snapshot.Object(rel.Object)
	if o == nil || !o.Kept() {
		return nil, nil
	}
	field := o.Field(rel.Field)
	if field == nil || field.Column == "" {
		return nil, nil
	}
	switch field.Name {
	case "CreatedById", "LastModifiedById", "MasterRecordId", "RecordTypeId":
		return nil, nil
	default:
		return o, field
	}
}

// fate is what becomes of a child whose parent goes.
type fate uint8

const (
	cleared fate = iota
	goes
	forbids
)

func fateOf(rel *catalog.Relationship, f *catalog.Field) fate {
	switch {
	case rel.RestrictedDelete || f.RestrictedDelete:
		return forbids
	case rel.CascadeDelete || f.CascadeDelete || f.MasterDetail:
		return goes
	case f.Nillable && !f.Required:
		return cleared
	case f.Name == "OwnerId":
		return forbids
	default:
		return goes
	}
}

// visit finds the live children of some parents by one relationship and returns those that go with them.
func (f *family) visit(ctx context.Context, rel *catalog.Relationship, o *catalog.Object, field *catalog.Field, parents []record.ID) ([]record.ID, error) {
	id := o.Field("Id").StoreColumn()
	q := store.NewSQL(f.tx.Dialect()).Raw("SELECT ").Col("r", id.Name).Raw(", ").Col("r", field.Column)
	out := []store.Out{outOf(id), outOf(field.StoreColumn())}
	what := fateOf(rel, field)
	if what == forbids && f.env.showsNames(o) {
		q.Raw(", ").Col("r", o.NameField.Column)
		out = append(out, outOf(o.NameField.StoreColumn()))
	}
	q.Raw(" FROM ").Table(o.Table).Raw(" r WHERE ").Col("r", field.Column).In(parents)
	if keepsDeleted(o) {
		q.Raw(" AND ")
		f.tx.Dialect().Live(q, "r")
	}
	page, err := store.Fetch(ctx, f.tx, q.Raw(" ORDER BY ").Col("r", id.Name), out...)
	if err != nil {
		return nil, err
	}
	var ids []record.ID
	for i := range page.Len() {
		child, parent := page.ID(i, 0), page.ID(i, 1)
		if _, in := f.root[child]; in {
			continue
		}
		switch what {
		case goes:
			f.root[child] = f.root[parent]
			ids = append(ids, child)
		case cleared:
			f.links = append(f.links, clearing{child: child, parent: parent, root: f.root[parent], field: field})
		case forbids:
			s := stop{child: child, parent: parent, object: o, name: string(child)}
			if len(out) == 3 && !page.Null(i, 2) {
				s.name = page.Value(i, 2).String()
			}
			f.stops = append(f.stops, s)
		}
	}
	return ids, nil
}

// keepsDeleted reports whether an object's deleted rows go into the bin instead of away.
func keepsDeleted(o *catalog.Object) bool {
	f := o.Field(store.DeletedColumn)
	return f != nil && f.Column != "" && !o.Setup
}

// forbidden returns why roots may not go, by root. Records that go themselves forbid nothing.
func (f *family) forbidden(names map[record.ID]string) map[record.ID]*fault.Error {
	by := map[record.ID][]stop{}
	for _, s := range f.stops {
		if _, goes := f.root[s.child]; !goes {
			root := f.root[s.parent]
			by[root] = append(by[root], s)
		}
	}
	errs := make(map[record.ID]*fault.Error, len(by))
	for root, stops := range by {
		o := stops[0].object
		var list []string
		for _, s := range stops {
			if s.object == o && len(list) < 5 {
				list = append(list, s.name)
			}
		}
		errs[root] = fault.New(fault.DeleteFailed, "Your attempt to delete %s could not be completed because it is associated with the following %s.: %s",
			names[root], lower(o.LabelPlural), strings.Join(list, ", "))
	}
	return errs
}

// without leaves out the families of some roots.
func (f *family) without(roots map[record.ID]*fault.Error) {
	if len(roots) == 0 {
		return
	}
	for o, ids := range f.of {
		f.of[o] = slices.DeleteFunc(ids, func(id record.ID) bool { return roots[f.root[id]] != nil })
	}
	f.links = slices.DeleteFunc(f.links, func(l clearing) bool { return roots[l.root] != nil })
}

// clear empties the lookups that point into the family, and remembers them.
func (f *family) clear(ctx context.Context) error {
	links := slices.DeleteFunc(slices.Clone(f.links), func(l clearing) bool { _, gone := f.root[l.child]; return gone })
	slices.SortStableFunc(links, func(a, b clearing) int {
		if n := strings.Compare(a.field.Object.Name, b.field.Object.Name); n != 0 {
			return n
		}
		return strings.Compare(a.field.Name, b.field.Name)
	})
	var rows [][]record.Value
	for len(links) > 0 {
		field := links[0].field
		var ids []record.ID
		for len(links) > 0 && links[0].field == field {
			l := links[0]
			ids = append(ids, l.child)
			if keepsDeleted(f.env.Snapshot.Of(l.root)) {
				rows = append(rows, []record.Value{record.OfID(l.child), record.OfText(field.Name), record.OfText(field.Object.Name), record.OfID(l.parent), record.OfID(l.root)})
			}
			links = links[1:]
		}
		q := store.NewSQL(f.tx.Dialect()).Raw("UPDATE ").Table(field.Object.Table).Raw(" SET ").Name(field.Column).Raw(" = NULL")
		f.touch(q, field.Object)
		if _, err := f.tx.Exec(ctx, q.Raw(" WHERE ").Name(field.Object.Field("Id").Column).In(ids)); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return f.tx.Insert(ctx, store.BinLinkTable, store.BinLinkColumns(), rows)
}

// touch appends the columns that every change of a row moves.
func (f *family) touch(q *store.SQL, o *catalog.Object) {
	now := record.OfInstant(f.tx.Now())
	if c := o.Field("SystemModstamp"); c != nil && c.Column != "" {
		q.Raw(", ").Name(c.Column).Raw(" = ").Arg(store.DateTime, now)
	}
}

// mark sets or takes back IsDeleted of some rows.
func (f *family) mark(ctx context.Context, o *catalog.Object, ids []record.ID, deleted bool) error {
	q := store.NewSQL(f.tx.Dialect()).Raw("UPDATE ").Table(o.Table).Raw(" SET ").Name(o.Field(store.DeletedColumn).Column).Raw(" = ").Arg(store.Bool, record.OfBool(deleted))
	f.touch(q, o)
	if c := o.Field("LastModifiedDate"); c != nil && c.Column != "" {
		q.Raw(", ").Name(c.Column).Raw(" = ").Arg(store.DateTime, record.OfInstant(f.tx.Now()))
	}
	if c := o.Field("LastModifiedById"); c != nil && c.Column != "" && f.env.User != "" {
		q.Raw(", ").Name(c.Column).Raw(" = ").ColArg(c.StoreColumn(), record.OfID(f.env.User))
	}
	_, err := f.tx.Exec(ctx, q.Raw(" WHERE ").Name(o.Field("Id").Column).In(ids))
	return err
}

// bury puts the family into the bin, and removes for good what the bin does not keep.
func (f *family) bury(ctx context.Context) error {
	f.env.ready().made.rewind(0)
	if err := f.clear(ctx); err != nil {
		return err
	}
	var rows [][]record.Value
	now := record.OfInstant(f.tx.Now())
	for _, o := range f.order {
		ids := f.of[o]
		if len(ids) == 0 {
			continue
		}
		if o.Searchable {
			if err := f.tx.Unindex(ctx, o.Table, ids); err != nil {
				return err
			}
		}
		if !keepsDeleted(o) {
			if err := f.tx.Delete(ctx, o.Table, ids); err != nil {
				return err
			}
			continue
		}
		if err := f.mark(ctx, o, ids, true); err != nil {
			return err
		}
		for _, id := range ids {
			rows = append(rows, []record.Value{record.OfID(id), record.OfID(f.root[id]), record.OfText(o.Name), now})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return f.tx.Insert(ctx, store.BinTable, store.BinColumns(), rows)
}
