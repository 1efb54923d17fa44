package soql

import (
	"strconv"
	"strings"
)

// String returns q as one line of SOQL. It parses to the same tree.
func (q *Query) String() string {
	var p printer
	p.query(q)
	return string(p.b)
}

// String returns the path as it was written.
func (p *Path) String() string { return strings.Join(p.Names, ".") }

// A printer writes nodes as text.
type printer struct{ b []byte }

func (p *printer) raw(parts ...string) {
	for _, s := range parts {
		p.b = append(p.b, s...)
	}
}

// list writes n things with commas between them.
func (p *printer) list(n int, write func(i int)) {
	for i := range n {
		if i > 0 {
			p.raw(", ")
		}
		write(i)
	}
}

func (p *printer) query(q *Query) {
	p.raw("SELECT ")
	p.selectList(q.Select)
	p.raw(" FROM ")
	p.source(q.From)
	for _, s := range q.More {
		p.raw(", ")
		p.source(s)
	}
	if q.Scope != nil {
		p.raw(" USING SCOPE ", q.Scope.Text)
	}
	if q.Where != nil {
		p.raw(" WHERE ")
		p.expr(q.Where, false)
	}
	if q.With != nil {
		p.with(q.With)
	}
	if q.Group != nil {
		p.group(q.Group)
	}
	if q.Having != nil {
		p.raw(" HAVING ")
		p.expr(q.Having, false)
	}
	p.orderBy(q.OrderBy)
	p.limits(q.Limit, q.Offset)
	if q.AllRows != nil {
		p.raw(" ALL ROWS")
	}
	for _, f := range q.For {
		p.raw(" FOR ", f.Text)
	}
	p.update(q.Update)
}

func (p *printer) selectList(items []SelectItem) {
	p.list(len(items), func(i int) {
		p.column(items[i].Column)
		if a := items[i].Alias; a != nil {
			p.raw(" ", a.Text)
		}
	})
}

func (p *printer) source(s Source) {
	p.raw(s.Path.String())
	if s.Alias == nil {
		return
	}
	// An alias that could begin a clause, such as Offset, needs its AS.
	if a := (token{kind: tokIdent, text: s.Alias.Text}); a.isOneOf("AS", "ALL", "FOR", "OFFSET", "UPDATE") {
		p.raw(" AS")
	}
	p.raw(" ", s.Alias.Text)
}

func (p *printer) with(w *With) {
	p.raw(" WITH ")
	switch {
	case w.Categories != nil:
		p.raw("DATA CATEGORY ")
		p.categories(w.Categories)
	case w.Cond != nil:
		p.expr(w.Cond, false)
	default:
		p.raw(w.Mode)
	}
}

func (p *printer) categories(list []Category) {
	for i, c := range list {
		if i > 0 {
			p.raw(" AND ")
		}
		p.raw(c.Group.Text, " ", c.Selector, " (")
		p.list(len(c.Names), func(i int) { p.raw(c.Names[i].Text) })
		p.raw(")")
	}
}

func (p *printer) group(g *Group) {
	p.raw(" GROUP BY ")
	switch g.Mode {
	case Rollup:
		p.raw("ROLLUP(")
	case Cube:
		p.raw("CUBE(")
	case Plain:
	}
	p.list(len(g.Items), func(i int) { p.column(g.Items[i]) })
	if g.Mode != Plain {
		p.raw(")")
	}
}

func (p *printer) orderBy(items []OrderItem) {
	if len(items) == 0 {
		return
	}
	p.raw(" ORDER BY ")
	p.list(len(items), func(i int) {
		p.column(items[i].Operand)
		if items[i].Desc {
			p.raw(" DESC")
		}
		switch items[i].Nulls {
		case NullsFirst:
			p.raw(" NULLS FIRST")
		case NullsLast:
			p.raw(" NULLS LAST")
		case NullsDefault:
		}
	})
}

func (p *printer) limits(limit, offset *Int) {
	if limit != nil {
		p.raw(" LIMIT ", strconv.Itoa(limit.N))
	}
	if offset != nil {
		p.raw(" OFFSET ", strconv.Itoa(offset.N))
	}
}

func (p *printer) update(names []Name) {
	if len(names) == 0 {
		return
	}
	p.raw(" UPDATE ")
	p.list(len(names), func(i int) { p.raw(names[i].Text) })
}

func (p *printer) column(c Column) {
	switch c := c.(type) {
	case *Path:
		p.raw(c.String())
	case *Call:
		p.raw(c.Func.String(), "(")
		if c.Arg != nil {
			p.column(c.Arg)
		}
		p.raw(")")
	case *Distance:
		p.raw("DISTANCE(")
		p.place(c.From)
		p.raw(", ")
		p.place(c.To)
		p.raw(", '", c.Unit, "')")
	case *AllFields:
		p.raw("FIELDS(", c.Set, ")")
	case *TypeOf:
		p.typeOf(c)
	case *Query:
		p.raw("(")
		p.query(c)
		p.raw(")")
	}
}

func (p *printer) place(pl Place) {
	if pl.Field != nil {
		p.raw(pl.Field.String())
		return
	}
	p.raw("GEOLOCATION(", pl.Lat.Text, ", ", pl.Long.Text, ")")
}

func (p *printer) typeOf(t *TypeOf) {
	p.raw("TYPEOF ", t.Path.String())
	for _, w := range t.Whens {
		p.raw(" WHEN ", w.Object.Text, " THEN ")
		p.list(len(w.Fields), func(i int) { p.raw(w.Fields[i].String()) })
	}
	if t.Else != nil {
		p.raw(" ELSE ")
		p.list(len(t.Else), func(i int) { p.raw(t.Else[i].String()) })
	}
	p.raw(" END")
}

// expr writes a condition, in parentheses where it is joined and inside another one.
func (p *printer) expr(e Expr, inside bool) {
	switch e := e.(type) {
	case *And:
		p.joined(e.Args, " AND ", inside)
	case *Or:
		p.joined(e.Args, " OR ", inside)
	case *Not:
		p.raw("NOT ")
		p.expr(e.Arg, true)
	case *Predicate:
		p.predicate(e)
	}
}

func (p *printer) joined(args []Expr, joint string, inside bool) {
	if inside {
		p.raw("(")
	}
	for i, a := range args {
		if i > 0 {
			p.raw(joint)
		}
		p.expr(a, true)
	}
	if inside {
		p.raw(")")
	}
}

func (p *printer) predicate(e *Predicate) {
	p.column(e.Operand)
	p.raw(" ", e.Op.String(), " ")
	switch {
	case e.Semi != nil:
		p.raw("(")
		p.query(e.Semi)
		p.raw(")")
	case e.Op >= In:
		p.raw("(")
		p.list(len(e.Values), func(i int) { p.literal(e.Values[i]) })
		p.raw(")")
	default:
		p.literal(e.Values[0])
	}
}

func (p *printer) literal(v Literal) {
	switch v.Kind {
	case Null:
		p.raw("NULL")
	case Bool:
		p.raw(strings.ToUpper(strconv.FormatBool(v.Bool)))
	case String:
		p.b = appendQuoted(p.b, v.Pattern)
	case Currency:
		p.raw(v.Code, v.Text)
	case DateLiteral:
		p.raw(v.Text)
		if countedDate(v.Text) {
			p.raw(":", strconv.Itoa(v.N))
		}
	case Number, Date, DateTime, TimeOfDay:
		p.raw(v.Text)
	}
}
