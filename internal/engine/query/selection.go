package query

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A selection is a bound SELECT list: result columns, and the shape that tells how they nest.
type selection struct {
	cols     []output
	at       map[cell]int
	shape    *record.Shape
	shapes   map[*source]*record.Shape
	children []*childQuery
	posts    []post
	seen     map[string]bool // canonical paths, to find duplicates

	called    map[string]bool        // keys of items that are functions
	compounds map[int]*catalog.Field // by the column of the first part
}

// An output is one result column.
type output struct {
	of  *operand
	out store.Out
	// spelled is the column of the inner SELECT that has the text with its id before it (aggregate.go).
	spelled string
}

// A cell is a stored value of a row.
type cell struct {
	src   *source
	field *catalog.Field
}

// A post changes the cells of one column after they were read.
type post struct {
	col int
	of  func(record.Value) record.Value
}

func (b *binder) newSelection(s *scope) *selection {
	sel := &selection{at: make(map[cell]int, 16), seen: make(map[string]bool, 16), shapes: make(map[*source]*record.Shape, 2)}
	sel.shape = &record.Shape{Object: s.root.object.Name, TypeCol: -1, IDCol: -1}
	sel.shapes[s.root] = sel.shape
	if id := s.root.object.Field(store.IDColumn); id != nil {
		sel.shape.IDCol = sel.column(column(s.root, id, 0))
	}
	s.root.idCol = sel.shape.IDCol
	if s.root.object.Name == recentlyViewed {
		sel.shape.TypeCol = sel.column(column(s.root, s.root.object.Field("Type"), 0))
	}
	return sel
}

// column returns the result column of a stored value, the same one for the same value.
func (sel *selection) column(o *operand) int {
	if o.kind == opField {
		if col, ok := sel.at[cell{o.src, o.field}]; ok {
			return col
		}
		sel.at[cell{o.src, o.field}] = len(sel.cols)
	}
	return sel.add(o)
}

// add returns a new result column.
func (sel *selection) add(o *operand) int {
	class, scale := o.class()
	out := store.Out{Class: class, Scale: scale}
	if o.kind == opDistance || o.average() {
		out.Float = true
	}
	sel.cols = append(sel.cols, output{of: o, out: out})
	return len(sel.cols) - 1
}

// shapeOf returns the shape of a source's record, nested where its path first appeared.
func (sel *selection) shapeOf(src *source) *record.Shape {
	if shape := sel.shapes[src]; shape != nil {
		return shape
	}
	up := sel.shapeOf(src.up)
	shape := &record.Shape{Object: src.object.Name, TypeCol: -1}
	it := record.Item{Key: src.rel, Role: record.Parent, Parent: shape}
	if src.targets != nil {
		shape.IDCol = sel.polyColumn(src)
		shape.TypeCol = sel.typeColumn(src)
	} else {
		shape.IDCol = sel.column(column(src, src.object.Field(store.IDColumn), 0))
	}
	src.idCol = shape.IDCol
	it.Col = shape.IDCol
	up.Items = append(up.Items, it)
	sel.shapes[src] = shape
	return shape
}

// polyColumn returns the column with the id of a polymorphic parent, null where the user may not read its object.
func (sel *selection) polyColumn(src *source) int {
	if src.scoped {
		return sel.column(&operand{kind: opField, src: src, field: src.object.Field(store.IDColumn)})
	}
	if !src.some {
		return sel.column(src.on)
	}
	col := sel.add(src.on)
	sel.posts = append(sel.posts, post{col, func(v record.Value) record.Value {
		for _, t := range src.targets {
			if t.KeyPrefix == v.ID().Prefix() {
				return v
			}
		}
		return record.Value{}
	}})
	return col
}

// typeColumn returns the column with the name of the object that a polymorphic parent is of.
func (sel *selection) typeColumn(src *source) int {
	of := src.on
	if src.scoped {
		of = &operand{kind: opField, src: src, field: src.object.Field(store.IDColumn)}
	}
	col := sel.add(of)
	names := make(map[string]record.Value, len(src.targets))
	for _, t := range src.targets {
		names[t.KeyPrefix] = record.OfText(t.Name)
	}
	sel.posts = append(sel.posts, post{col, func(v record.Value) record.Value { return names[v.ID().Prefix()] }})
	return col
}

