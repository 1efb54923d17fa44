// Package query turns SOQL into rows: text → bound tree → plan → SQL of the
// dialect → record.Result. It decides nothing about rights: it asks access for
// them and puts the answer into the SQL; its one invariant is that a query
// never names a field or a row that its access does not grant.
package query

import (
	"context"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An Env is who asks and under which catalog.
type Env struct {
	Snapshot    *catalog.Snapshot
	Access      *access.Access
	Use         *purpose.Use
	User        record.ID
	Zone        *time.Location
	Locale      string // en_US
	Language    string // en_US
	FiscalStart time.Month
}

// Options say how a query is run.
type Options struct {
	All       bool // deleted rows too
	BatchSize int  // rows in the first batch
	// After asks for the rows that follow the one with these ORDER BY values and, last, this id (keyset paging).
	After []record.Value
	// NoTotal skips counting: Total is -1 and Next is "more" where there are more rows than the batch.
	NoTotal bool
	// Rest takes the cursors of child sets larger than a batch. Where it is nil every child is returned.
	Rest *[]Rest
}

// A Rest is the cursor of one parent's children, of which Returned are in the result. The caller keeps the
// cursor and puts the locator of what follows into Span.Next.
type Rest struct {
	Span     *record.Span
	Returned int
	Cursor   *Cursor
}

// A Cursor is the rest of a query: the ids of all its rows as they were at the first call.
type Cursor struct {
	Text string
	All  bool
	IDs  []record.ID
}

// Search runs a SOSL search and returns a result an object, in RETURNING's order.
func Search(ctx context.Context, tx store.Tx, env *Env, text string) ([]*record.Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

// ColumnMetadata is one column of a query as columns=true describes it.
type ColumnMetadata struct {
	Name, DisplayName, ForeignKey string
	ApexType                      string
	Aggregate, Bool, Number, Text bool
	Custom, Insertable, Updatable bool
	Join                          []ColumnMetadata
}

// Columns is what a query would return, without its rows.
type Columns struct {
	Object, KeyPrefix   string
	GroupBy, IDSelected bool
	Columns             []ColumnMetadata
}

// Describe binds a query and returns its columns.
func Describe(env *Env, text string) (*Columns, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

// A Plan is one way to run a query, as explain shows it.
type Plan struct {
	Cardinality, ObjectCardinality int64
	Fields                         []string
	Operation                      string // Index, TableScan, Sharing, Other
	Notes                          []Note
	RelativeCost                   float64
	Object                         string
}

// A Note says why an index was not used.
type Note struct {
	Description string
	Fields      []string
	Object      string
}

// Explain returns the plans for a query, the chosen one first.
func Explain(ctx context.Context, tx store.Tx, env *Env, text string) ([]Plan, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}
