package query

import (
	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An operand is a bound expression: what can be selected, compared, grouped and ordered.
type operand struct {
	kind  opKind
	src   *source
	field *catalog.Field // the field, or the one that a function is about
	pos   int
	name  string // the field as the query wrote it, for messages

	fn       *function
	zone     string // of a date function: IANA name, "" for UTC
	local    bool   // of a date function: of convertTimezone(), whose zone may be UTC too
	arg      *operand
	distance *distance
	label    bool // toLabel() in a filter

	// Of a grouped query: outer is the column of its inner SELECT, foldedOuter says that it holds folded text, item is
	// the number of the group item, spelled the column of an extreme of texts with their spelling.
	outer       string
	foldedOuter bool
	item        int
	spelled     string
}

// An opKind is a kind of operand.
type opKind uint8

const (
	opField opKind = iota
	opDate         // a date function
	opDistance
	opAggregate
	opGrouping
	opNull // a value that the user may not read, where the query stands all the same
)

// distance is DISTANCE(from, to): the second place is a point where lat and long are nil.
type distance struct {
	lat, long [2]*operand
	point     [2][2]record.Value
	scale     uint8
	miles     bool
}

// class returns the class and scale of o's value.
func (o *operand) class() (store.Class, uint8) {
	switch o.kind {
	case opField, opNull:
		return o.field.Type.Class, uint8(o.field.Scale)
	case opDate:
		if o.fn.result != nil {
			return o.fn.result.Class, 0
		}
		return store.Int, 0
	case opDistance:
		return store.Decimal, 0
	case opAggregate:
		switch o.fn.of {
		case soql.Count, soql.CountDistinct:
			return store.Int, 0
		default:
			return o.arg.class()
		}
	default:
		return store.Int, 0
	}
}

// kindOf returns the kind of o's value.
func (o *operand) valueKind() record.Kind {
	switch o.kind {
	case opField, opNull:
		return o.field.Type.Kind
	case opDate:
		if o.fn.result != nil {
			return o.fn.result.Kind
		}
		return record.Number
	case opAggregate:
		if o.fn.of == soql.Min || o.fn.of == soql.Max {
			return o.arg.valueKind()
		}
		return record.Number
	default:
		return record.Number
	}
}

// picklist returns the field whose value set orders and spells o's values, nil if there is none.
func (o *operand) picklist() *catalog.Field {
	f := o.field
	if o.kind == opAggregate {
		if o.fn.of != soql.Min && o.fn.of != soql.Max {
			return nil
		}
		f = o.arg.field
		if o.arg.kind != opField {
			return nil
		}
	} else if o.kind != opField {
		return nil
	}
	if f.Type.Picklist && f.Type.Kind == record.Text && len(f.Values) > 0 {
		return f
	}
	return nil
}

// fieldOperand returns the operand of a field of src. A field that is another
// name for a parent's field is followed to it, with the rights of the first.
func (b *binder) fieldOperand(s *scope, src *source, f *catalog.Field, pos int) (*operand, error) {
	src.touch(f)
	if f.Path != "" && f.Column == "" {
		if src.veil.Hides(f) {
			return &operand{kind: opNull, src: src, field: f, pos: pos, name: f.Name}, nil
		}
		return b.aliasOperand(s, src, f, pos)
	}
	return column(src, f, pos), nil
}

// column returns the operand of a stored field and has its source joined.
func column(src *source, f *catalog.Field, pos int) *operand {
	if src.targets == nil {
		src.join(f)
	}
	return &operand{kind: opField, src: src, field: f, pos: pos, name: f.Name}
}

// operand binds what a condition, GROUP BY or ORDER BY names.
func (b *binder) operand(s *scope, op soql.Operand) (*operand, error) {
	switch n := op.(type) {
	case *soql.Path:
		return b.pathOperand(s, n)
	case *soql.Call:
		return b.call(s, n)
	case *soql.Distance:
		return b.distance(s, n)
	default:
		return nil, fault.New(fault.MalformedQuery, "unexpected operand")
	}
}

func (b *binder) pathOperand(s *scope, p *soql.Path) (*operand, error) {
	src, name, err := b.path(s, p)
	if err != nil {
		return nil, err
	}
	f, err := b.field(src, name, p.Pos)
	if err != nil {
		return nil, err
	}
	return b.fieldOperand(s, src, f, p.Pos)
}

// A writer writes SQL of bound things.
type writer struct {
	*store.SQL
	d store.Dialect
	b *binder

	// Of a grouped query: root is the source whose ids tell which spelling is the first, set which items are
	// grouped by, ranked that an extreme of a picklist is written with its rank.
	root   *source
	set    []bool
	ranked bool

	found *store.Match // the root's rows are those that the search index finds

	// looksOf is the alias of rows of which a join under the alias looks, "" until it is needed, shall tell when the
	// user looked at them.
	looksOf, looks string
}

func (b *binder) writer(d store.Dialect) *writer { return &writer{SQL: store.NewSQL(d), d: d, b: b} }

// value writes what o stands for in a row.
func (w *writer) value(o *operand) {
	if o.outer != "" {
		if w.in(o) {
			w.Col("b", o.outer)
		} else {
			class, _ := o.class()
			w.nothing(class)
		}
		return
	}
	switch o.kind {
	case opField:
		w.field(o.src, o.field)
	case opDate:
		o.fn.writePart(w, o)
	case opDistance:
		w.kilometres(o.distance)
	case opAggregate:
		w.aggregate(o)
	case opGrouping:
		if w.in(o) {
			w.Raw("0")
		} else {
			w.Raw("1")
		}
	case opNull:
		w.nothing(o.field.Type.Class)
	}
}

// folded writes the text of o as comparisons that ignore case see it.
func (w *writer) folded(o *operand) {
	switch {
	case o.foldedOuter, o.exact(), o.kind == opAggregate && o.arg.foldedOuter:
		w.value(o)
		return
	case o.outer != "" || o.kind != opField:
		w.d.Fold(w.SQL, func() { w.value(o) })
		return
	}
	if o.src.targets != nil {
		w.poly(o.src, o.field, true)
		return
	}
	if o.field.Folded() {
		alias := o.src.serve(o.field)
		w.veiled(o.src.veil, o.field, alias, func() { w.Col(alias, store.Shadow(o.field.Column)) })
		return
	}
	w.d.Fold(w.SQL, func() { w.value(o) })
}

// sorted writes the text of o as ORDER BY, MIN and MAX see it: letter case never counts there.
func (w *writer) sorted(o *operand) {
	if o.exact() {
		w.d.Fold(w.SQL, func() { w.value(o) })
		return
	}
	w.folded(o)
}

// exact reports whether o's text is compared as it is stored: unique fields may ask for it.
func (o *operand) exact() bool {
	if o.kind == opAggregate && (o.fn.of == soql.Min || o.fn.of == soql.Max) {
		return o.arg.exact()
	}
	return o.kind == opField && o.field.Unique && o.field.CaseSensitive
}

// field writes the column of a field of src.
func (w *writer) field(src *source, f *catalog.Field) {
	switch {
	case src.targets != nil:
		w.poly(src, f, false)
	case f.Column != "":
		alias := src.serve(f)
		w.veiled(src.veil, f, alias, func() { w.Col(alias, f.Column) })
	case f.PerUser() && src.object.Table != "":
		w.looked(f, src.serve(f))
	case src.object.Table == "":
		w.Col(src.serve(f), f.Name)
	default:
		w.nothing(f.Type.Class)
	}
}

// veiled writes a stored value of the row of alias, null while it is hidden. Every value of a field goes through here.
func (w *writer) veiled(v *access.Veil, f *catalog.Field, alias string, write func()) {
	if !v.Hides(f) {
		write()
		return
	}
	w.Raw("CASE WHEN ")
	v.Write(w.SQL, alias, func(g *catalog.Field) bool { return f == g })
	w.Raw(" THEN NULL ELSE ")
	write()
	w.Raw(" END")
}

// nothing writes the null of a class.
func (w *writer) nothing(c store.Class) {
	w.Raw("NULLIF(").Arg(c, zero(c)).Raw(", ").Arg(c, zero(c)).Raw(")")
}

// zero returns some value of a class.
func zero(c store.Class) record.Value {
	switch c {
	case store.Bool:
		return record.OfBool(false)
	case store.Text, store.Bytes:
		return record.OfText("-")
	case store.Date:
		return record.OfDate(0)
	case store.DateTime:
		return record.OfDateTime(0)
	case store.Time:
		return record.OfTime(0)
	case store.ID:
		return record.OfID(record.NoID)
	case store.Int, store.Decimal:
		return record.OfInt(0)
	default:
		return record.OfInt(0)
	}
}

// poly writes a field of the pseudo-object Name: the field of that name of whatever object the row points to.
func (w *writer) poly(src *source, f *catalog.Field, folded bool) {
	scoped := w.b.env.Access.Scoped()
	if f.Name == store.IDColumn && !scoped {
		w.value(src.on)
		return
	}
	any := false
	for _, t := range src.targets {
		isType := f.Name == "Type"
		of := nameField(t, f)
		if (!isType || t.Name == "Group") && (of == nil || !w.b.env.Access.CanRead(of)) || t.KeyPrefix == "" {
			continue
		}
		if !any {
			w.Raw("CASE")
		}
		any = true
		w.Raw(" WHEN ")
		w.d.IDHasPrefix(w.SQL, t.KeyPrefix, func() { w.value(src.on) })
		if isType && scoped {
			w.Raw(" AND ")
			w.target(src, t, t.Field(store.IDColumn), false)
			w.Raw(" IS NOT NULL")
		}
		w.Raw(" THEN ")
		if isType && of == nil || isType && t.Name != "Group" {
			name := t.Name
			if folded {
				name = record.Fold(name)
			}
			w.Str(name)
			continue
		}
		w.target(src, t, of, folded)
	}
	if !any {
		w.nothing(f.Type.Class)
		return
	}
	w.Raw(" END")
}

// target writes a field of the target row of a polymorphic reference. Of a row that the user may not see it gives only the name.
func (w *writer) target(src *source, t *catalog.Object, f *catalog.Field, folded bool) {
	alias := w.b.alias()
	w.Raw("(SELECT ")
	w.veiled(w.b.env.Access.Veil(w.b.env.Snapshot, t), f, alias, func() {
		switch {
		case folded && f.Folded():
			w.Col(alias, store.Shadow(f.Column))
		case folded && f.Type.Kind == record.Text:
			w.d.Fold(w.SQL, func() { w.Col(alias, f.Column) })
		case f.PerUser():
			w.looked(f, alias)
		default:
			w.Col(alias, f.Column)
		}
	})
	w.Raw(" FROM ").Table(t.Table).Raw(" "+alias+" WHERE ").Col(alias, store.IDColumn).Raw(" = ")
	w.value(src.on)
	if f != t.NameField || w.b.env.Access.Scoped() {
		w.visible(t, alias)
	}
	w.Raw(")")
}

// nameField returns the field of object t that stands behind a field of the pseudo-object Name, nil if there is none.
func nameField(t *catalog.Object, f *catalog.Field) *catalog.Field {
	if t.Table == "" {
		return nil
	}
	of := t.Field(f.Name)
	switch f.Name {
	case "Name":
		of = t.NameField
	case "NameOrAlias":
		if of = t.Field("Alias"); of == nil {
			of = t.NameField
		}
	}
	if of == nil || of.Column == "" && !of.PerUser() || of.Type.Class != f.Type.Class {
		return nil
	}
	return of
}

// aliasOperand binds a field that is another name for a parent's field: whoever may read the name may read what it stands for.
func (b *binder) aliasOperand(s *scope, src *source, f *catalog.Field, pos int) (*operand, error) {
	names := splitPath(f.Path)
	for ; len(names) > 1; names = names[1:] {
		ref := src.object.Relationship(names[0])
		if ref == nil {
			return nil, b.noColumn(f.Name, f.Object.Name, pos)
		}
		next, err := b.follow(s, src, ref, column(src, ref, pos), pos)
		if err != nil {
			return nil, err
		}
		src = next
	}
	of := src.object.Field(names[0])
	if of == nil || of.Path != "" {
		return nil, b.noColumn(f.Name, f.Object.Name, pos)
	}
	src.touch(of)
	o := column(src, of, pos)
	o.name = f.Name
	return o, nil
}
