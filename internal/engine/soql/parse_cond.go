package soql

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A place is where an operand stands: the kinds of functions that may be called there.
type place uint8

const (
	aggregates place = 1 << iota // and GROUPING
	labels                       // toLabel
	formats                      // FORMAT, convertCurrency
	dates
	distances
	semiJoins // not a function: IN (SELECT …)
	nested    // inside a semi-join

	inSelect      = aggregates | labels | formats | dates | distances
	inWhere       = labels | dates | distances | semiJoins
	inHaving      = aggregates | labels | dates | distances
	inGroup       = dates
	inOrder       = aggregates | dates | distances
	inSemiJoin    = inWhere | nested
	inSearch      = labels | formats
	inSearchWhere = labels | dates | distances
	inSearchOrder = dates | distances
)

// allows reports whether f may be called at the place.
func (pl place) allows(f Func) bool {
	switch {
	case f.Aggregate() || f == Grouping:
		return pl&aggregates != 0
	case f == ToLabel:
		return pl&labels != 0
	case f == Format || f == ConvertCurrency:
		return pl&formats != 0
	default:
		return f.Date() && pl&dates != 0
	}
}

// operand reads a path, or a function that the place allows. It never returns nil.
func (p *parser) operand(pl place) Operand {
	if !p.ahead(1).isMark("(") {
		return p.pathNode()
	}
	t := p.tok()
	if t.is("DISTANCE") && pl&distances != 0 {
		return p.distance()
	}
	f, ok := funcNamed(t.text)
	if t.kind != tokIdent || !ok || !pl.allows(f) {
		if t.kind == tokIdent && !notName(t) {
			p.advance()
		}
		p.unexpected()
		return &Path{Names: []string{""}, Pos: t.pos}
	}
	p.advance()
	p.advance()
	c := &Call{Func: f, Pos: t.pos}
	switch {
	case f == Format && pl&aggregates == 0:
		c.Arg = p.argument(ConvertCurrency)
	case f == Format:
		c.Arg = p.argument(ConvertCurrency, Count, CountDistinct, Sum, Avg, Min, Max)
	case f.Date():
		c.Arg = p.argument(ConvertTimezone)
	default:
		c.Arg = p.pathNode()
	}
	p.wantMark(")")
	return c
}

// argument reads a path, or one of several functions of a path.
func (p *parser) argument(funcs ...Func) Operand {
	if !p.ahead(1).isMark("(") {
		return p.pathNode()
	}
	t := p.tok()
	for _, f := range funcs {
		if t.is(f.String()) {
			p.advance()
			p.advance()
			c := &Call{Func: f, Arg: p.pathNode(), Pos: t.pos}
			p.wantMark(")")
			return c
		}
	}
	p.advance()
	p.unexpected()
	return &Path{Names: []string{""}, Pos: t.pos}
}

func (p *parser) distance() *Distance {
	d := &Distance{Pos: p.advance().pos}
	p.advance()
	d.From = p.place()
	p.wantMark(",")
	d.To = p.place()
	p.wantMark(",")
	t := p.tok()
	if t.kind == tokString {
		d.Unit, _ = unquote(t.text)
		d.Unit = strings.ToLower(d.Unit)
	}
	if d.Unit != "mi" && d.Unit != "km" {
		p.unexpected()
	}
	p.advance()
	p.wantMark(")")
	return d
}

func (p *parser) place() Place {
	t := p.tok()
	if !t.is("GEOLOCATION") || !p.ahead(1).isMark("(") {
		return Place{Field: p.pathNode(), Pos: t.pos}
	}
	p.advance()
	p.advance()
	pl := Place{Pos: t.pos, Lat: p.degrees()}
	p.wantMark(",")
	pl.Long = p.degrees()
	p.wantMark(")")
	return pl
}

func (p *parser) degrees() Literal {
	t := p.tok()
	if t.kind != tokNumber {
		p.unexpected()
		return Literal{Kind: Number, Text: "0"}
	}
	p.advance()
	return Literal{Kind: Number, Text: t.text, Pos: t.pos}
}