// item binds one item of a SELECT list without aggregates.
func (b *binder) item(s *scope, sel *selection, it *soql.SelectItem) error {
	switch n := it.Column.(type) {
	case *soql.Path:
		if it.Alias != nil {
			return b.at(fault.MalformedQuery, it.Alias.Pos, "only aggregate expressions use field aliasing")
		}
		return b.selectPath(s, sel, n)
	case *soql.Call:
		return b.selectCall(s, sel, n, it.Alias)
	case *soql.Distance:
		o, err := b.distance(s, n)
		if err != nil {
			return err
		}
		return sel.put(sel.shape, record.Item{Key: sel.exprKey(it.Alias), Type: "double", Col: sel.add(o)}, "")
	case *soql.AllFields:
		return b.selectAll(s, sel, n)
	case *soql.TypeOf:
		return b.selectTypeOf(s, sel, n)
	case *soql.Query:
		return b.selectChild(s, sel, n)
	default:
		return fault.New(fault.MalformedQuery, "unexpected item in the SELECT list")
	}
}

// exprKey returns the key of a function: its alias, or the next of expr0, expr1…
func (sel *selection) exprKey(alias *soql.Name) string {
	if alias != nil {
		return alias.Text
	}
	for n := 0; ; n++ {
		key := "expr" + strconv.Itoa(n)
		if !sel.seen[key] {
			return key
		}
	}
}

// put adds an item to a shape; path is its canonical path from the root, "" for its key.
func (sel *selection) put(shape *record.Shape, it record.Item, path string) error {
	if path == "" {
		path = it.Key
	}
	if sel.seen[path] {
		return fault.New(fault.InvalidField, "duplicate field selected: %s", path)
	}
	sel.seen[path] = true
	shape.Items = append(shape.Items, it)
	return nil
}

// pathOf returns the canonical path of a field of src.
func pathOf(src *source, name string) string {
	for ; src.up != nil; src = src.up {
		name = src.rel + "." + name
	}
	return name
}

// selectPath binds a field, perhaps of a parent.
func (b *binder) selectPath(s *scope, sel *selection, p *soql.Path) error {
	src, name, err := b.path(s, p)
	if err != nil {
		return err
	}
	f, err := b.field(src, name, p.Pos)
	if err != nil {
		return err
	}
	return b.selectField(s, sel, src, f, p.Pos)
}

func (b *binder) selectField(s *scope, sel *selection, src *source, f *catalog.Field, pos int) error {
	it, err := b.fieldItem(s, sel, src, f, pos)
	if err != nil {
		return err
	}
	path := it.Key
	if src.up != nil {
		path = pathOf(src, it.Key)
	}
	return sel.put(sel.shapeOf(src), it, path)
}

// fieldItem returns the item of a field of src.
func (b *binder) fieldItem(s *scope, sel *selection, src *source, f *catalog.Field, pos int) (record.Item, error) {
	it := record.Item{Key: f.Name, Type: f.Type.Name}
	if f.Type.Compound {
		src.touch(f)
		it.Role, it.Parts = record.Compound, b.parts(sel, src, f)
		if len(it.Parts) > 0 {
			if sel.compounds == nil {
				sel.compounds = map[int]*catalog.Field{}
			}
			sel.compounds[it.Parts[0].Col] = f
		}
		return it, nil
	}
	o, err := b.fieldOperand(s, src, f, pos)
	if err != nil {
		return it, err
	}
	it.Col = sel.column(o)
	return it, nil
}

// parts returns the items of a compound in the order of their keys, as the API has them.
func (b *binder) parts(sel *selection, src *source, f *catalog.Field) []record.Item {
	items := make([]record.Item, 0, len(f.Parts))
	for _, name := range f.Parts {
		p := src.object.Field(name)
		if p == nil {
			continue
		}
		o := &operand{kind: opNull, src: src, field: p}
		if b.env.Access.CanRead(p) {
			o = column(src, p, 0)
		}
		items = append(items, record.Item{Key: partKey(f, p), Type: p.Type.Name, Col: sel.column(o)})
	}
	slices.SortFunc(items, func(a, b record.Item) int { return strings.Compare(a.Key, b.Key) })
	return items
}

