package access

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Mask hides fields of a row while a condition on the row holds, from everybody who has not the custom permission, users
// who may modify all data among them. A hidden value reads as null wherever it is asked for: selected, filtered, sorted,
// grouped, by way of another record, in the row's history. It is not found by a search and cannot be written; a key that
// must be unique cannot be written by who is under the mask at all, since a refusal would tell that it is taken.
//
// A part is hidden with its whole and the other way round. A field that is another name for a parent's is hidden at all
// times. Where the condition cannot be held against the catalog, the fields are hidden at all times too.
type Mask struct {
	Object string
	Fields []string
	While  Cond   // not Visible
	Unless string // API name of a custom permission, "" for nobody's
}

// Under returns the access as masks narrow it: those whose permission the user lacks. The engine itself is under none.
func (a *Access) Under(masks []Mask) *Access {
	if len(masks) == 0 {
		return a
	}
	under := *a
	under.masks = nil
	for _, m := range masks {
		if !a.system && (m.Unless == "" || !a.Custom(m.Unless)) {
			under.masks = append(under.masks, m)
		}
	}
	return &under
}

// Custom reports a custom permission by its API name, in any letter case. Nobody has one who was not given it.
func (a *Access) Custom(name string) bool { return a.system || a.custom[catalog.Fold(name)] }

// A Veil is what masks hide of the rows of one object. A nil Veil hides nothing.
type Veil struct{ layers []layer }

// A layer hides some fields of a row while a condition holds.
type layer struct {
	fields map[*catalog.Field]bool
	while  bound
	always bool
	// write writes the condition where it is not while on the row itself.
	write func(s *store.SQL, alias string)
}

// Veil returns what is hidden of an object's rows, nil for nothing.
func (a *Access) Veil(snap *catalog.Snapshot, o *catalog.Object) *Veil {
	if len(a.masks) == 0 || o.Table == "" {
		return nil
	}
	v := &Veil{}
	for _, m := range a.masks {
		if of := snap.Object(m.Object); of == o || of != nil && of.Table == o.Table {
			v.layers = append(v.layers, m.layer(o))
		}
	}
	if o.Companion == catalog.HistoryOf {
		v.layers = append(v.layers, a.pastLayers(snap, o)...)
	}
	if len(v.layers) == 0 {
		return nil
	}
	return v
}

func (m *Mask) layer(o *catalog.Object) layer {
	l := layer{fields: map[*catalog.Field]bool{}}
	add := func(name string) {
		if f := o.Field(name); f != nil && f.Name != store.IDColumn {
			l.fields[f] = true
		}
	}
	for _, name := range m.Fields {
		f := o.Field(name)
		if f == nil {
			continue
		}
		add(name)
		add(f.Compound)
		for _, p := range f.Parts {
			add(p)
		}
	}
	var err error
	l.while, err = m.While.bind(o)
	l.always = err != nil || m.While.Op == Visible
	return l
}

