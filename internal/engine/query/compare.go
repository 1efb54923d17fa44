package query

import (
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/soql"
	"stoa/internal/record"
	"stoa/internal/store"
)

// neverNull reports whether o has a value in every row, so that its complement needs no test for null.
func (o *operand) neverNull() bool {
	if o.outer != "" || o.kind != opField || o.src.on != nil || o.src.veil.Hides(o.field) {
		return false
	}
	return o.field.Name == store.IDColumn || o.field.Type.Kind == record.Bool
}

// write writes t, or with not its complement.
func (t *test) write(w *writer, not bool) {
	switch t.form {
	case isNull:
		w.null(t.of, not)
	case isTrue:
		w.truth(t.of, not)
	case oneOf:
		t.writeOneOf(w, not)
	case between:
		t.complement(w, not, t.writeBetween)
	case like:
		t.complement(w, not, t.writeLike)
	case includes:
		t.complement(w, not, t.writeIncludes)
	}
}

// complement writes what write writes, which null makes neither true nor false, or its complement, which null makes true.
func (t *test) complement(w *writer, not bool, write func(*writer)) {
	if !not {
		write(w)
		return
	}
	w.Raw("(")
	if !t.of.neverNull() {
		w.null(t.of, false)
		w.Raw(" OR ")
	}
	w.Raw("NOT ")
	write(w)
	w.Raw(")")
}

// null writes that o is null, or that it is not.
func (w *writer) null(o *operand, not bool) {
	if not && o.kind == opField && o.src.targets == nil && !o.src.veil.Hides(o.field) && o.field.PerUser() && o.src.object.Table != "" && w.b.env.User != "" {
		w.lookedAt(o)
		return
	}
	w.value(o)
	if not {
		w.Raw(" IS NOT NULL")
		return
	}
	w.Raw(" IS NULL")
}

func (w *writer) truth(o *operand, not bool) {
	if not && o.neverNull() {
		w.d.False(w.SQL, func() { w.value(o) })
		return
	}
	w.value(o)
	switch {
	case o.neverNull():
		w.Raw(" = ").Arg(store.Bool, record.OfBool(true))
	case not:
		w.Raw(" IS NOT TRUE")
	default:
		w.Raw(" IS TRUE")
	}
}

// compared writes o as its values are compared.
func (t *test) compared(w *writer) {
	switch {
	case t.of.average():
		w.d.Avg(w.SQL, func() {
			w.Raw("(")
			w.value(t.of.arg)
			w.Raw(" * 1000000)")
		})
	case t.of.valueKind() == record.Text && !t.raw:
		w.folded(t.of)
	default:
		w.value(t.of)
	}
}

// average reports whether o is an average, whose value in a condition is taken times a million.
func (o *operand) average() bool { return o.kind == opAggregate && o.fn.of == soql.Avg }

// literalScale returns the places that a number has that is compared with o.
func (o *operand) literalScale() int {
	_, scale := o.class()
	if o.average() {
		return int(scale) + 6
	}
	return int(scale)
}

func (t *test) arg(w *writer, v record.Value) {
	class, scale := t.of.class()
	w.ColArg(store.Column{Class: class, Scale: scale}, v)
}

func (t *test) writeOneOf(w *writer, not bool) {
	n := len(t.values) + len(t.ids)
	switch {
	case n == 0 && t.null:
		w.null(t.of, not)
		return
	case n == 0:
		fixed(false).write(w, not)
		return
	}
	// The row's null counts where null is among the values: inside, so that it must not when the complement is asked for.
	withNull := t.null != not && !t.of.neverNull()
	if withNull {
		w.Raw("(")
		w.null(t.of, false)
		w.Raw(" OR ")
	}
	if len(t.ids) > 1 {
		if not {
			// Said of a set, this holds of null too where the set is of ids that nobody has seen.
			if !withNull && !t.of.neverNull() {
				w.null(t.of, true)
				w.Raw(" AND ")
			}
			w.Raw("NOT ")
		}
		w.Raw("(")
		t.compared(w)
		w.In(t.ids)
		w.Raw(")")
		if withNull {
			w.Raw(")")
		}
		return
	}
	t.compared(w)
	switch {
	case n == 1:
		if not {
			w.Raw(" <> ")
		} else {
			w.Raw(" = ")
		}
		if len(t.ids) == 1 {
			w.Arg(store.ID, record.OfID(t.ids[0]))
		} else {
			t.arg(w, t.values[0])
		}
	default:
		if not {
			w.Raw(" NOT")
		}
		w.Raw(" IN (")
		for i, v := range t.values {
			if i > 0 {
				w.Raw(", ")
			}
			t.arg(w, v)
		}
		w.Raw(")")
	}
	if withNull {
		w.Raw(")")
	}
}

