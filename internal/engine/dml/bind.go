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

// A binding is what a name in a draft means.
type binding struct {
	field *catalog.Field
	at    int // place in form.fields, -1 where nothing is stored
	kind  bindKind
}

type bindKind uint8

const (
	unknown  bindKind = iota // no such field, or one that the user may not see
	ignored                  // attributes, and empty parents
	identity                 // Id
	readOnly                 // not for this user, or for nobody
	writable
	parent // the name of a relationship
)

// bind gives the drafts' names their fields and their values the fields' kinds.
func bind(_ context.Context, b *Batch) error {
	for _, r := range b.Rows {
		b.bindRow(r)
	}
	return nil
}

func (b *Batch) bindRow(r *Row) {
	var refused []string
	if b.Insert {
		if r.ID != "" && !b.opt.KeepIDs && !b.opt.Seed {
			r.Fail(errIDGiven)
		}
	}
	for i := range r.draft.Fields {
		d := &r.draft.Fields[i]
		w := b.binding(d)
		switch w.kind {
		case ignored:
		case unknown:
			r.Fail(fault.New(fault.InvalidField, "No such column '%s' on sobject of type %s", d.Name, b.Object.Name).On(d.Name))
		case readOnly:
			refused = append(refused, w.field.Name)
		case identity:
			b.bindID(r, d.Value)
		case parent:
			b.nameParent(r, w, d)
		case writable:
			if d.Parent != nil {
				r.Fail(fault.New(fault.JSONParserError, "Cannot deserialize instance of %s from START_OBJECT value { or request may be missing a required field",
					w.field.Type.Name).On(w.field.Name))
				continue
			}
			v, err := coerce(w.field, d.Value, &b.opt)
			if err != nil && r.old != nil && w.field.Type.Picklist && r.old[w.at].Text() == d.Value.Text() {
				continue // a value that has left its set may stay
			}
			if err != nil {
				r.Fail(err)
				continue
			}
			r.new[w.at], r.given[w.at] = v, true
		}
	}
	if len(refused) > 0 {
		r.Fail(fault.New(fault.InvalidFieldForWrite, "Unable to create/update fields: %s. Please check the security settings of this field "+
			"and verify that it is read/write for your profile or permission set.", strings.Join(refused, ", ")).On(refused...))
	}
}

var errIDGiven = fault.New(fault.InvalidFieldForWrite, "cannot specify Id in an insert call").On("Id")

