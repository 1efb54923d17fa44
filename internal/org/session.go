// Package org is the door. An Org is one tenant: its catalog, its store and
// its engine. A Session is an actor in it with a purpose. Nobody above passes
// by it; its one invariant is that a row is read or written only through a
// Session, under its access filter, and leaves a use entry.
package org

import (
	"context"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// An Actor is who is asking.
type Actor struct {
	User     record.ID
	Name     string
	Username string
	Email    string
	Profile  string // name of the profile
	Locale   string // en_US
	Language string // en_US
	Zone     *time.Location
	App      string // connected app or "console"
	AppID    record.ID
	IP       string
}

// A Channel is the door that a request came through, as use entries name it.
type Channel string

// The channels.
const (
	REST    Channel = "rest"
	SOAP    Channel = "soap"
	Console Channel = "console"
	Portal  Channel = "portal"
	CLI     Channel = "cli"
	Job     Channel = "job"
	Mail    Channel = "mail"
	System  Channel = "system"
)

// QueryOptions say how a query is run.
type QueryOptions struct {
	All       bool // queryAll: deleted rows too
	BatchSize int  // 200…2000, 0 for 2000: rows in the first batch
	// After asks for the rows that follow one whose ORDER BY values and id are given (keyset paging); Total is then -1.
	After []record.Value
	// NoTotal skips the count of all matching rows: Total is then -1 where there is more than one batch, and Next is "more".
	NoTotal bool
}

// ColumnMetadata is one column of a query as columns=true describes it.
type ColumnMetadata struct {
	Name, DisplayName, ForeignKey string
	ApexType                      string
	Aggregate, Bool, Number, Text bool
	Custom, Insertable, Updatable bool
	Join                          []ColumnMetadata
}

// QueryColumns is what a query would return, without its rows.
type QueryColumns struct {
	Object, KeyPrefix   string
	GroupBy, IDSelected bool
	Columns             []ColumnMetadata
}

// A Plan is one way to run a query, as explain shows it.
type Plan struct {
	Cardinality, ObjectCardinality int64
	Fields                         []string
	Operation                      string // Index, TableScan, Sharing, Other
	Notes                          []PlanNote
	RelativeCost                   float64
	Object                         string
}

// A PlanNote says why an index was not used.
type PlanNote struct {
	Description string
	Fields      []string
	Object      string
}

// SearchResult is what a search found, object by object in RETURNING's order.
type SearchResult struct {
	Objects []*record.Result
}

// Reader is what a Session reads by. The doors depend on it only through Session; it is written out as one list
// so that the whole way in is on one page.
type Reader interface {
	Query(ctx context.Context, soql string, opt QueryOptions) (*record.Result, error)
	More(ctx context.Context, locator string, batch int) (*record.Result, error)
	Columns(ctx context.Context, soql string) (*QueryColumns, error)
	Explain(ctx context.Context, soql string) ([]Plan, error)
	Search(ctx context.Context, sosl string) (*SearchResult, error)
	// Retrieve reads one record with the named fields (relationship paths allowed), all readable ones where there are none.
	Retrieve(ctx context.Context, object string, id record.ID, fields []string) (*record.Result, error)
	// Find returns the ids of the records whose field has a value, for upsert paths: at most 10.
	Find(ctx context.Context, object, field, value string) ([]record.ID, error)
	// Snapshot is the catalog as it is now; Access what the actor may do with it.
	Snapshot() *catalog.Snapshot
}

// WriteOptions say how a batch is written.
type WriteOptions struct {
	AllOrNone     bool
	AllowTruncate bool // cut text that is too long instead of refusing it
	AutoAssign    bool // run assignment rules
	KeepIDs       bool // insert: take the ids and audit fields that drafts bring (imports)
}

// Writer is what a Session writes by: at most 200 drafts a call, results in input order.
type Writer interface {
	Insert(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error)
	Update(ctx context.Context, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error)
	// Upsert inserts or updates by the value that each draft has for the key field.
	Upsert(ctx context.Context, key string, drafts []record.Draft, opt WriteOptions) ([]SaveResult, error)
	Delete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error)
	Undelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error)
	HardDelete(ctx context.Context, ids []record.ID, opt WriteOptions) ([]SaveResult, error)
	// Merge keeps master, gives it the draft's fields, moves the children of losers to it and deletes them.
	Merge(ctx context.Context, master record.Draft, losers []record.ID) (SaveResult, error)
}
