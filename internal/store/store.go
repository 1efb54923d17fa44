// Package store keeps tables of typed columns for one org, in one SQLite file
// or one PostgreSQL schema, behind one Dialect. It knows no objects, no users
// and no permissions; its one invariant is that nobody reads or writes a row
// without a Ticket, which says who does it and what for.
package store

import (
	"context"
	"errors"
	"time"

	"stoa/internal/record"
)

// A Ticket says under whose name and for which purpose rows are touched. It
// cannot be made outside this package but by Issue, which purpose and org call.
type Ticket struct {
	actor   record.ID
	purpose string
	channel string
}

// Issue makes a Ticket. Only engine/purpose and org call it (layout_test.go
// holds them to it): everybody above is handed a Session instead.
func Issue(actor record.ID, purpose, channel string) Ticket {
	return Ticket{actor: actor, purpose: purpose, channel: channel}
}

// Actor, Purpose and Channel return what the ticket was issued for.
func (t Ticket) Actor() record.ID { return t.actor }
func (t Ticket) Purpose() string  { return t.purpose }
func (t Ticket) Channel() string  { return t.channel }

// Valid reports whether the ticket was issued.
func (t Ticket) Valid() bool { return t.purpose != "" }

// Errors on which callers decide.
var (
	// ErrSerialization says that a transaction met another one and may be tried again; the store has tried already.
	ErrSerialization = errors.New("transaction conflict")
	// ErrUnique says that a row would break a unique index.
	ErrUnique = errors.New("unique index violated")
	// ErrTicket says that a transaction was begun without a Ticket.
	ErrTicket = errors.New("no ticket")
	// ErrLocked says that another process has the data folder.
	ErrLocked = errors.New("data folder is in use by another server")
)

// A DB is the store of one org. It is safe for concurrent use.
type DB interface {
	// Dialect returns the SQL of this engine.
	Dialect() Dialect
	// Read runs f in a read transaction that sees one state of the store.
	Read(ctx context.Context, t Ticket, f func(Tx) error) error
	// Write runs f in a transaction and returns when it is durable. f must be short and must
	// not wait for anything; it may run again after a conflict, so it must not keep results of
	// an earlier run. On SQLite several calls share one commit: an error of f undoes only f.
	Write(ctx context.Context, t Ticket, f func(Tx) error) error
	// Wait returns a channel that is closed after the next commit of any Write in this process.
	Wait() <-chan struct{}
	// Stats tells size and health, for doctor and metrics.
	Stats(ctx context.Context) (Stats, error)
	// Check verifies the files or tables and returns what is wrong, one sentence each.
	Check(ctx context.Context) ([]string, error)
	Close() error
}

// Stats describes a store.
type Stats struct {
	Engine, Version string
	SizeBytes       int64
	Path            string // file, or database and schema; never a password
	Waiting         int    // calls of Write that wait for their turn
}

// A Tx is one transaction. It belongs to one goroutine.
type Tx interface {
	// Now is the one time of this transaction, in whole seconds UTC.
	Now() time.Time
	Ticket() Ticket
	Dialect() Dialect

	// Query runs a statement made with SQL. cols are the classes of its result columns.
	Query(ctx context.Context, q *SQL, cols []Out) (Rows, error)
	// Exec runs a statement and returns the number of rows it touched.
	Exec(ctx context.Context, q *SQL) (int64, error)
	// Insert adds rows; values are in the order of cols, which begins with Id.
	Insert(ctx context.Context, table string, cols []Column, rows [][]record.Value) error
	// Update sets cols of the rows with the given ids; values[i] are those of ids[i].
	Update(ctx context.Context, table string, cols []Column, ids []record.ID, values [][]record.Value) error
	// Delete removes rows for good.
	Delete(ctx context.Context, table string, ids []record.ID) error
	// Lock locks rows until the end of the transaction, in id order, and returns ErrSerialization after a while.
	Lock(ctx context.Context, table string, ids []record.ID) error
	// Try runs f so that its error undoes only what f did.
	Try(ctx context.Context, f func() error) error
	// AfterCommit runs f once the transaction is durable, never if it is undone. f must be quick.
	AfterCommit(f func())
	// Signal is AfterCommit for an f that only wakes who looks: writes that share the commit do not wait for it.
	Signal(f func())

	// NewIDs returns n new ids with a key prefix. They grow.
	NewIDs(ctx context.Context, prefix string, n int) ([]record.ID, error)
	// NewNumbers returns the first of n consecutive numbers of a named sequence that starts at 1.
	NewNumbers(ctx context.Context, sequence string, n int) (int64, error)

	// CreateTable, AddColumn, CreateIndex and DropIndex change the schema, at once visible in this transaction.
	// Each does nothing where the thing exists already, but that AddColumn of a Folded column fills its shadow from
	// what the column holds: it may have been folded before and written without. CreateIndex of a Unique index fails with ErrUnique.
	CreateTable(ctx context.Context, t Table) error
	AddColumn(ctx context.Context, table string, c Column) error
	CreateIndex(ctx context.Context, table string, i Index) error
	DropIndex(ctx context.Context, table string, i Index) error

	// Index puts documents into the search index of a Searched table in place of those with the same id; Unindex removes them.
	Index(ctx context.Context, table string, docs []Doc) error
	Unindex(ctx context.Context, table string, ids []record.ID) error
}

// Out describes one result column of a query.
type Out struct {
	Class Class
	Scale uint8 // of a Decimal
	// Float marks a result that the engine computes in floating point (an average, a distance): it is
	// read as a number of at most 15 significant digits. A SQLite Decimal must be divided by 10^Scale afterwards.
	Float bool
}

// Rows is a running query. Close it.
type Rows interface {
	// Fill appends up to n rows to p, whose width is the number of result columns, and reports whether there are no more.
	Fill(p *record.Page, n int) (done bool, err error)
	Close() error
}

// A Doc is what can be found of one record. Phone holds digits only, Key the ids that other systems know it by.
type Doc struct {
	ID                            record.ID
	Name, Email, Phone, Key, Body string
}

// Fetch runs a query and returns all its rows.
func Fetch(ctx context.Context, tx Tx, q *SQL, out ...Out) (*record.Page, error) {
	rows, err := tx.Query(ctx, q, out)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(len(out), 16)
	for {
		done, err := rows.Fill(p, 1<<16)
		if err != nil || done {
			return p, err
		}
	}
}
