package access

import (
	"fmt"
	"slices"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Cond is a condition on one field of a row. Texts are compared without letter case unless the field is
// unique with case, as queries do; a null is equal to nothing and not equal to everything.
type Cond struct {
	Field  string
	Op     Op
	Values []record.Value
}

// An Op is what a Cond says of its field.
type Op uint8

// The operators. Equal, NotEqual, Before and After take one value, In takes any number, the others none.
const (
	Equal Op = iota
	NotEqual
	In
	Null
	NotNull
	Before  // of dates, times and numbers: less
	After   // greater
	Visible // of references, in a Scope: the row that is referred to is in the scope
)

// A bound is a Cond that was held against its field.
type bound struct {
	field  *catalog.Field
	op     Op
	values []record.Value // as the column has them
}

// bind holds c against its object: there is such a field, it is stored, and can be compared so.
func (c Cond) bind(o *catalog.Object) (bound, error) {
	f := o.Field(c.Field)
	if f == nil || f.Column == "" {
		return bound{}, fmt.Errorf("%s has no stored field %s", o.Name, c.Field)
	}
	wrong := func(why string) (bound, error) {
		return bound{}, fmt.Errorf("condition on %s.%s: %s", o.Name, f.Name, why)
	}
	switch n := len(c.Values); c.Op {
	case Equal, NotEqual, Before, After:
		if n != 1 {
			return wrong(fmt.Sprintf("%d values where one is compared", n))
		}
	case Null, NotNull, Visible:
		if n != 0 {
			return wrong("values where none is compared")
		}
	case In:
	default:
		return wrong("no such operator")
	}
	kind := f.Type.Kind
	switch {
	case c.Op == Null || c.Op == NotNull:
	case c.Op == Visible && kind != record.Ref:
		return wrong("only what a reference leads to can be visible")
	case kind == record.Bytes || f.Type == &catalog.MultiPicklist:
		return wrong("it cannot be compared")
	case (c.Op == Before || c.Op == After) && (kind == record.Bool || kind == record.Text || kind == record.Ref):
		return wrong("it has no order")
	}
	b := bound{field: f, op: c.Op, values: make([]record.Value, len(c.Values))}
	for i, v := range c.Values {
		if v.Kind() != kind {
			return wrong("a value of another kind")
		}
		b.values[i] = canonical(f, v)
	}
	return b, nil
}

// holds says of a row's value what write says in SQL.
func (b *bound) holds(v record.Value) bool {
	if v.IsNull() {
		return b.op == Null || b.op == NotEqual
	}
	v = canonical(b.field, v)
	switch b.op {
	case NotNull:
		return true
	case Equal, In:
		return slices.Contains(b.values, v)
	case NotEqual:
		return v != b.values[0]
	case Before:
		return order(v) < order(b.values[0])
	case After:
		return order(v) > order(b.values[0])
	case Null, Visible:
		return false
	default:
		return false
	}
}

// order returns the place of a number, a date or a time of one field among its others.
func order(v record.Value) float64 {
	switch v.Kind() {
	case record.Date:
		return float64(v.Days())
	case record.DateTime:
		return float64(v.Seconds())
	case record.Time:
		return float64(v.Millis())
	default:
		return v.Float()
	}
}

// canonical returns a value as the column, or its folded form, has it.
func canonical(f *catalog.Field, v record.Value) record.Value {
	switch {
	case v.Kind() == record.Number:
		n, scale := v.Decimal()
		if m, ok := record.Rescale(n, scale, uint8(f.Scale)); ok {
			return record.OfDecimal(m, uint8(f.Scale))
		}
		return v
	case v.Kind() != record.Text || f.Unique && f.CaseSensitive:
		return v
	case f.Type.Picklist:
		for i := range f.Values {
			if record.Fold(f.Values[i].Value) == record.Fold(v.Text()) {
				return record.OfText(f.Values[i].Value)
			}
		}
		return v
	default:
		return record.OfText(record.Fold(v.Text()))
	}
}

// write writes a condition, other than Visible, on the row of alias. It is true or false, never null.
func (b *bound) write(s *store.SQL, alias string) {
	f := b.field
	switch b.op {
	case Null:
		s.Col(alias, f.Column).Raw(" IS NULL")
	case NotNull:
		s.Col(alias, f.Column).Raw(" IS NOT NULL")
	case NotEqual:
		s.Raw("(").Col(alias, f.Column).Raw(" IS NULL OR ")
		b.compared(s, alias)
		s.Raw(" <> ")
		b.arg(s, 0)
		s.Raw(")")
	case In:
		b.writeIn(s, alias)
	case Equal, Before, After:
		s.Raw("(").Col(alias, f.Column).Raw(" IS NOT NULL AND ")
		b.compared(s, alias)
		s.Raw([...]string{Equal: " = ", Before: " < ", After: " > "}[b.op])
		b.arg(s, 0)
		s.Raw(")")
	case Visible:
		s.Raw("1 = 0")
	}
}

func (b *bound) writeIn(s *store.SQL, alias string) {
	if len(b.values) == 0 {
		s.Raw("1 = 0")
		return
	}
	s.Raw("(").Col(alias, b.field.Column).Raw(" IS NOT NULL AND ")
	b.compared(s, alias)
	if b.field.Type.Kind == record.Ref {
		ids := make([]record.ID, len(b.values))
		for i, v := range b.values {
			ids[i] = v.ID()
		}
		s.In(ids).Raw(")")
		return
	}
	s.Raw(" IN (")
	for i := range b.values {
		if i > 0 {
			s.Raw(", ")
		}
		b.arg(s, i)
	}
	s.Raw("))")
}

// compared writes the column as values are compared with it.
func (b *bound) compared(s *store.SQL, alias string) {
	f := b.field
	switch {
	case f.Type.Kind != record.Text || f.Type.Picklist || f.Unique && f.CaseSensitive:
		s.Col(alias, f.Column)
	case f.Folded():
		s.Col(alias, store.Shadow(f.Column))
	default:
		s.Dialect().Fold(s, func() { s.Col(alias, f.Column) })
	}
}

func (b *bound) arg(s *store.SQL, i int) { s.ColArg(b.field.StoreColumn(), b.values[i]) }

// identity reports whether the condition pins the row, or one it refers to, to named ones, so that an index gives few rows.
func (b *bound) identity() bool {
	f := b.field
	return (b.op == Equal || b.op == In) && (f.Type.Kind == record.Ref || f.Unique || f.ExternalID)
}
