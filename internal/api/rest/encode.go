package rest

import (
	"stoa/internal/record"
)

// An encoder writes the records of one result. Everything that is the same in
// every row (keys, attributes, the way a cell is written) is worked out once
// here, so that a row is a walk over its cells and nothing else.
type encoder struct {
	result   *record.Result
	base     string // /services/data/v66.0
	shape    *shape
	children []*encoder // one a child query, in the result's order
}

// A shape is a record.Shape made ready: the bytes between cells.
type shape struct {
	of    *record.Shape
	open  []byte // `{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`, or up to the type's value
	items []item
}

// An item is one key of a record with its separator: `,"Name":`.
type item struct {
	key    []byte
	name   string
	role   record.ItemRole
	form   form
	col    int
	child  int
	sparse bool // left out where it is null
	parent *shape
	cases  map[string]*shape
	parts  []item
}

// A form is how the value of a cell is written, beyond what its kind says.
type form uint8

const (
	plain    form = iota
	fraction      // a number that keeps a fraction: 10.0
	whole         // a number without one
	content       // bytes: the path to them
)

func formOf(describeType string) form {
	switch describeType {
	case "double", "currency", "percent":
		return fraction
	case "int", "long":
		return whole
	case "base64":
		return content
	default:
		return plain
	}
}

// newEncoder returns an encoder for a result under a version's base path.
func newEncoder(base string, r *record.Result) *encoder {
	e := &encoder{result: r, base: base, shape: newShape(base, r.Shape)}
	for i := range r.Children {
		e.children = append(e.children, newEncoder(base, r.Children[i].Result))
	}
	return e
}

func newShape(base string, s *record.Shape) *shape {
	if s == nil {
		return nil
	}
	p := &shape{of: s, items: newItems(base, s.Items)}
	p.open = append(p.open, `{"attributes":{"type":`...)
	if s.TypeCol < 0 {
		p.open = record.AppendJSON(p.open, []byte(s.Object))
		if s.IDCol >= 0 {
			p.open = append(append(p.open, `,"url":"`...), base...)
			p.open = append(append(append(p.open, "/sobjects/"...), s.Object...), '/')
		}
	}
	return p
}

func newItems(base string, from []record.Item) []item {
	size := 0
	for i := range from {
		size += len(from[i].Key) + 4
	}
	keys := make([]byte, 0, size)
	items := make([]item, len(from))
	for i := range from {
		f := &from[i]
		at := len(keys)
		keys = append(append(append(keys, `,"`...), f.Key...), `":`...)
		items[i] = item{
			key: keys[at:len(keys):len(keys)], name: f.Key, role: f.Role, form: formOf(f.Type), col: f.Col, child: f.Child, sparse: f.Sparse,
			parent: newShape(base, f.Parent), parts: newItems(base, f.Parts),
		}
		if len(f.Cases) > 0 {
			items[i].cases = make(map[string]*shape, len(f.Cases))
			for object, c := range f.Cases {
				items[i].cases[object] = newShape(base, c)
			}
		}
	}
	return items
}

// appendQuery appends a whole query result, as query, queryAll and their next pages answer it.
func (e *encoder) appendQuery(dst []byte) []byte {
	return e.appendSet(dst, 0, e.result.Len(), e.result.Total, e.result.Next)
}

// appendSet appends rows from…to with the frame of a query result.
func (e *encoder) appendSet(dst []byte, from, to, total int, next string) []byte {
	dst = append(dst, `{"totalSize":`...)
	dst = record.AppendDecimal(dst, int64(total), 0)
	if next == "" {
		dst = append(dst, `,"done":true`...)
	} else {
		dst = append(append(append(dst, `,"done":false,"nextRecordsUrl":"`...), e.base...), "/query/"...)
		dst = append(append(dst, next...), '"')
	}
	dst = append(dst, `,"records":[`...)
	for row := from; row < to; row++ {
		if row > from {
			dst = append(dst, ',')
		}
		dst = e.appendRow(dst, row)
	}
	return append(dst, "]}"...)
}

// appendRow appends one record.
func (e *encoder) appendRow(dst []byte, row int) []byte { return e.appendRecord(dst, e.shape, row) }

func (e *encoder) appendRecord(dst []byte, s *shape, row int) []byte {
	p := e.result.Page
	dst = append(dst, s.open...)
	switch {
	case s.of.TypeCol >= 0:
		dst = e.appendVaryingType(dst, s, row)
	case s.of.IDCol >= 0:
		_, _, _, id := p.Raw(row, s.of.IDCol)
		dst = append(append(dst, id...), '"')
	}
	dst = append(dst, '}')
	for i := range s.items {
		if it := &s.items[i]; !it.sparse || !p.Null(row, it.col) {
			dst = e.appendItem(dst, s, it, row)
		}
	}
	return append(dst, '}')
}