// partKey returns the key of a part inside its compound: MailingCity of MailingAddress is city.
func partKey(f, part *catalog.Field) string {
	name := strings.TrimSuffix(part.Name, "__s")
	if name != part.Name {
		name = name[strings.LastIndex(name, "__")+1:]
		name = strings.TrimPrefix(name, "_")
	} else {
		name = strings.TrimPrefix(name, strings.TrimSuffix(f.Name, "Address"))
	}
	for i, r := range name {
		return string(unicode.ToLower(r)) + name[i+len(string(r)):]
	}
	return name
}

// maxFieldsRows is how many rows a query may ask for with an unbounded set of fields.
const maxFieldsRows = 200

// selectAll binds FIELDS().
func (b *binder) selectAll(s *scope, sel *selection, n *soql.AllFields) error {
	src, some := s.root, false
	for _, f := range src.object.Fields {
		if f.Type.Compound || n.Set == "STANDARD" && f.Custom || n.Set == "CUSTOM" && !f.Custom || !b.env.Access.CanRead(f) {
			continue
		}
		some = true
		if err := b.selectField(s, sel, src, f, n.Pos); err != nil {
			return err
		}
	}
	if !some {
		return b.at(fault.MalformedQuery, n.Pos, "The SOQL FIELDS function found no fields")
	}
	return nil
}

// selectTypeOf binds TYPEOF.
func (b *binder) selectTypeOf(s *scope, sel *selection, n *soql.TypeOf) error {
	walk := &soql.Path{Names: append(slices.Clone(n.Path.Names), store.IDColumn), Pos: n.Path.Pos}
	src, _, err := b.path(s, walk)
	if err != nil {
		return err
	}
	if src.targets == nil {
		return b.at(fault.InvalidField, n.Path.Pos, "TYPEOF is only supported for polymorphic relationships: "+n.Path.Last())
	}
	if sel.shapes[src] != nil || sel.seen[pathOf(src, "")] {
		return fault.New(fault.InvalidField, "duplicate field selected: %s", src.rel)
	}
	sel.seen[pathOf(src, "")] = true
	up := sel.shapeOf(src.up)
	id := sel.polyColumn(src)
	typeCol := sel.typeColumn(src)
	src.idCol = id
	it := record.Item{Key: src.rel, Role: record.Parent, Col: id, Cases: map[string]*record.Shape{}}
	for _, w := range n.Whens {
		o, err := b.object(w.Object.Text, w.Object.Pos)
		if err != nil {
			return err
		}
		if !slices.Contains(src.targets, o) {
			return b.at(fault.InvalidField, w.Object.Pos, "TYPEOF: '"+o.Name+"' is not a type of "+src.rel)
		}
		if it.Cases[o.Name] != nil {
			return b.at(fault.MalformedQuery, w.Object.Pos, "TYPEOF: duplicate type "+o.Name)
		}
		typed := b.of(s, src, o)
		typed.up = nil
		shape := &record.Shape{Object: o.Name, TypeCol: typeCol, IDCol: id}
		sel.shapes[typed] = shape
		inner := &scope{root: typed, sources: s.sources}
		for i := range w.Fields {
			if err := b.selectInto(inner, s, sel, shape, &w.Fields[i]); err != nil {
				return err
			}
		}
		it.Cases[o.Name] = shape
	}
	if n.Else != nil {
		shape := &record.Shape{TypeCol: typeCol, IDCol: id}
		inner := &scope{root: src, sources: s.sources}
		sel.shapes[src] = shape
		for i := range n.Else {
			if err := b.selectInto(inner, s, sel, shape, &n.Else[i]); err != nil {
				return err
			}
		}
		it.Parent = shape
	} else {
		sel.shapes[src] = &record.Shape{} // taken
	}
	up.Items = append(up.Items, it)
	return nil
}

// selectInto binds a path that begins at the root of inner, a part of scope s, into a shape.
func (b *binder) selectInto(inner, s *scope, sel *selection, shape *record.Shape, p *soql.Path) error {
	src, name, err := b.path(inner, p)
	s.sources = inner.sources
	if err != nil {
		return err
	}
	f, err := b.field(src, name, p.Pos)
	if err != nil {
		return err
	}
	it, err := b.fieldItem(s, sel, src, f, p.Pos)
	if err != nil {
		return err
	}
	into := sel.shapeOf(src)
	if into.Item(it.Key) != nil {
		return fault.New(fault.InvalidField, "duplicate field selected: %s", it.Key)
	}
	into.Items = append(into.Items, it)
	return nil
}
