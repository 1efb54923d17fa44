package record

// A Page holds rows of values in two slices, so that 2,000 rows cost two
// allocations and not 40,000. The store fills it, everybody else reads it.
type Page struct {
	width int
	cells []cell
	text  []byte
}

// A cell is one value: n is the number, or where text starts in Page.text.
type cell struct {
	kind  Kind
	scale uint8
	size  uint32
	n     int64
}

// NewPage returns an empty page of rows of width cells, with room for rows.
func NewPage(width, rows int) *Page {
	return &Page{width: width, cells: make([]cell, 0, width*rows), text: make([]byte, 0, width*rows*8)}
}

// NewPageOf returns an empty page with room for one row of width cells with so many bytes of text.
func NewPageOf(width, textBytes int) *Page {
	return &Page{width: width, cells: make([]cell, 0, width), text: make([]byte, 0, textBytes)}
}

// TextBytes returns how many bytes of text the page holds.
func (p *Page) TextBytes() int { return len(p.text) }

// Reset empties p for rows of width cells and keeps its memory.
func (p *Page) Reset(width int) { p.width, p.cells, p.text = width, p.cells[:0], p.text[:0] }

// Width returns the number of cells of a row, Len the number of whole rows.
func (p *Page) Width() int { return p.width }
func (p *Page) Len() int {
	if p == nil || p.width == 0 {
		return 0
	}
	return len(p.cells) / p.width
}

// AddNull, AddBool, AddNumber, AddWhole and AddText append the next cell.
func (p *Page) AddNull() { p.cells = append(p.cells, cell{}) }

func (p *Page) AddBool(b bool) {
	c := cell{kind: Bool}
	if b {
		c.n = 1
	}
	p.cells = append(p.cells, c)
}

// AddNumber appends the Number coefficient × 10^-scale.
func (p *Page) AddNumber(coefficient int64, scale uint8) {
	p.cells = append(p.cells, cell{kind: Number, n: coefficient, scale: scale})
}

// AddWhole appends a Date, DateTime or Time by its count of units.
func (p *Page) AddWhole(k Kind, n int64) { p.cells = append(p.cells, cell{kind: k, n: n}) }

// AddText appends a Text, Ref (18 characters) or Bytes; empty text is null.
func (p *Page) AddText(k Kind, b []byte) {
	if len(b) == 0 {
		p.cells = append(p.cells, cell{})
		return
	}
	p.cells = append(p.cells, cell{kind: k, n: int64(len(p.text)), size: uint32(len(b))})
	p.text = append(p.text, b...)
}

// AddShort appends the Ref with the given 15 characters.
func (p *Page) AddShort(id15 []byte) {
	p.cells = append(p.cells, cell{kind: Ref, n: int64(len(p.text)), size: 18})
	p.text = AppendID(p.text, id15)
}

// Add appends any value.
func (p *Page) Add(v Value) {
	switch v.kind {
	case Text, Ref, Bytes:
		p.AddText(v.kind, []byte(v.s))
	default:
		p.cells = append(p.cells, cell{kind: v.kind, scale: v.scale, n: v.n})
	}
}

// DropLast removes the last row, the one that only told that there are more.
func (p *Page) DropLast() { p.cells = p.cells[:len(p.cells)-p.width] }

// Null reports whether a cell is null.
func (p *Page) Null(row, col int) bool { return p.cells[row*p.width+col].kind == Null }

// Kind returns the kind of a cell.
func (p *Page) Kind(row, col int) Kind { return p.cells[row*p.width+col].kind }

// Raw returns what a cell holds without copying: its kind, its number and
// scale, or its bytes, which belong to the page.
func (p *Page) Raw(row, col int) (k Kind, n int64, scale uint8, text []byte) {
	c := &p.cells[row*p.width+col]
	switch c.kind {
	case Text, Ref, Bytes:
		return c.kind, 0, 0, p.text[c.n : c.n+int64(c.size)]
	default:
		return c.kind, c.n, c.scale, nil
	}
}

// Value returns a cell as a value of its own.
func (p *Page) Value(row, col int) Value {
	k, n, scale, text := p.Raw(row, col)
	if text != nil {
		return Value{kind: k, s: string(text)}
	}
	return Value{kind: k, n: n, scale: scale}
}

// ID returns the id in a cell, "" where there is none.
func (p *Page) ID(row, col int) ID {
	k, _, _, text := p.Raw(row, col)
	if k != Ref {
		return ""
	}
	return ID(text)
}

// IDs returns the ids in a column, null ones as "".
func (p *Page) IDs(col int) []ID {
	n := p.Len()
	all := make([]byte, 0, n*18)
	for row := range n {
		if k, _, _, id := p.Raw(row, col); k == Ref {
			all = append(all, id...)
		}
	}
	text := ID(all) // one allocation for all of them
	ids := make([]ID, n)
	for row := range n {
		if p.Kind(row, col) == Ref {
			ids[row], text = text[:18], text[18:]
		}
	}
	return ids
}

// Set replaces a cell.
func (p *Page) Set(row, col int, v Value) {
	c := &p.cells[row*p.width+col]
	switch v.kind {
	case Text, Ref, Bytes:
		*c = cell{kind: v.kind, n: int64(len(p.text)), size: uint32(len(v.s))}
		p.text = append(p.text, v.s...)
	default:
		*c = cell{kind: v.kind, scale: v.scale, n: v.n}
	}
}

// Move appends row from of q, which must have p's width.
func (p *Page) Move(q *Page, from int) {
	for c := range p.width {
		k, n, scale, text := q.Raw(from, c)
		if text != nil {
			p.AddText(k, text)
			continue
		}
		p.cells = append(p.cells, cell{kind: k, n: n, scale: scale})
	}
}
