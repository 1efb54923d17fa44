package difftest

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"stoa/internal/record"
)

// A kind is what comparison and order of a field depend on.
type kind int

const (
	text      kind = iota
	exactText      // unique, case-sensitive
	longText
	number
	date
	datetime
	clock
	boolean
	picklist
	multi
	reference
	id
)

// A world is a schema with its rows.
type world struct {
	objects []*object
	name    *object // the pseudo-object Name, to which polymorphic references lead
	rows    map[record.ID]*row
}

type object struct {
	name, prefix string
	fields       []*field // Id and Name first
	rows         []*row
}

type field struct {
	of   *object
	name string
	kind kind

	scale              int
	values             []value   // of picklists, in the set's order
	to                 *object   // of references
	types              []*object // of a polymorphic reference, whose to is Name
	relation, children string    // names of the parent path and of the child relationship

	filterable, sortable, groupable, aggregatable, summable, like bool
}

// A value is one entry of a picklist.
type value struct{ name, label string }

type row struct {
	of      *object
	id      record.ID
	deleted bool
	values  map[*field]record.Value // null ones left out
}

func (w *world) object(name string) *object {
	for _, o := range w.objects {
		if strings.EqualFold(o.name, name) {
			return o
		}
	}
	return nil
}

func (o *object) field(name string) *field {
	for _, f := range o.fields {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

// relation returns the reference field behind a parent relationship.
func (o *object) relation(name string) *field {
	for _, f := range o.fields {
		if f.relation != "" && strings.EqualFold(f.relation, name) {
			return f
		}
	}
	return nil
}

// kids returns the reference fields that point to o and have a child relationship.
func (w *world) kids(o *object) []*field {
	var list []*field
	for _, c := range w.objects {
		for _, f := range c.fields {
			if f.pointsTo(o) && f.children != "" {
				list = append(list, f)
			}
		}
	}
	return list
}

// pointsTo reports whether f may hold ids of o.
func (f *field) pointsTo(o *object) bool { return f.to == o || slices.Contains(f.types, o) }

// value returns a field of r; a row that is not there has nulls, but its booleans are false.
func (r *row) value(f *field) record.Value {
	if r == nil {
		if f.kind == boolean {
			return record.OfBool(false)
		}
		return record.Value{}
	}
	switch {
	case f.kind == id:
		return record.OfID(r.id)
	case f.of.name == "Name" && f.name == "Type":
		return record.OfText(r.of.name)
	case f.of.name == "Name":
		f = r.of.field(f.name)
	}
	v, ok := r.values[f]
	if !ok && f.kind == boolean {
		return record.OfBool(false)
	}
	return v
}

// rank returns the place of a picklist value in its set.
func (f *field) rank(name string) int {
	for i, v := range f.values {
		if strings.EqualFold(v.name, name) {
			return i
		}
	}
	return len(f.values)
}

func rat(v record.Value) *big.Rat {
	c, scale := v.Decimal()
	return new(big.Rat).SetFrac(big.NewInt(c), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
}

// civil is a date without a zone, as midnight UTC.
func civil(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