func (b *Batch) bindID(r *Row, v record.Value) {
	if v.IsNull() {
		return
	}
	id, err := record.ParseID(v.Text())
	switch {
	case err != nil:
		r.Fail(fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", b.Object.Label, v.Text()).On("Id"))
	case b.Insert && (b.opt.KeepIDs || b.opt.Seed):
		r.ID = id
	case b.Insert:
		r.Fail(errIDGiven)
	case id != r.ID:
		r.Fail(fault.New(fault.InvalidFieldForWrite, "Unable to create/update fields: Id. Please check the security settings of this field "+
			"and verify that it is read/write for your profile or permission set.").On("Id"))
	}
}

// binding looks a name up once a batch.
func (b *Batch) binding(d *record.DraftField) binding {
	w, ok := b.binds[d.Name]
	if !ok {
		w = b.lookUp(d.Name)
		b.binds[d.Name] = w
	}
	if w.kind == parent && d.Parent == nil {
		w.kind = unknown
		if d.Value.IsNull() {
			w.kind = ignored
		}
	}
	return w
}

func (b *Batch) lookUp(name string) binding {
	f := b.Object.Field(name)
	if f == nil {
		switch p := b.Object.Relationship(name); {
		case p != nil && p.Column != "" && b.mayRead(p):
			return binding{field: p, at: b.form.at[p], kind: parent}
		case strings.EqualFold(name, "attributes"):
			return binding{kind: ignored}
		default:
			return binding{kind: unknown}
		}
	}
	at, stored := b.form.at[f]
	switch {
	case at == b.form.id && stored:
		return binding{field: f, kind: identity}
	case !b.mayRead(f):
		return binding{kind: unknown}
	case !stored || !b.mayWrite(f):
		return binding{field: f, at: -1, kind: readOnly}
	default:
		return binding{field: f, at: at, kind: writable}
	}
}

func (b *Batch) mayRead(f *catalog.Field) bool { return b.opt.Seed || b.Env.Access.CanRead(f) }

// mayWrite reports whether this batch may write a stored field. Seeds write every one of them, imports too, where the user may.
func (b *Batch) mayWrite(f *catalog.Field) bool {
	switch {
	case b.opt.Seed:
		return true
	case b.opt.KeepIDs && b.Insert:
		return f.Name != "IsDeleted" && f.Name != "SystemModstamp" && !f.Calculated
	case b.Insert && !f.Createable, !b.Insert && !f.Updateable:
		return false
	default:
		return b.Env.Access.CanEdit(f)
	}
}

// A parentKey is a parent that a draft names by an external id.
type parentKey struct {
	row    *Row
	at     int // place of the reference field
	object *catalog.Object
	key    *catalog.Field
	value  record.Value
}

// nameParent notes a parent that is named by one of its fields instead of by its id.
func (b *Batch) nameParent(r *Row, w binding, d *record.DraftField) {
	if !b.mayWrite(w.field) {
		r.Fail(fault.New(fault.InvalidFieldForWrite, "Unable to create/update fields: %s. Please check the security settings of this field "+
			"and verify that it is read/write for your profile or permission set.", w.field.Name).On(w.field.Name))
		return
	}
	if _, both := r.draft.Get(w.field.Name); both {
		r.Fail(fault.New(fault.InvalidField, "cannot specify both an external ID reference %s and a salesforce id, %s", w.field.RelationshipName, w.field.Name).On(w.field.Name))
		return
	}
	var keys []record.DraftField
	for _, k := range d.Parent.Fields {
		if !strings.EqualFold(k.Name, "attributes") {
			keys = append(keys, k)
		}
	}
	if d.Parent.ID != "" { // doors take an Id out of the fields
		keys = append(keys, record.DraftField{Name: "Id", Value: record.OfID(d.Parent.ID)})
	}
	o := b.parentObject(w.field, d.Parent, keys)
	switch {
	case o == nil || len(keys) == 0:
		r.Fail(fault.New(fault.InvalidField, "The external foreign key reference does not reference a valid entity: %s", d.Name).On(w.field.Name))
		return
	case len(keys) > 1:
		r.Fail(fault.New(fault.InvalidField, "More than 1 field provided in an external foreign key reference in entity: %s", o.Name).On(w.field.Name))
		return
	}
	key := o.Field(keys[0].Name)
	switch {
	case key == nil || !b.mayRead(key):
		r.Fail(fault.New(fault.InvalidField, "No such column '%s' on sobject of type %s", keys[0].Name, o.Name).On(w.field.Name))
	case key.Name == "Id":
		v, err := coerceID(w.field, keys[0].Value)
		if err != nil {
			r.Fail(err)
			return
		}
		r.new[w.at], r.given[w.at] = v, true
	case key.Column == "" || !key.ExternalID && !key.IDLookup:
		r.Fail(fault.New(fault.InvalidField, "%s is not an External ID or indexed field for %s", key.Name, o.Name).On(w.field.Name))
	case b.Env.veil(o).Hides(key):
		r.Fail(hidden(w.field.RelationshipName + "." + key.Name))
	default:
		v, err := coerce(key, keys[0].Value, &b.opt)
		if err != nil {
			r.Fail(err)
			return
		}
		if v.IsNull() {
			r.new[w.at], r.given[w.at] = record.Value{}, true
			return
		}
		b.parents = append(b.parents, parentKey{row: r, at: w.at, object: o, key: key, value: v})
	}
}

// parentObject returns the object of a parent: the one that the draft names, or the only one that fits.
func (b *Batch) parentObject(f *catalog.Field, p *record.Draft, keys []record.DraftField) *catalog.Object {
	if p.Object != "" {
		o := b.Env.Snapshot.Object(p.Object)
		if o == nil || !slices.Contains(f.ReferenceTo, o.Name) {
			return nil
		}
		return o
	}
	var found *catalog.Object
	for _, name := range f.ReferenceTo {
		o := b.Env.Snapshot.Object(name)
		if o == nil {
			continue
		}
		if len(f.ReferenceTo) == 1 {
			return o
		}
		if k := o.Field(first(keys)); k != nil && (k.ExternalID || k.IDLookup) {
			if found != nil {
				return nil
			}
			found = o
		}
	}
	return found
}

func first(keys []record.DraftField) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0].Name
}

