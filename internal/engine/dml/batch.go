package dml

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Batch is up to 200 records of one object on their way through the stages
// (stages.go). A record that fails leaves Rows, and the rest go on.
type Batch struct {
	Object *catalog.Object
	Insert bool // records are created; else changed
	Rows   []*Row
	Tx     store.Tx
	Env    *Env

	opt     Options
	form    *form
	all     []*Row
	binds   map[string]binding // what the names in the drafts mean
	parents []parentKey        // parents named by an external id, resolved in one go
	key     *catalog.Field     // of an upsert: the field by which its records were found to be new
	brought map[record.ID]bool // records that companions will write and that the batch may point to
}

// A Row is one record of a batch: its values before and after, by the fields of the batch's object.
type Row struct {
	ID record.ID

	batch    *Batch
	draft    *record.Draft
	at       int            // place in the caller's drafts
	old, new []record.Value // by form.fields; old is nil on insert
	given    []bool         // by form.fields: the draft or a hook said it
	errs     []*fault.Error
}

// A form is the layout of an object's rows: the fields that have a column, Id first.
type form struct {
	fields []*catalog.Field
	cols   []store.Column
	at     map[*catalog.Field]int

	// Places of the fields that every row, or many, have; -1 where the object lacks them.
	id, deleted, owner, created, createdBy, modified, modifiedBy, stamp, recordType int

	defaults            []filling    // what new records have where nobody says otherwise
	mustNew, mustChange []int        // fields that a new record, and one that is changed, cannot be without
	unique, references  []int        // but for the Id
	numbered            []int        // auto-numbers
	parts               []searchPart // a field each: the part of the search document that it goes into
}

// A filling is the default of a field.
type filling struct {
	at    int
	value record.Value
	any   bool // an explicit null is no answer
}

func formOf(o *catalog.Object) *form {
	n := len(o.Fields)
	l := &form{
		fields: make([]*catalog.Field, 0, n), cols: make([]store.Column, 0, n), at: make(map[*catalog.Field]int, n),
		id: -1, deleted: -1, owner: -1, created: -1, createdBy: -1, modified: -1, modifiedBy: -1, stamp: -1, recordType: -1,
	}
	add := func(f *catalog.Field) {
		i := len(l.fields)
		l.at[f] = i
		l.fields = append(l.fields, f)
		l.cols = append(l.cols, f.StoreColumn())
		switch f.Name {
		case "Id":
			l.id = i
		case "IsDeleted":
			l.deleted = i
		case "OwnerId":
			l.owner = i
		case "CreatedDate":
			l.created = i
		case "CreatedById":
			l.createdBy = i
		case "LastModifiedDate":
			l.modified = i
		case "LastModifiedById":
			l.modifiedBy = i
		case "SystemModstamp":
			l.stamp = i
		case "RecordTypeId":
			l.recordType = i
		}
	}
	if f := o.Field("Id"); f != nil && f.Column != "" {
		add(f)
	}
	for _, f := range o.Fields {
		if f.Column != "" && f.Name != "Id" {
			add(f)
		}
	}
	for i, f := range l.fields {
		if v, ok := defaultOf(f); ok {
			l.defaults = append(l.defaults, filling{i, v, !f.Nillable})
		}
		if mustHave(f, true) {
			l.mustNew = append(l.mustNew, i)
		}
		if mustHave(f, false) {
			l.mustChange = append(l.mustChange, i)
		}
		if f.Unique && i != l.id {
			l.unique = append(l.unique, i)
		}
		if f.Type.Kind == record.Ref && i != l.id {
			l.references = append(l.references, i)
		}
		if f.AutoNumber {
			l.numbered = append(l.numbered, i)
		}
		l.parts = append(l.parts, searchPartOf(f))
	}
	return l
}

func newBatch(tx store.Tx, env *Env, o *catalog.Object, insert bool, opt Options) *Batch {
	return &Batch{Object: o, Insert: insert, Tx: tx, Env: env, opt: opt, form: env.form(o), binds: map[string]binding{}}
}

