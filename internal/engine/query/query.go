// Package query turns SOQL into rows: text → bound tree → plan → SQL of the
// dialect → record.Result. It decides nothing about rights: it asks access for
// them and puts the answer into the SQL; its one invariant is that a query
// never names a field or a row that its access does not grant.
package query

import (
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
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
	Plans       *Plans // of the org; nil: nothing is kept
	// Schedules are the jobs that come again and again, and System who does them, for the objects that tell of jobs.
	Schedules []Schedule
	System    record.ID
	// Looks takes what the query says that the user looks at; nil: nobody wants to know.
	Looks *[]Look
}

// Options say how a query is run.
type Options struct {
	All       bool // deleted rows too
	BatchSize int  // rows in the first batch
	Levels    int  // of queries in each other, the outermost one included; 0 for as many as SOQL has
	// After asks for the rows that follow the one with these ORDER BY values and, last, this id (keyset paging).
	After []record.Value
	// NoTotal skips counting: Total is -1 and Next is "more" where there are more rows than the batch.
	NoTotal bool
	// Words are to be in every row.
	Words *Words
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
	Rest *[]Rest // as Options.Rest, for the batches to come
}
