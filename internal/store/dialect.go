package store

import "stoa/internal/record"

// A Dialect writes what SQLite and PostgreSQL say differently. Functions that
// take e get SQL text of an expression that they wrap by writing around write().
type Dialect interface {
	Name() string // "sqlite" or "postgres"
	AppendTable(dst []byte, name string) []byte
	AppendPlaceholder(dst []byte, n int, c Class) []byte
	AppendIn(dst []byte, n int) []byte

	// Fold writes record.Fold of a text expression that has no shadow.
	Fold(s *SQL, write func())
	// Like writes that a text expression matches a pattern of LIKE, in which \ escapes. Letter case counts.
	Like(s *SQL, pattern string, write func())
	// DatePart writes a whole number out of a Date or DateTime expression. zone is "" for UTC, else an IANA name, for DateTime only.
	// DayOnly gives a Date.
	DatePart(s *SQL, part DatePart, of Class, zone string, write func())
	// Distance writes the great-circle distance in kilometres between two places in degrees (Out.Float).
	// Each latitude and longitude is an expression of class Decimal with the given scale.
	Distance(s *SQL, scale uint8, lat1, lon1, lat2, lon2 func())
	// Live writes the condition that a row of alias is not deleted, in the very form that partial indexes have.
	Live(s *SQL, alias string)
	// SkipLocked ends a SELECT that takes its rows for this transaction alone and passes over those that others have.
	SkipLocked(s *SQL)
	// False writes the condition that an expression of class Bool is false, in the very form that partial indexes have.
	False(s *SQL, write func())
	// Avg writes the average of an expression of class Int or Decimal (Out.Float).
	Avg(s *SQL, write func())

	// IDLess writes that an ID expression comes before (or, with orEqual, at) id in the order of the 15-character form.
	// With greater it writes after. prefix is the object's key prefix.
	IDCompare(s *SQL, prefix string, greater, orEqual bool, id record.ID, write func())
	// IDOrder writes the expression by which rows of one object are ordered by id. It writes only
	// the expression itself where the numbers of the ids grow as their text does.
	IDOrder(s *SQL, prefix string, write func())
	// IDHasPrefix writes that an ID expression belongs to the object with a key prefix.
	IDHasPrefix(s *SQL, prefix string, write func())

	// Search writes a SELECT of the ids (column "id") and ranks (column "rank", a whole number, smaller is better) of the
	// documents of a table that match m, to be joined to the table. In the descending order of id it is read as far as it
	// is asked for, and the rank of a document depends on that document alone: neither looks at everything that matches.
	Search(s *SQL, table string, m Match)
}

// A DatePart is a part of a date that SOQL can group by.
type DatePart uint8

// The parts, with SOQL's meaning.
const (
	CalendarYear    DatePart = iota
	CalendarQuarter          // 1-4
	CalendarMonth            // 1-12
	DayInMonth
	DayInWeek // 1 = Sunday
	DayInYear
	WeekInMonth // days 1-7 are week 1
	WeekInYear  // 1-7 January is week 1
	HourInDay
	DayOnly
)

// A Match is a search term as a tree. Words are folded and hold no operators.
type Match struct {
	Op    MatchOp
	Words []string // Word: one; Phrase: several. A '*' in a word is any run, a '?' is one character
	Args  []Match  // And, Or: several; AndNot: two
	In    SearchGroup
}

// A MatchOp is a node of a Match.
type MatchOp uint8

// The operators.
const (
	Word MatchOp = iota
	Phrase
	And
	Or
	AndNot
)

// A SearchGroup is a part of a Doc.
type SearchGroup uint8

// The groups of SOSL. InKey is a part of its sidebar.
const (
	InAll SearchGroup = iota
	InName
	InEmail
	InPhone
	InKey
)