// condition reads terms joined by AND, or by OR; both need parentheses.
func (p *parser) condition(pl place) Expr {
	at := p.tok().pos
	first := p.condTerm(pl)
	joint := ""
	if t := p.tok(); t.isOneOf("AND", "OR") {
		joint = strings.ToUpper(t.text)
	} else {
		return first
	}
	args := []Expr{first}
	for p.key(joint) {
		args = append(args, p.condTerm(pl))
	}
	if p.tok().isOneOf("AND", "OR") {
		p.unexpected()
	}
	if joint == "AND" {
		return &And{Args: args, Pos: at}
	}
	p.noSemiJoin(joint, args...)
	return &Or{Args: args, Pos: at}
}

// condTerm reads NOT, a condition in parentheses, or a predicate.
func (p *parser) condTerm(pl place) Expr {
	t := p.tok()
	switch {
	case t.is("NOT"):
		if !p.deeper() {
			break
		}
		p.advance()
		e := &Not{Arg: p.condTerm(pl), Pos: t.pos}
		p.depth--
		p.noSemiJoin("NOT", e.Arg)
		return e
	case t.isMark("("):
		if !p.deeper() {
			break
		}
		p.advance()
		e := p.condition(pl)
		p.depth--
		p.wantMark(")")
		return e
	}
	return p.predicate(pl)
}

// noSemiJoin fails where one of args holds a semi-join, which only AND may join with others.
func (p *parser) noSemiJoin(operator string, args ...Expr) {
	for _, a := range args {
		switch e := a.(type) {
		case *And:
			p.noSemiJoin(operator, e.Args...)
		case *Predicate:
			if e.Semi != nil {
				p.failAt(e.Semi.Pos, "Semi join sub-selects are not allowed with the '"+operator+"' operator")
			}
		}
	}
}

var comparisons = map[string]Op{
	"=": Equal, "!=": NotEqual, "<>": NotEqual, "<": Less, "<=": LessOrEqual, ">": Greater, ">=": GreaterOrEqual,
}

func (p *parser) predicate(pl place) *Predicate {
	e := &Predicate{Operand: p.operand(pl)}
	t := p.tok()
	e.OpPos = t.pos
	if op, ok := comparisons[t.text]; ok && t.kind == tokMark {
		if _, ok := e.Operand.(*Distance); ok && op != Less && op != Greater {
			p.unexpected()
		}
		p.advance()
		e.Op = op
		e.Values = []Literal{p.value()}
		return e
	}
	if _, ok := e.Operand.(*Distance); ok {
		p.unexpected()
	}
	switch {
	case p.key("LIKE"):
		e.Op = Like
		e.Values = []Literal{p.value()}
	case p.key("IN"):
		e.Op = In
		p.set(e, pl)
	case p.key("NOT"):
		p.wantKey("IN")
		e.Op = NotIn
		p.set(e, pl)
	case p.key("INCLUDES"):
		e.Op = Includes
		p.strings(e)
	case p.key("EXCLUDES"):
		e.Op = Excludes
		p.strings(e)
	default:
		p.unexpected()
	}
	return e
}

// set reads what follows IN.
func (p *parser) set(e *Predicate, pl place) {
	if p.tok().isMark(":") {
		p.bind()
	}
	p.wantMark("(")
	if p.tok().is("SELECT") && pl&semiJoins != 0 {
		p.semiJoin(e, pl)
	} else {
		e.Values = append(e.Values, p.value())
		for p.mark(",") {
			e.Values = append(e.Values, p.value())
		}
	}
	p.wantMark(")")
}

func (p *parser) semiJoin(e *Predicate, pl place) {
	q := &Query{Pos: p.advance().pos}
	if pl&nested != 0 {
		p.failAt(q.Pos, "Nesting of semi join sub-selects is not supported")
	}
	if p.semiJoins++; p.semiJoins > maxSemiJoins {
		p.failAt(q.Pos, "Maximum "+strconv.Itoa(maxSemiJoins)+" semi join sub-selects are allowed")
	}
	q.Select = []SelectItem{{Column: p.pathNode()}}
	p.wantKey("FROM")
	q.From = p.source()
	if p.key("WHERE") {
		q.Where = p.condition(inSemiJoin)
	}
	e.Semi = q
}

// strings reads what follows INCLUDES and EXCLUDES.
func (p *parser) strings(e *Predicate) {
	if p.tok().isMark(":") {
		p.bind()
	}
	p.wantMark("(")
	for {
		if p.tok().kind != tokString && !p.tok().isMark(":") {
			p.unexpected()
		}
		e.Values = append(e.Values, p.value())
		if !p.mark(",") {
			break
		}
	}
	p.wantMark(")")
}