// bindParents looks up the parents that drafts named by an external id: one statement an object and key field.
func bindParents(ctx context.Context, b *Batch) error {
	rest := b.parents
	for len(rest) > 0 {
		o, key := rest[0].object, rest[0].key
		var group, others []parentKey
		for _, p := range rest {
			if p.object == o && p.key == key {
				group = append(group, p)
			} else {
				others = append(others, p)
			}
		}
		rest = others
		values := make([]record.Value, len(group))
		for i := range group {
			values[i] = group[i].value
		}
		found, err := findByKey(ctx, b.Tx, b.Env, o, key, values)
		if err != nil {
			return err
		}
		for _, p := range group {
			switch ids := found[keyOf(key, p.value)]; len(ids) {
			case 0:
				p.row.Fail(fault.New(fault.InvalidField, "Foreign key external ID: %s not found for field %s in entity %s", p.value, key.Name, o.Name).On(p.row.batch.form.fields[p.at].Name))
			case 1:
				p.row.new[p.at], p.row.given[p.at] = record.OfID(ids[0]), true
			default:
				p.row.Fail(fault.New(fault.DuplicateExternalID, "%s: more than one record found for external id field: [%s]", key.Name, joinIDs(ids)).On(key.Name))
			}
		}
	}
	return nil
}

// Taken returns those of some values that a live record of an object has in a unique field. It is for values
// that are drawn, so nobody learns of a record by it and it leaves no use entry.
func Taken(ctx context.Context, tx store.Tx, env *Env, o *catalog.Object, f *catalog.Field, values []record.Value) ([]record.Value, error) {
	found, err := findByKey(ctx, tx, systemEnv(env), o, f, values)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(values), func(v record.Value) bool { return len(found[keyOf(f, v)]) == 0 }), nil
}

// findByKey returns the ids of the live records by the values that they have in a key field.
func findByKey(ctx context.Context, tx store.Tx, env *Env, o *catalog.Object, key *catalog.Field, values []record.Value) (map[string][]record.ID, error) {
	col, id := key.StoreColumn(), o.Field("Id").StoreColumn()
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Col("r", id.Name).Raw(", ").Col("r", col.Name).Raw(" FROM ").Table(o.Table).Raw(" r WHERE ")
	in(whereKey(q, key), matchColumn(key), keysOf(key, values))
	if f := o.Field(store.DeletedColumn); f != nil && f.Column != "" {
		q.Raw(" AND ")
		tx.Dialect().Live(q, "r")
	}
	if !env.Access.AllRows(o, 0) {
		q.Raw(" AND ")
		env.Access.Filter(q, o, "r", 0)
	}
	page, err := store.Fetch(ctx, tx, q.Raw(" ORDER BY ").Col("r", id.Name), outOf(id), outOf(col))
	if err != nil {
		return nil, err
	}
	found := make(map[string][]record.ID, page.Len())
	for i := range page.Len() {
		k := keyOf(key, exact(col, page.Value(i, 1)))
		found[k] = append(found[k], page.ID(i, 0))
	}
	return found, nil
}

// whereKey appends the expression by which a key field is compared: its folded shadow where letter case does not count.
func whereKey(q *store.SQL, key *catalog.Field) *store.SQL {
	if key.Folded() && !key.CaseSensitive {
		return q.Col("r", store.Shadow(key.Column))
	}
	return q.Col("r", key.Column)
}

func matchColumn(key *catalog.Field) store.Column {
	c := key.StoreColumn()
	return store.Column{Name: c.Name, Class: c.Class, Scale: c.Scale}
}

// keysOf returns values as whereKey compares them.
func keysOf(key *catalog.Field, values []record.Value) []record.Value {
	if !key.Folded() || key.CaseSensitive {
		return values
	}
	folded := make([]record.Value, len(values))
	for i, v := range values {
		folded[i] = record.OfText(record.Fold(v.Text()))
	}
	return folded
}

// keyOf returns what two values have in common when they are the same key.
func keyOf(key *catalog.Field, v record.Value) string {
	if v.Kind() == record.Text && !key.CaseSensitive {
		return record.Fold(v.Text())
	}
	return v.String()
}

func joinIDs(ids []record.ID) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(id))
	}
	return b.String()
}
