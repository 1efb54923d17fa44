package store

// A Class is how a column is kept. Dialects know classes and nothing finer.
type Class uint8

// The classes, with what SQLite and PostgreSQL keep.
const (
	Bool     Class = iota // INTEGER 0/1 · boolean, never null
	Int                   // INTEGER · bigint
	Decimal               // INTEGER, scaled by 10^Scale · numeric(18,Scale)
	Text                  // TEXT, compared bytewise · text COLLATE "C"
	Date                  // INTEGER days since 1970 · date
	DateTime              // INTEGER seconds since 1970 · timestamptz
	Time                  // INTEGER milliseconds since midnight · time(3)
	ID                    // INTEGER · bigint, both by the head dictionary (ids.go)
	Bytes                 // BLOB · bytea
)

// A Column is one column of a table.
type Column struct {
	Name  string
	Class Class
	Scale uint8 // of a Decimal
	// Folded columns have a shadow, named Name~f, that holds record.Fold of the text,
	// written by the store itself. Indexes and comparisons that ignore case use it.
	Folded  bool
	NotNull bool
}

// Shadow returns the name of the column that holds the folded text of a Folded column.
func Shadow(column string) string { return column + "~f" }

// Two columns have a meaning to the store itself: rows are keyed by Id, and
// where a table has IsDeleted, live rows are those without it.
const (
	IDColumn      = "Id"
	DeletedColumn = "IsDeleted"
)

// An Index is one index of a table. Its name is made from its content.
type Index struct {
	Columns []IndexColumn
	Unique  bool // nulls never collide
	Live    bool // only rows that are not deleted
	Sparse  bool // only rows whose first column is not null: for references and keys that most rows lack
	// False is a Bool column: only rows in which it is false. For the few that are open among many that are closed.
	False string
}

// An IndexColumn is one column of an index.
type IndexColumn struct {
	Name   string
	Folded bool // index the shadow
	Desc   bool
}

// A Table is a table with its indexes. Its first column is Id.
type Table struct {
	Name     string
	Columns  []Column
	Indexes  []Index
	Searched bool // its rows have documents in a search index of the table's own
}

// Words returns the name of the search index of a table.
func Words(table string) string { return table + WordsSuffix }

// WordsSuffix ends the names of search indexes.
const WordsSuffix = "~w"