// pastLayers hides the values in the history of what is hidden: of masked fields while the record is masked, and the
// names that references to masked records left, whose records cannot be told.
func (a *Access) pastLayers(snap *catalog.Snapshot, past *catalog.Object) []layer {
	of := snap.Object(past.CompanionOf)
	which, kind := past.Field("Field"), past.Field("DataType")
	if of == nil || which == nil || kind == nil {
		return nil
	}
	values := map[*catalog.Field]bool{past.Field("OldValue"): true, past.Field("NewValue"): true}
	names := func(s *store.SQL, alias string, of []*catalog.Field) {
		s.Col(alias, which.Column).Raw(" IN (")
		for i, f := range of {
			if i > 0 {
				s.Raw(", ")
			}
			s.Str(f.Name)
			if f.RelationshipName != "" {
				s.Raw(", ").Str(f.RelationshipName)
			}
		}
		s.Raw(")")
	}
	var layers []layer
	if v := a.Veil(snap, of); v != nil {
		for _, l := range v.layers {
			layers = append(layers, layer{fields: values, write: func(s *store.SQL, alias string) {
				s.Raw("(")
				names(s, alias, ordered(of, l.fields))
				s.Raw(" AND EXISTS (SELECT 1 FROM ").Table(of.Table).Raw(" "+alias+"m WHERE ").Col(alias+"m", store.IDColumn).Raw(" = ").
					Col(alias, parentOf(past, of).Column).Raw(" AND ")
				l.condition(s, alias+"m")
				s.Raw("))")
			}})
		}
	}
	var refs []*catalog.Field
	for _, f := range of.Fields {
		if f.Column != "" && f.Type.Kind == record.Ref && a.hidesNames(snap, f) {
			refs = append(refs, f)
		}
	}
	if len(refs) > 0 {
		layers = append(layers, layer{fields: values, write: func(s *store.SQL, alias string) {
			s.Raw("(")
			names(s, alias, refs)
			s.Raw(" AND ").Col(alias, kind.Column).Raw(" = ").Str("Text").Raw(")")
		}})
	}
	return layers
}

// ordered returns the fields of a set in the order of their object.
func ordered(o *catalog.Object, set map[*catalog.Field]bool) []*catalog.Field {
	var fields []*catalog.Field
	for _, f := range o.Fields {
		if set[f] {
			fields = append(fields, f)
		}
	}
	return fields
}

// parentOf returns the reference of a history to the object that it is of.
func parentOf(past, of *catalog.Object) *catalog.Field {
	for _, f := range past.Fields {
		if f.Type.Kind == record.Ref && len(f.ReferenceTo) == 1 && f.ReferenceTo[0] == of.Name {
			return f
		}
	}
	return past.Field(store.IDColumn) // of no record: nothing is hidden by it, nor shown of anybody
}

// hidesNames reports whether the name of a record that f refers to may be hidden.
func (a *Access) hidesNames(snap *catalog.Snapshot, f *catalog.Field) bool {
	for _, name := range f.ReferenceTo {
		o := snap.Object(name)
		if o != nil && o.NameField != nil && o.Companion != catalog.HistoryOf && a.Veil(snap, o).Hides(o.NameField) {
			return true
		}
	}
	return false
}

// Hides reports whether a field may be hidden.
func (v *Veil) Hides(f *catalog.Field) bool {
	return v.HidesAny(func(g *catalog.Field) bool { return f == g })
}

// HidesAny reports whether any field of some may be hidden.
func (v *Veil) HidesAny(some func(*catalog.Field) bool) bool {
	if v == nil {
		return false
	}
	for i := range v.layers {
		if v.layers[i].covers(some) {
			return true
		}
	}
	return false
}

func (l *layer) covers(some func(*catalog.Field) bool) bool {
	for f := range l.fields {
		if some(f) {
			return true
		}
	}
	return false
}

// Write writes the condition that any field of some is hidden in the row of alias. It is true or false, never null.
// Call it only where HidesAny is true.
func (v *Veil) Write(s *store.SQL, alias string, some func(*catalog.Field) bool) {
	s.Raw("(")
	sep := ""
	for i := range v.layers {
		if l := &v.layers[i]; l.covers(some) {
			s.Raw(sep)
			sep = " OR "
			l.condition(s, alias)
		}
	}
	s.Raw(")")
}

func (l *layer) condition(s *store.SQL, alias string) {
	switch {
	case l.always:
		s.Raw("1 = 1")
	case l.write != nil:
		l.write(s, alias)
	default:
		l.while.write(s, alias)
	}
}

// Holds reports whether a field is hidden in a row with values. What is hidden by other rows counts as hidden.
func (v *Veil) Holds(f *catalog.Field, value func(*catalog.Field) record.Value) bool {
	if v == nil {
		return false
	}
	for i := range v.layers {
		l := &v.layers[i]
		if l.fields[f] && (l.always || l.write != nil || l.while.holds(value(l.while.field))) {
			return true
		}
	}
	return false
}