func (t *test) writeBetween(w *writer) {
	w.Raw("(")
	if t.lo.set {
		t.writeBound(w, t.lo, true)
	}
	if t.lo.set && t.hi.set {
		w.Raw(" AND ")
	}
	if t.hi.set {
		t.writeBound(w, t.hi, false)
	}
	w.Raw(")")
}

func (t *test) writeBound(w *writer, b bound, lower bool) {
	if t.of.valueKind() == record.Ref {
		w.d.IDCompare(w.SQL, t.of.prefix(), lower, b.incl, b.value.ID(), func() { w.value(t.of) })
		return
	}
	t.compared(w)
	op := " < "
	if lower {
		op = " > "
	}
	if b.incl {
		op = op[:2] + "= "
	}
	w.Raw(op)
	t.arg(w, b.value)
}

// prefix returns the key prefix of the ids that o holds, "" where they are of several objects.
func (o *operand) prefix() string {
	f := o.field
	if o.kind == opAggregate {
		f = o.arg.field
	}
	if f.Name == store.IDColumn {
		return f.Object.KeyPrefix
	}
	return ""
}

func (t *test) writeLike(w *writer) {
	w.Raw("(")
	if t.prefix != "" {
		w.folded(t.of)
		w.Raw(" >= ")
		t.arg(w, record.OfText(t.prefix))
		if end := successor(t.prefix); end != "" {
			w.Raw(" AND ")
			w.folded(t.of)
			w.Raw(" < ")
			t.arg(w, record.OfText(end))
		}
	}
	if t.prefix == "" || !t.whole {
		if t.prefix != "" {
			w.Raw(" AND ")
		}
		w.d.Like(w.SQL, t.pattern, func() { w.folded(t.of) })
	}
	w.Raw(")")
}

// successor returns the least text, by code points, that is greater than all that begin with prefix, "" if there is none.
func successor(prefix string) string {
	for prefix != "" {
		r, n := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-n]
		switch {
		case r == 0xD7FF:
			return prefix + string(rune(0xE000))
		case r < utf8.MaxRune:
			return prefix + string(r+1)
		}
	}
	return ""
}

var likeSpecial = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (t *test) writeIncludes(w *writer) {
	w.Raw("(")
	w.joined(0, len(t.sets), " OR ", func(i int) {
		set := t.sets[i]
		if len(set) == 0 {
			w.Raw("1 = 0")
			return
		}
		w.Raw("(")
		w.joined(0, len(set), " AND ", func(j int) {
			w.d.Like(w.SQL, "%;"+likeSpecial.Replace(record.Fold(set[j]))+";%", func() {
				w.Raw("(';' || ")
				w.folded(t.of)
				w.Raw(" || ';')")
			})
		})
		w.Raw(")")
	})
	w.Raw(")")
}

// A distanceLimit compares a distance with a number of millionths of its unit.
type distanceLimit struct {
	of         *operand
	op         soql.Op
	millionths int64
}

func (c *distanceLimit) write(w *writer, not bool) {
	write := func() {
		w.distance(c.of.distance)
		w.Raw(" * 1000000 " + c.op.String() + " ").Int(c.millionths)
	}
	if !not {
		write()
		return
	}
	w.Raw("(")
	w.distance(c.of.distance)
	w.Raw(" IS NULL OR NOT (")
	write()
	w.Raw("))")
}

// distance writes a distance in its unit.
func (w *writer) distance(d *distance) {
	if !d.miles {
		w.kilometres(d)
		return
	}
	w.Raw("(")
	w.kilometres(d)
	w.Raw(" / " + kilometresPerMile + ")")
}