// appendVaryingType appends type and url of a record whose object differs by
// row. A polymorphic parent read without TYPEOF is called Name, its url is the real object's.
func (e *encoder) appendVaryingType(dst []byte, s *shape, row int) []byte {
	_, _, _, object := e.result.Page.Raw(row, s.of.TypeCol)
	if s.of.Object == "Name" {
		dst = append(dst, `"Name"`...)
	} else {
		dst = record.AppendJSON(dst, object)
	}
	if s.of.IDCol < 0 || e.result.Page.Null(row, s.of.IDCol) {
		return dst
	}
	_, _, _, id := e.result.Page.Raw(row, s.of.IDCol)
	dst = append(append(dst, `,"url":"`...), e.base...)
	dst = append(append(append(dst, "/sobjects/"...), object...), '/')
	return append(append(dst, id...), '"')
}

func (e *encoder) appendItem(dst []byte, s *shape, it *item, row int) []byte {
	dst = append(dst, it.key...)
	p := e.result.Page
	switch it.role {
	case record.Cell:
		if it.form == content {
			return e.appendContent(dst, s, it, row)
		}
		return appendCell(dst, p, row, it.col, it.form)
	case record.Parent:
		if parent := e.parentOf(it, row); parent != nil {
			return e.appendRecord(dst, parent, row)
		}
		return append(dst, "null"...)
	case record.Child:
		span := &e.result.Children[it.child].Spans[row]
		if span.From == span.To {
			return append(dst, "null"...)
		}
		return e.children[it.child].appendSet(dst, span.From, span.To, span.Total, span.Next)
	case record.Compound:
		return appendCompound(dst, p, it, row)
	default:
		return append(dst, "null"...)
	}
}

// parentOf returns the shape of the record that a Parent item holds in a row, nil for null.
func (e *encoder) parentOf(it *item, row int) *shape {
	p := e.result.Page
	if p.Null(row, it.col) {
		return nil
	}
	for _, c := range it.cases {
		if c.of.TypeCol < 0 {
			break
		}
		_, _, _, object := p.Raw(row, c.of.TypeCol)
		if found := it.cases[string(object)]; found != nil {
			return found
		}
		break
	}
	return it.parent
}

// appendContent appends the path under which the bytes of a field are served.
func (e *encoder) appendContent(dst []byte, s *shape, it *item, row int) []byte {
	p := e.result.Page
	if s.of.IDCol < 0 || p.Null(row, it.col) {
		return append(dst, "null"...)
	}
	_, _, _, id := p.Raw(row, s.of.IDCol)
	dst = append(append(append(dst, '"'), e.base...), "/sobjects/"...)
	dst = append(append(append(dst, s.of.Object...), '/'), id...)
	return append(append(append(dst, '/'), it.name...), '"')
}

func appendCompound(dst []byte, p *record.Page, it *item, row int) []byte {
	null := true
	for i := range it.parts {
		null = null && p.Null(row, it.parts[i].col)
	}
	if null {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i := range it.parts {
		part := &it.parts[i]
		key := part.key
		if i == 0 {
			key = key[1:]
		}
		dst = append(dst, key...)
		dst = appendCell(dst, p, row, part.col, part.form)
	}
	return append(dst, '}')
}

// appendCell appends one value.
func appendCell(dst []byte, p *record.Page, row, col int, f form) []byte {
	k, n, scale, text := p.Raw(row, col)
	switch k {
	case record.Null:
		return append(dst, "null"...)
	case record.Bool:
		if n != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case record.Number:
		return appendNumber(dst, n, scale, f)
	case record.Date:
		return append(record.AppendDate(append(dst, '"'), n), '"')
	case record.DateTime:
		return append(record.AppendDateTime(append(dst, '"'), n), `.000+0000"`...)
	case record.Time:
		return append(record.AppendTime(append(dst, '"'), n), '"')
	case record.Ref:
		return append(append(append(dst, '"'), text...), '"')
	case record.Text, record.Bytes:
		return record.AppendJSON(dst, text)
	default:
		return append(dst, "null"...)
	}
}

func appendNumber(dst []byte, n int64, scale uint8, f form) []byte {
	switch f {
	case whole:
		for ; scale > 0; scale-- {
			n /= 10
		}
		return record.AppendDecimal(dst, n, 0)
	case fraction:
		for scale > 0 && n%10 == 0 {
			n, scale = n/10, scale-1
		}
		dst = record.AppendDecimal(dst, n, scale)
		if scale == 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	case plain, content:
		return record.AppendDecimal(dst, n, scale)
	default:
		return record.AppendDecimal(dst, n, scale)
	}
}