func (b *Batch) add(d *record.Draft, at int) *Row {
	n := len(b.form.fields)
	r := &Row{ID: d.ID, batch: b, draft: d, at: at, new: make([]record.Value, n), given: make([]bool, n)}
	b.all = append(b.all, r)
	b.Rows = append(b.Rows, r)
	return r
}

// drop takes failed records out of Rows.
func (b *Batch) drop() {
	b.Rows = slices.DeleteFunc(b.Rows, func(r *Row) bool { return len(r.errs) > 0 })
}

// refuse fails every record for the same reason.
func (b *Batch) refuse(err *fault.Error) {
	for _, r := range b.Rows {
		r.Fail(err)
	}
}

// Field returns the object's stored field with a name, nil if there is none.
func (b *Batch) Field(name string) *catalog.Field {
	f := b.Object.Field(name)
	if f == nil || f.Column == "" {
		return nil
	}
	return f
}

// Get returns the value that a record will have in a field, Old the one it had before.
func (r *Row) Get(f *catalog.Field) record.Value { return r.value(r.new, f) }
func (r *Row) Old(f *catalog.Field) record.Value { return r.value(r.old, f) }

func (r *Row) value(of []record.Value, f *catalog.Field) record.Value {
	if i, ok := r.batch.form.at[f]; ok && of != nil {
		return of[i]
	}
	return record.Value{}
}

// Set gives a record a value before it is saved. The value is checked like one
// that a client sent; field security does not count.
func (r *Row) Set(f *catalog.Field, v record.Value) {
	i, ok := r.batch.form.at[f]
	if !ok {
		return
	}
	v, err := coerce(f, v, &r.batch.opt)
	if err != nil {
		r.Fail(err)
		return
	}
	r.new[i], r.given[i] = v, true
}

// Changed reports whether the record is new or will have another value in f.
func (r *Row) Changed(f *catalog.Field) bool {
	i, ok := r.batch.form.at[f]
	return ok && r.changed(i)
}

func (r *Row) changed(i int) bool {
	if r.old == nil {
		return !r.new[i].IsNull()
	}
	return r.new[i] != r.old[i]
}

// Fail refuses the record for a reason that the client reads.
func (r *Row) Fail(err *fault.Error) { r.errs = append(r.errs, err) }

// set, get: by name, for fields that the object may lack.
func (r *Row) set(name string, v record.Value) {
	if f := r.batch.Field(name); f != nil {
		r.new[r.batch.form.at[f]] = v
	}
}

func (r *Row) get(name string) record.Value { return r.Get(r.batch.Object.Field(name)) }

// says reports whether the draft or a hook gave the field a value, be it null.
func (r *Row) says(name string) bool {
	i, ok := r.batch.form.at[r.batch.Object.Field(name)]
	return ok && r.given[i]
}

// name returns what people call the record.
func (r *Row) name() string {
	if f := r.batch.Object.NameField; f != nil {
		if n := r.Get(f); !n.IsNull() {
			return n.String()
		}
	}
	return string(r.ID)
}

// ids returns the ids of the records, in their order.
func (b *Batch) ids() []record.ID {
	ids := make([]record.ID, len(b.Rows))
	for i, r := range b.Rows {
		ids[i] = r.ID
	}
	return ids
}

// outOf describes the result column that reads a column.
func outOf(c store.Column) store.Out { return store.Out{Class: c.Class, Scale: c.Scale} }

// in appends " IN (…)" for values of one column. The number of placeholders
// grows in steps, so that few statements serve all sizes.
func in(q *store.SQL, c store.Column, values []record.Value) {
	n := 1
	for n < len(values) {
		n *= 2
	}
	q.Raw(" IN (")
	for i := range n {
		if i > 0 {
			q.Raw(", ")
		}
		q.ColArg(c, values[min(i, len(values)-1)])
	}
	q.Raw(")")
}

// distinct sorts ids and removes what is double.
func distinct(ids []record.ID) []record.ID {
	slices.SortFunc(ids, func(a, b record.ID) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(ids)
}
