package dml

import (
	"context"
	"slices"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A link is a reference that a record is about to have.
type link struct {
	row *Row
	at  int // place of the field
	id  record.ID
}

// checkReferences refuses references to what is not there or may not be seen:
// one statement for each object that the batch points to.
func checkReferences(ctx context.Context, b *Batch) error {
	if b.opt.Seed {
		return nil
	}
	targets, order := b.links()
	for _, o := range order {
		if err := b.checkTargets(ctx, o, targets[o]); err != nil {
			return err
		}
	}
	b.drop()
	return b.checkCircles(ctx)
}

// links collects the new references of a batch by the object that they point to.
func (b *Batch) links() (by map[*catalog.Object][]link, order []*catalog.Object) {
	by = map[*catalog.Object][]link{}
	for _, i := range b.form.references {
		f := b.form.fields[i]
		for _, r := range b.Rows {
			id := r.new[i].ID()
			if id == "" || !r.changed(i) {
				continue
			}
			if i == b.form.recordType {
				b.checkRecordType(r, id)
				continue
			}
			o := b.Env.Snapshot.Of(id)
			if o == nil || !slices.Contains(f.ReferenceTo, o.Name) {
				r.Fail(wrongID(f, string(id)))
				continue
			}
			if o.Table == "" || id == b.Env.User || b.Env.made.is[id] && !o.Setup && b.Env.Access.AllRows(o, access.Read) {
				continue
			}
			if by[o] == nil {
				order = append(order, o)
			}
			by[o] = append(by[o], link{r, i, id})
		}
	}
	return by, order
}

// checkRecordType accepts the active record types of the object; the master type is kept as none.
func (b *Batch) checkRecordType(r *Row, id record.ID) {
	if id == record.MasterRecordType {
		r.new[b.form.recordType] = record.Value{}
		return
	}
	for _, t := range b.Object.RecordTypes {
		if t.ID == id && t.Active {
			return
		}
	}
	r.Fail(fault.New(fault.InvalidCrossReferenceKey, "Record Type ID: this ID value isn't valid for the user: %s", id).On("RecordTypeId"))
}

// checkTargets reads the records of one object that the batch points to.
func (b *Batch) checkTargets(ctx context.Context, o *catalog.Object, links []link) error {
	ids := make([]record.ID, len(links))
	for i, l := range links {
		ids[i] = l.id
	}
	ids = distinct(ids)
	id := o.Field("Id").StoreColumn()
	out := []store.Out{outOf(id)}
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Col("r", id.Name)
	active := o.Field("IsActive")
	if o.Name != "User" || active == nil {
		active = nil
	} else {
		q.Raw(", ").Col("r", active.Column)
		out = append(out, outOf(active.StoreColumn()))
	}
	q.Raw(" FROM ").Table(o.Table).Raw(" r WHERE ").Col("r", id.Name).In(ids)
	if f := o.Field(store.DeletedColumn); f != nil && f.Column != "" {
		q.Raw(" AND ")
		b.Tx.Dialect().Live(q, "r")
	}
	if !o.Setup && !b.Env.Access.AllRows(o, access.Read) {
		q.Raw(" AND ")
		b.Env.Access.Filter(q, o, "r", access.Read)
	}
	page, err := store.Fetch(ctx, b.Tx, q, out...)
	if err != nil {
		return err
	}
	found := make(map[record.ID]bool, page.Len()) // to: may own records
	for i := range page.Len() {
		found[page.ID(i, 0)] = active == nil || page.Value(i, 1).Bool()
	}
	var queues map[record.ID]bool
	for _, l := range links {
		live, ok := found[l.id]
		f := b.form.fields[l.at]
		switch {
		case !ok && !b.brings(l.id):
			l.row.Fail(errInvalidReference.On(f.Name))
		case l.at == b.form.owner && o.Name == "User" && !live && !b.opt.KeepIDs:
			l.row.Fail(fault.New(fault.InactiveOwner, "operation performed with inactive user [%s] as owner of %s", l.id, lower(b.Object.Label)).On(f.Name))
		case l.at == b.form.owner && o.Name == "Group":
			if queues == nil {
				if queues, err = b.queues(ctx, ids); err != nil {
					return err
				}
			}
			if !queues[l.id] {
				l.row.Fail(fault.New(fault.InvalidOperation, "Queue not associated with this SObject type").On(f.Name))
			}
		}
	}
	return nil
}

// brings reports whether an id is that of a record of the batch, an import, or of one that comes with it.
func (b *Batch) brings(id record.ID) bool {
	return b.brought[id] || b.Insert && b.opt.KeepIDs && slices.ContainsFunc(b.Rows, func(r *Row) bool { return r.ID == id })
}

// queues returns which of some groups are queues for the batch's object.
func (b *Batch) queues(ctx context.Context, ids []record.ID) (map[record.ID]bool, error) {
	member := b.Env.Snapshot.Object("QueueSobject")
	group := member.Field("QueueId").StoreColumn()
	kind := member.Field("SobjectType").StoreColumn()
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT DISTINCT ").Name(group.Name).Raw(" FROM ").Table(member.Table).
		Raw(" WHERE ").Name(group.Name).In(ids).Raw(" AND ").Name(kind.Name).Raw(" = ").Str(b.Object.Name)
	page, err := store.Fetch(ctx, b.Tx, q, outOf(group))
	if err != nil {
		return nil, err
	}
	queues := map[record.ID]bool{}
	for i := range page.Len() {
		queues[page.ID(i, 0)] = true
	}
	return queues, nil
}

// trees are the references of an object to itself that must not form circles.
func trees(object string) []string {
	switch object {
	case "Account":
		return []string{"ParentId"}
	case "User":
		return []string{"ManagerId"}
	case "UserRole":
		return []string{"ParentRoleId"}
	default:
		return nil
	}
}

// maxDepth bounds the climb of a tree, so that a circle of old data ends it too.
const maxDepth = 200

// checkCircles climbs from each new parent to the top, one statement a level for the whole batch.
func (b *Batch) checkCircles(ctx context.Context) error {
	for _, name := range trees(b.Object.Name) {
		f := b.Field(name)
		if f == nil {
			continue
		}
		if err := b.checkCircle(ctx, f, b.form.at[f]); err != nil {
			return err
		}
		b.drop()
	}
	return nil
}

func (b *Batch) checkCircle(ctx context.Context, f *catalog.Field, at int) error {
	parents := map[record.ID]record.ID{} // as they will be
	var climb []*Row
	var next []record.ID
	for _, r := range b.Rows {
		if r.ID != "" {
			parents[r.ID] = r.new[at].ID()
		}
		if p := r.new[at].ID(); p != "" && r.changed(at) && r.ID != "" {
			climb = append(climb, r)
			next = append(next, p)
		}
	}
	id := b.form.cols[b.form.id]
	for depth := 0; len(next) > 0 && depth < maxDepth; depth++ {
		var read []record.ID
		for _, n := range next {
			if _, ok := parents[n]; !ok {
				read = append(read, n)
			}
		}
		if read = distinct(read); len(read) > 0 {
			q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Name(id.Name).Raw(", ").Name(f.Column).Raw(" FROM ").Table(b.Object.Table).Raw(" WHERE ").Name(id.Name).In(read)
			page, err := store.Fetch(ctx, b.Tx, q, outOf(id), outOf(f.StoreColumn()))
			if err != nil {
				return err
			}
			for i := range page.Len() {
				parents[page.ID(i, 0)] = page.ID(i, 1)
			}
		}
		next = next[:0]
		for _, n := range read {
			if p := parents[n]; p != "" {
				next = append(next, p)
			}
		}
	}
	for _, r := range climb {
		p := r.new[at].ID()
		for range maxDepth {
			if p == "" || p == r.ID {
				break
			}
			p = parents[p]
		}
		if p == r.ID {
			r.Fail(fault.New(fault.CircularDependency, "%s: attempt to create a circular relationship", f.Label).On(f.Name))
		}
	}
	return nil
}
