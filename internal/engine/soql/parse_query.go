package soql

import (
	"strconv"
	"strings"

	"stoa/internal/fault"
)

// query reads a query or, from level 2 on, a child query.
func (p *parser) query(level int) *Query {
	q := &Query{Pos: p.tok().pos}
	p.wantKey("SELECT")
	q.Select = p.selectList(level)
	p.wantKey("FROM")
	q.From = p.source()
	for level == 1 && p.mark(",") {
		q.More = append(q.More, p.source())
	}
	if p.key("USING", "SCOPE") {
		scope := p.name()
		q.Scope = &scope
	}
	if p.key("WHERE") {
		q.Where = p.condition(inWhere)
	}
	if level == 1 {
		q.With = p.with()
		if q.Group = p.group(); q.Group != nil && p.key("HAVING") {
			q.Having = p.condition(inHaving)
		}
	}
	if q.countsRows() && p.tok().is("ORDER") {
		p.unexpected()
	}
	q.OrderBy = p.orderBy(inOrder)
	q.Limit, q.Offset = p.limits()
	if at := p.tok(); level == 1 && p.key("ALL", "ROWS") {
		q.AllRows = &Name{Text: "ALL ROWS", Pos: at.pos}
	}
	uses := []string{"VIEW", "REFERENCE", "UPDATE"}
	if level > 1 {
		uses = uses[:2]
	}
	for p.key("FOR") {
		q.For = append(q.For, p.oneOf(uses...))
	}
	if level == 1 {
		q.Update = p.update()
	}
	return q
}

// countsRows reports whether q is SELECT COUNT().
func (q *Query) countsRows() bool {
	c, ok := q.Select[0].Column.(*Call)
	return ok && c.Func == Count && c.Arg == nil
}

func (p *parser) limits() (limit, offset *Int) {
	if p.key("LIMIT") {
		limit = p.number()
	}
	if p.key("OFFSET") {
		if offset = p.number(); offset != nil && offset.N > maxOffset {
			p.fail(fault.New(fault.NumberOutsideValidRange, "Maximum SOQL offset allowed is 2000"))
		}
	}
	return limit, offset
}

// update reads UPDATE TRACKING, VIEWSTAT.
func (p *parser) update() []Name {
	if !p.key("UPDATE") {
		return nil
	}
	names := []Name{p.oneOf("TRACKING", "VIEWSTAT")}
	for p.mark(",") {
		names = append(names, p.oneOf("TRACKING", "VIEWSTAT"))
	}
	return names
}

// source reads an object or a path, and its alias.
func (p *parser) source() Source {
	s := Source{Path: p.path()}
	if p.key("AS") || p.tok().kind == tokIdent && !notAlias(p.tok()) && !p.clause() {
		if notAlias(p.tok()) {
			p.unexpected()
		}
		alias := p.name()
		s.Alias = &alias
	}
	return s
}

// clause reports whether a clause begins with the word ahead, which could be an alias too.
func (p *parser) clause() bool {
	next := p.ahead(1)
	switch t := p.tok(); {
	case t.is("OFFSET"):
		return next.kind == tokNumber || next.isMark(":")
	case t.is("ALL"):
		return next.is("ROWS")
	case t.is("FOR"):
		return next.isOneOf("VIEW", "REFERENCE", "UPDATE")
	case t.is("UPDATE"):
		return next.isOneOf("TRACKING", "VIEWSTAT")
	default:
		return false
	}
}

func (p *parser) selectList(level int) []SelectItem {
	items := []SelectItem{p.selectItem(level, true)}
	for p.mark(",") {
		items = append(items, p.selectItem(level, false))
	}
	return items
}

func (p *parser) selectItem(level int, first bool) SelectItem {
	var item SelectItem
	switch t := p.tok(); {
	case t.isMark("("):
		item.Column = p.child(level)
	case t.is("FIELDS") && p.ahead(1).isMark("("):
		item.Column = p.fields()
		return item
	case t.is("TYPEOF") && p.typeOfAhead():
		item.Column = p.typeOf()
		return item
	default:
		if level == 1 && t.is("COUNT") && p.ahead(1).isMark("(") && p.ahead(2).isMark(")") {
			if !first {
				p.unexpected()
			}
			p.advance()
			p.advance()
			p.advance()
			if !p.tok().is("FROM") {
				p.unexpected()
			}
			item.Column = &Call{Func: Count, Pos: t.pos}
			return item
		}
		item.Column = p.operand(inSelect)
	}
	if t := p.tok(); t.kind == tokIdent && !notAlias(t) {
		alias := p.name()
		item.Alias = &alias
	}
	return item
}

