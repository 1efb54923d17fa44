package query

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// after returns the condition that a row comes behind the one with the given
// values of the ORDER BY items and, last, the given id.
func (st *statement) after(values []record.Value) (cond, error) {
	if len(values) != len(st.order)+1 || values[len(values)-1].ID() == "" {
		return nil, fault.New(fault.MalformedQuery, "the place to go on from has %d values, not %d", len(values), len(st.order)+1)
	}
	id := &operand{kind: opField, src: st.s.root, field: st.s.root.object.Field(store.IDColumn)}
	keys := append(append([]sortKey(nil), st.order...), sortKey{of: id, desc: downward(st.order)})
	// Behind means: behind by the first key, or level by it and behind by the second, and so on.
	var any anyOf
	var level allOf
	for i, k := range keys {
		p := place{key: k, value: k.of.sortValue(values[i])}
		any = append(any, append(append(allOf(nil), level...), p))
		p.rel = levelWith
		level = append(level, p)
	}
	if len(keys) == 1 {
		return any[0], nil
	}
	// The first key bounds all of them; said on its own, an index can use it.
	return allOf{place{key: keys[0], value: keys[0].of.sortValue(values[0]), rel: notBefore}, any}, nil
}

// A place is the condition that a row stands somewhere to a value of one sort key.
type place struct {
	key   sortKey
	value record.Value
	rel   placeRel
}

type placeRel uint8

const (
	behind placeRel = iota
	levelWith
	notBefore // behind or level
)

// sortValue returns v as the SQL of a sort key has it.
func (o *operand) sortValue(v record.Value) record.Value {
	switch f := o.picklist(); {
	case o.valueKind() == record.Bool && !o.neverNull():
		n := int64(0) // also where there is no parent
		if v.Bool() {
			n = 1
		}
		return record.OfInt(n)
	case v.IsNull():
		return v
	case f != nil:
		return record.OfInt(int64(rankOf(f, v.Text())))
	case v.Kind() == record.Text:
		return record.OfText(record.Fold(v.Text()))
	default:
		return v
	}
}

// rankOf returns the place of a value in a picklist's set, behind all where it is not in it.
func rankOf(f *catalog.Field, value string) int {
	for i := range f.Values {
		if f.Values[i].Value == value {
			return i
		}
	}
	return len(f.Values)
}

func (p place) write(w *writer, not bool) {
	if not {
		w.Raw("NOT ")
	}
	w.Raw("(")
	p.plain(w)
	w.Raw(")")
}

// plain writes p; it is true for some rows, and false or null for the others.
func (p place) plain(w *writer) {
	o := p.key.of
	nullable := !o.neverNull() && o.valueKind() != record.Bool && (o.kind != opField || o.field.Nillable || o.src.on != nil || o.src.veil.Hides(o.field))
	switch {
	case p.value.IsNull() && p.rel == levelWith:
		w.null(o, false)
	case p.value.IsNull() && p.key.nullsFirst:
		// All that is not null comes behind nulls that are first.
		if p.rel == notBefore {
			w.Raw("1 = 1")
			return
		}
		w.null(o, true)
	case p.value.IsNull():
		if p.rel == notBefore {
			w.null(o, false)
			return
		}
		w.Raw("1 = 0")
	case p.rel == levelWith:
		w.equalTo(&p)
	default:
		w.beyond(&p)
		if nullable && !p.key.nullsFirst {
			w.Raw(" OR ")
			w.null(o, false)
		}
	}
}

func (w *writer) equalTo(p *place) {
	if p.value.Kind() == record.Ref {
		w.value(p.key.of)
		w.Raw(" = ").Arg(store.ID, p.value)
		return
	}
	w.ordered(p.key.of)
	w.Raw(" = ")
	w.placeArg(p)
}

func (w *writer) beyond(p *place) {
	if p.value.Kind() == record.Ref {
		w.d.IDCompare(w.SQL, p.key.of.prefix(), !p.key.desc, p.rel == notBefore, p.value.ID(), func() { w.value(p.key.of) })
		return
	}
	w.ordered(p.key.of)
	op := " > "
	if p.key.desc {
		op = " < "
	}
	if p.rel == notBefore {
		op = op[:2] + "= "
	}
	w.Raw(op)
	w.placeArg(p)
}

func (w *writer) placeArg(p *place) {
	class, scale := p.key.of.class()
	if p.value.Kind() == record.Number && class != store.Decimal {
		class = store.Int
	}
	w.ColArg(store.Column{Class: class, Scale: scale}, p.value)
}
