package catalog

import (
	"regexp"
	"slices"

	"stoa/internal/fault"
	"stoa/internal/store"
)

// An IndexDef is an index over several fields of an object, for queries that ask for the first of them and sort or
// bound by the next. Deleted records are not in it. Each index costs every insert. It is kept as JSON, so its keys do not change.
type IndexDef struct {
	Object string         `json:"object"`
	Name   string         `json:"name"`
	Label  string         `json:"label,omitempty"`
	Fields []IndexedField `json:"fields"`

	// With keeps the rest.
	Dropped bool `json:"dropped,omitempty"`
}

// An IndexedField is one field of an index, in which Desc has the last value first.
type IndexedField struct {
	Name string `json:"name"`
	Desc bool   `json:"desc,omitempty"`
}

// maxIndexed is how many fields an index has. Source: the platform's own limit.
const maxIndexed = 5

// Key returns the name under which d is kept: Position__c.By_Status.
func (d *IndexDef) Key() string { return d.Object + "." + d.Name }

func (d *IndexDef) fail(format string, args ...any) error {
	return fault.New(fault.FieldIntegrity, "Index "+d.Key()+": "+format, args...)
}

// dropped returns d as one that is gone.
func (d *IndexDef) dropped() *IndexDef {
	gone := *d
	gone.Dropped = true
	return &gone
}

var indexName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$`)

func (e *editor) putIndex(given *IndexDef) error {
	d := *given
	d.Fields, d.Dropped = slices.Clone(given.Fields), false
	if d.Object = e.object(given.Object); d.Object == "" {
		return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", given.Object)
	}
	if base := e.base.Object(d.Object); base != nil && !customizable(base) {
		return d.fail("indexes cannot be added to %s", d.Object)
	}
	switch {
	case len(d.Name) > maxName || !indexName.MatchString(d.Name):
		return d.fail("the name is not valid")
	case len(d.Fields) == 0:
		return d.fail("there are no fields")
	case len(d.Fields) > maxIndexed:
		return d.fail("there are more than %d fields", maxIndexed)
	}
	e.defs.indexes[Fold(d.Key())] = &d
	return nil
}

func (e *editor) dropIndex(key string) error {
	d := e.defs.indexes[Fold(key)]
	if d.Dropped {
		return fault.New(fault.InvalidField, "No Index named: %s found", key)
	}
	e.defs.indexes[Fold(key)] = d.dropped()
	return nil
}

// indexOf returns an index that has a field, nil where there is none.
func (e *editor) indexOf(f *FieldDef) *IndexDef {
	for _, d := range e.defs.indexes {
		if !d.Dropped && Fold(d.Object) == Fold(f.Object) && slices.ContainsFunc(d.Fields, func(in IndexedField) bool { return Fold(in.Name) == Fold(f.Name) }) {
			return d
		}
	}
	return nil
}

// checkIndex refuses an index of fields that are not there, or that cannot be compared.
func (s *Snapshot) checkIndex(given *IndexDef) error {
	d, o := s.defs.indexes[Fold(given.Key())], s.Object(given.Object)
	if d.Dropped || o == nil { // by a later change
		return nil
	}
	for i, in := range d.Fields {
		f := o.Field(in.Name)
		switch {
		case f == nil:
			return d.fail("no such field: %s", in.Name)
		case f.Column == "" || !f.Sortable:
			return d.fail("the field %s cannot be sorted by", f.Name)
		case slices.ContainsFunc(d.Fields[:i], func(before IndexedField) bool { return Fold(before.Name) == Fold(in.Name) }):
			return d.fail("the field %s is in it twice", f.Name)
		}
	}
	return nil
}

// index returns the index of o's table.
func (d *IndexDef) index(o *Object) store.Index {
	i := store.Index{Live: o.Field(store.DeletedColumn) != nil}
	for _, in := range d.Fields {
		f := o.Field(in.Name)
		i.Columns = append(i.Columns, store.IndexColumn{Name: f.Column, Folded: f.Folded(), Desc: in.Desc})
	}
	return i
}