// child reads a child query in its parentheses.
func (p *parser) child(level int) *Query {
	at := p.advance().pos
	switch p.children++; {
	case p.children > maxChildQueries:
		p.failAt(at, "A query can have at most "+strconv.Itoa(maxChildQueries)+" child queries.")
	case level == p.levels:
		p.failAt(at, "Child queries can be nested "+strconv.Itoa(p.levels)+" levels deep at most.")
	}
	q := p.query(level + 1)
	p.wantMark(")")
	return q
}

func (p *parser) fields() *AllFields {
	at := p.advance().pos
	p.advance()
	f := &AllFields{Set: p.oneOf("ALL", "STANDARD", "CUSTOM").Text, Pos: at}
	p.wantMark(")")
	return f
}

// typeOfAhead tells TYPEOF What WHEN from a field named Typeof with an alias.
func (p *parser) typeOfAhead() bool {
	n := 1
	for p.ahead(n).kind == tokIdent && p.ahead(n+1).isMark(".") {
		n += 2
	}
	return p.ahead(n).kind == tokIdent && p.ahead(n+1).is("WHEN")
}

func (p *parser) typeOf() *TypeOf {
	t := &TypeOf{Pos: p.advance().pos}
	t.Path = p.path()
	for p.key("WHEN") {
		w := When{Object: p.name()}
		p.wantKey("THEN")
		w.Fields = p.paths()
		t.Whens = append(t.Whens, w)
	}
	if p.key("ELSE") {
		t.Else = p.paths()
	}
	p.wantKey("END")
	return t
}

func (p *parser) paths() []Path {
	list := []Path{p.path()}
	for p.mark(",") {
		list = append(list, p.path())
	}
	return list
}

// with reads WITH, nil where there is none.
func (p *parser) with() *With {
	at := p.tok().pos
	if !p.key("WITH") {
		return nil
	}
	w := &With{Pos: at}
	switch t := p.tok(); {
	case t.isOneOf("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"):
		w.Mode = strings.ToUpper(t.text)
		p.advance()
	case p.key("DATA", "CATEGORY"):
		w.Categories = p.categories()
	default:
		w.Cond = p.condition(inWhere)
	}
	return w
}

// categories reads what follows DATA CATEGORY.
func (p *parser) categories() []Category {
	var list []Category
	for {
		c := Category{Group: p.name()}
		c.Selector = p.oneOf("AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW").Text
		if p.mark("(") {
			c.Names = append(c.Names, p.name())
			for p.mark(",") {
				c.Names = append(c.Names, p.name())
			}
			p.wantMark(")")
		} else {
			c.Names = []Name{p.name()}
		}
		list = append(list, c)
		if !p.key("AND") {
			return list
		}
	}
}

// group reads GROUP BY, nil where there is none.
func (p *parser) group() *Group {
	at := p.tok().pos
	if !p.key("GROUP") {
		return nil
	}
	p.wantKey("BY")
	g := &Group{Pos: at}
	if p.ahead(1).isMark("(") {
		switch {
		case p.key("ROLLUP"):
			g.Mode = Rollup
		case p.key("CUBE"):
			g.Mode = Cube
		}
	}
	if g.Mode != Plain {
		p.wantMark("(")
	}
	g.Items = append(g.Items, p.operand(inGroup))
	for p.mark(",") {
		g.Items = append(g.Items, p.operand(inGroup))
	}
	if g.Mode != Plain {
		p.wantMark(")")
		if len(g.Items) > maxSubtotals {
			p.failAt(at, "ROLLUP and CUBE take at most "+strconv.Itoa(maxSubtotals)+" fields.")
		}
	}
	return g
}

// orderBy reads ORDER BY, nil where there is none.
func (p *parser) orderBy(place place) []OrderItem {
	at := p.tok().pos
	if !p.key("ORDER") {
		return nil
	}
	p.wantKey("BY")
	items := []OrderItem{p.orderItem(place)}
	for p.mark(",") {
		items = append(items, p.orderItem(place))
	}
	if len(items) > maxOrderItems {
		p.failAt(at, "ORDER BY takes at most "+strconv.Itoa(maxOrderItems)+" fields.")
	}
	return items
}

func (p *parser) orderItem(place place) OrderItem {
	item := OrderItem{Operand: p.operand(place)}
	if !p.key("ASC") {
		item.Desc = p.key("DESC")
	}
	if p.key("NULLS") {
		if p.oneOf("FIRST", "LAST").Text == "FIRST" {
			item.Nulls = NullsFirst
		} else {
			item.Nulls = NullsLast
		}
	}
	return item
}