// value reads a literal.
func (p *parser) value() Literal {
	t := p.tok()
	v := Literal{Text: t.text, Pos: t.pos}
	ok := true
	switch t.kind {
	case tokString:
		v.Kind = String
		v.Text, v.Pattern = unquote(t.text)
		if len(v.Text) > maxString && utf8.RuneCountInString(v.Text) > maxString {
			p.failAt(t.pos, "A string in a filter can not be longer than "+strconv.Itoa(maxString)+" characters")
		}
	case tokNumber:
		v.Kind = Number
	case tokCurrency:
		v.Kind, v.Code, v.Text = Currency, strings.ToUpper(t.text[:3]), t.text[3:]
	case tokDate:
		v.Kind = Date
		v.Time, ok = parseTime("2006-01-02", t.text)
	case tokDateTime:
		v.Kind = DateTime
		v.Time, ok = parseDateTime(t.text)
	case tokTime:
		v.Kind = TimeOfDay
		v.Time, ok = parseTime("2006-01-02T15:04:05Z07:00", "1970-01-01T"+strings.ToUpper(t.text))
	case tokIdent:
		return p.word(v)
	case tokMark:
		if t.text == ":" {
			p.bind()
		}
		ok = false
	default:
		ok = false
	}
	if !ok {
		p.unexpected()
	}
	p.advance()
	return v
}

func parseTime(layout, text string) (time.Time, bool) {
	t, err := time.Parse(layout, text)
	return t.UTC(), err == nil
}

// parseDateTime reads a datetime with a zone of any of its three forms.
func parseDateTime(text string) (time.Time, bool) {
	text = strings.ToUpper(text)
	if text[len(text)-1] != 'Z' && text[len(text)-3] != ':' {
		text = text[:len(text)-2] + ":" + text[len(text)-2:]
	}
	return parseTime("2006-01-02T15:04:05Z07:00", text)
}

// word reads a literal that is a word: a constant, an amount of money, or a date literal.
func (p *parser) word(v Literal) Literal {
	t := p.advance()
	word := strings.ToUpper(t.text)
	switch {
	case word == "NULL":
		v.Kind = Null
	case word == "TRUE" || word == "FALSE":
		v.Kind, v.Bool = Bool, word == "TRUE"
	case currencyShape(word):
		v.Kind, v.Code, v.Text = Currency, word[:3], word[3:]
	case plainDate(word):
		v.Kind, v.Text = DateLiteral, word
	case countedDate(word):
		v.Kind, v.Text, v.N = DateLiteral, word, p.count(t)
	default:
		p.unexpectedText(t.pos, t.text)
	}
	return v
}

// count reads :n behind a date literal. A blank may follow the colon, not come before it.
func (p *parser) count(word token) int {
	t := p.tok()
	if !t.isMark(":") || t.pos != word.end() {
		found := t.text
		switch {
		case t.kind == tokEnd:
			found = "<EOF>"
		case t.kind == tokBad || t.isMark(":"):
			_, n := utf8.DecodeRuneInString(p.text[word.end():])
			found = p.text[word.end() : word.end()+n]
		}
		p.failAt(word.end(), "expecting a colon, found '"+found+"'")
		return 0
	}
	p.advance()
	n := p.tok()
	digits := strings.TrimPrefix(n.text, "+")
	if n.kind != tokNumber || strings.Trim(digits, "0123456789") != "" {
		if n.isMark(":") {
			p.bind()
		}
		p.unexpected()
		return 0
	}
	p.advance()
	return atoi(digits)
}

// plainDate reports whether a word is a date literal without a number.
func plainDate(word string) bool {
	switch word {
	case "YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS":
		return true
	}
	which, unit, _ := strings.Cut(word, "_")
	if which != "LAST" && which != "THIS" && which != "NEXT" {
		return false
	}
	switch unit {
	case "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR":
		return true
	}
	return false
}

// countedDate reports whether a word is a date literal with a number.
func countedDate(word string) bool {
	unit, before := strings.CutPrefix(word, "LAST_N_")
	if !before {
		unit, before = strings.CutPrefix(word, "NEXT_N_")
	}
	if !before {
		u, ago := strings.CutSuffix(word, "_AGO")
		if unit, before = strings.CutPrefix(u, "N_"); !ago || !before {
			return false
		}
	}
	switch unit {
	case "DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS":
		return true
	}
	return false
}
