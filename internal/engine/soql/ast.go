package soql

import "time"

// Every node carries the byte offset in the query's text at which it starts, so that whoever finds it wrong can
// point at it with Excerpt. Names are kept as they were written; nothing is resolved.

// A Query is a query, a child query in a SELECT list, or the right side of a semi-join. What its place does not
// allow is empty: a child query has no With, Group, Having, AllRows or Update; a semi-join has one Path in
// Select, From and perhaps Where.
type Query struct {
	Pos     int
	Select  []SelectItem // at least one
	From    Source
	More    []Source // FROM Contact c, c.Account a
	Scope   *Name    // USING SCOPE, nil without
	Where   Expr     // nil without
	With    *With
	Group   *Group
	Having  Expr // only with Group
	OrderBy []OrderItem
	Limit   *Int
	Offset  *Int
	AllRows *Name  // ALL ROWS, nil without
	For     []Name // VIEW, REFERENCE, UPDATE in upper case
	Update  []Name // TRACKING, VIEWSTAT in upper case
}

// A Name is one identifier or keyword.
type Name struct {
	Text string
	Pos  int
}

// An Int is a whole number that is not negative.
type Int struct {
	N   int
	Pos int
}

// A Source is one entry of FROM: an object, a child relationship, or a path from an alias.
type Source struct {
	Path  Path
	Alias *Name // nil without
}

// A SelectItem is one entry of a SELECT list.
type SelectItem struct {
	Column Column
	Alias  *Name // nil without
}

// A Column is what a SELECT list can hold: *Path, *Call, *Distance, *AllFields, *TypeOf, or *Query for a child query.
type Column interface {
	Position() int
	column()
}

// An Operand is what can be compared, grouped and ordered: *Path, *Call or *Distance.
type Operand interface {
	Column
	operand()
}

// A Path is a field, after the relationships or the alias that lead to it.
type Path struct {
	Names []string // at least one
	Pos   int
}

// Last returns the last name: the field.
func (p *Path) Last() string { return p.Names[len(p.Names)-1] }

// A Call is a function of one argument.
type Call struct {
	Func Func
	Arg  Operand // *Path or *Call; nil only for COUNT()
	Pos  int
}

// A Distance is DISTANCE(from, to, unit).
type Distance struct {
	From, To Place
	Unit     string // mi or km
	Pos      int
}

// A Place is a location field, or a point in degrees where Field is nil.
type Place struct {
	Field     *Path
	Lat, Long Literal // Number
	Pos       int
}

// AllFields is FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM).
type AllFields struct {
	Set string // ALL, STANDARD or CUSTOM
	Pos int
}

// A TypeOf selects fields by the type of a polymorphic parent.
type TypeOf struct {
	Path  Path // the relationship
	Whens []When
	Else  []Path // nil without
	Pos   int
}

// A When is one WHEN Object THEN fields.
type When struct {
	Object Name
	Fields []Path
}

func (q *Query) Position() int     { return q.Pos }
func (p *Path) Position() int      { return p.Pos }
func (c *Call) Position() int      { return c.Pos }
func (d *Distance) Position() int  { return d.Pos }
func (a *AllFields) Position() int { return a.Pos }
func (t *TypeOf) Position() int    { return t.Pos }

func (*Query) column()     {}
func (*Path) column()      {}
func (*Call) column()      {}
func (*Distance) column()  {}
func (*AllFields) column() {}
func (*TypeOf) column()    {}

func (*Path) operand()     {}
func (*Call) operand()     {}
func (*Distance) operand() {}

// An Expr is a condition: *And, *Or, *Not or *Predicate. Parentheses are not kept; the tree says the same.
type Expr interface {
	Position() int
	expr()
}

// An And holds where all of Args do. It has at least two.
type And struct {
	Args []Expr
	Pos  int
}

// An Or holds where one of Args does. It has at least two.
type Or struct {
	Args []Expr
	Pos  int
}

// A Not holds where Arg does not.
type Not struct {
	Arg Expr
	Pos int
}

// A Predicate compares an operand with literals or with a semi-join.
type Predicate struct {
	Operand Operand
	Op      Op
	OpPos   int
	Values  []Literal // one, or for In, NotIn, Includes, Excludes at least one; nil with Semi
	Semi    *Query    // the SELECT behind In or NotIn
}

func (e *And) Position() int       { return e.Pos }
func (e *Or) Position() int        { return e.Pos }
func (e *Not) Position() int       { return e.Pos }
func (e *Predicate) Position() int { return e.Operand.Position() }

func (*And) expr()       {}
func (*Or) expr()        {}
func (*Not) expr()       {}
func (*Predicate) expr() {}

// A Literal is a value as it is written in a query.
type Literal struct {
	Kind Kind
	// Text is a String without quotes and escapes (\% is %), a Number or the number of a Currency as written, the
	// name of a DateLiteral in upper case, and else the literal as written.
	Text string
	// Pattern is a String for LIKE: % and _ are wildcards, and \ makes the %, _ or \ after it itself.
	Pattern string
	Code    string    // Currency: three letters in upper case
	Time    time.Time // Date: midnight UTC. DateTime: the moment, UTC. TimeOfDay: on 1970-01-01 UTC
	N       int       // DateLiteral: what follows the colon, else 0
	Bool    bool
	Pos     int
}

// A Kind is the kind of a Literal.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	String
	Number
	Currency
	Date
	DateTime
	TimeOfDay
	DateLiteral
)

// An Op is a comparison.
type Op uint8

// The comparisons; <> is NotEqual.
const (
	Equal Op = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Like
	In
	NotIn
	Includes
	Excludes
)

// String returns the comparison as SOQL writes it.
func (o Op) String() string { return opNames[o] }

var opNames = [...]string{"=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"}

// With is the WITH clause. Exactly one of its parts is set.
type With struct {
	Mode       string // SECURITY_ENFORCED, USER_MODE or SYSTEM_MODE
	Categories []Category
	Cond       Expr
	Pos        int
}

// A Category is one group of WITH DATA CATEGORY.
type Category struct {
	Group    Name
	Selector string // AT, ABOVE, BELOW or ABOVE_OR_BELOW
	Names    []Name
}

// A Group is the GROUP BY clause.
type Group struct {
	Mode  GroupMode
	Items []Operand // *Path or *Call of a date function
	Pos   int
}

// A GroupMode says which subtotals a Group makes.
type GroupMode uint8

// The modes.
const (
	Plain GroupMode = iota
	Rollup
	Cube
)

// An OrderItem is one entry of ORDER BY.
type OrderItem struct {
	Operand Operand
	Desc    bool
	Nulls   Nulls
}

// Nulls says where nulls go.
type Nulls uint8

// The places of nulls. NullsDefault is lowest: first of ascending, last of descending order.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)
