// Package bulk keeps the jobs that load or export many records: their rows, what
// was uploaded for them in parts, and what came of it. It knows no protocol, no
// object and no session; its one invariant is that a step of a job is noted in
// the transaction that did it, by one worker alone, so that nothing is done twice.
package bulk

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// The key prefixes of jobs and of their batches, which are no objects. Source: the API's own.
const (
	JobPrefix   = "750"
	BatchPrefix = "751"
)

// A State is where a job or a batch stands.
type State string

// The states. A job goes from Open over UploadComplete (version 1: Closed) and
// InProgress to JobComplete or Failed, or is Aborted on the way; a batch from
// Queued over InProgress to Completed or Failed, unless it is NotProcessed.
const (
	Open           State = "Open"
	UploadComplete State = "UploadComplete"
	Closed         State = "Closed"
	InProgress     State = "InProgress"
	JobComplete    State = "JobComplete"
	Failed         State = "Failed"
	Aborted        State = "Aborted"

	Queued       State = "Queued"
	Completed    State = "Completed"
	NotProcessed State = "NotProcessed"
)

// Ended reports whether nothing more is done for a job of version 2 in this state.
func (s State) Ended() bool { return s == JobComplete || s == Failed || s == Aborted }

// A Job is one job of either version of the API.
type Job struct {
	ID          record.ID
	API         int    // 1 or 2
	Operation   string // insert, update, upsert, delete, hardDelete, query or queryAll
	Object      string
	ExternalID  string
	Query       string // of an export
	Format      string // CSV, JSON, XML, ZIP_CSV, ZIP_JSON or ZIP_XML
	Delimiter   string // COMMA, …
	LineEnding  string // LF or CRLF
	Concurrency string // Parallel or Serial
	Version     int    // of the API in the request
	Options     string // JSON, known to the door alone
	Owner       record.ID
	Purpose     string
	App         string
	State       State
	Error       string
	Created     time.Time
	Modified    time.Time
	Upload      int64  // number of what was uploaded, or of the pages of an export; 0 for none
	Header      string // of what was uploaded
	Total       int64  // rows uploaded
	Done        int    // parts, or pages of an export, that are done
	Processed   int64  // rows
	Failed      int64  // rows of them
	Millis      int64  // that were worked on it
	Retries     int
	Mark        string // the last id that an export has read
}

// Exports reports whether the job reads.
func (j *Job) Exports() bool { return j.Operation == "query" || j.Operation == "queryAll" }

// A Tx reads and writes jobs in a transaction, those that a viewer may see.
type Tx struct {
	tx     store.Tx
	viewer record.ID
}

// New returns the jobs of a viewer in a transaction: "" sees those of everybody.
func New(tx store.Tx, viewer record.ID) *Tx { return &Tx{tx, viewer} }

// Now is the time of the transaction.
func (t *Tx) Now() time.Time { return t.tx.Now() }

// AfterCommit runs f once the transaction is durable.
func (t *Tx) AfterCommit(f func()) { t.tx.AfterCommit(f) }

type column struct {
	name  string
	class store.Class
}

func outs(cols []column) []store.Out {
	out := make([]store.Out, len(cols))
	for i, c := range cols {
		out[i] = store.Out{Class: c.class}
	}
	return out
}

// selects begins SELECT … FROM a table.
func (t *Tx) selects(cols []column, table string) *store.SQL {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT ")
	for i, c := range cols {
		if i > 0 {
			q.Raw(", ")
		}
		q.Name(c.name)
	}
	return q.Raw(" FROM ").Table(table)
}

// insert adds a row.
func (t *Tx) insert(ctx context.Context, cols []column, table string, values []record.Value) error {
	q := store.NewSQL(t.tx.Dialect()).Raw("INSERT INTO ").Table(table)
	for i, c := range cols {
		q.Raw([2]string{" (", ", "}[min(i, 1)]).Name(c.name)
	}
	for i, c := range cols {
		q.Raw([2]string{") VALUES (", ", "}[min(i, 1)])
		arg(q, c, values[i])
	}
	_, err := t.tx.Exec(ctx, q.Raw(")"))
	return err
}

// arg appends a value; a text may be empty.
func arg(q *store.SQL, c column, v record.Value) {
	if c.class == store.Text && v.IsNull() {
		q.Str("")
		return
	}
	q.Arg(c.class, v)
}

// oneOf appends the condition that state is one of some, nothing where there are none.
func oneOf(q *store.SQL, states []State) {
	for i, s := range states {
		q.Raw([2]string{" AND state IN (", ", "}[min(i, 1)]).Str(string(s))
	}
	if len(states) > 0 {
		q.Raw(")")
	}
}

// uploadLife is after how long an upload goes that no job has got.
const uploadLife = 24 * time.Hour

// NewUpload returns the number of a new upload.
func (t *Tx) NewUpload(ctx context.Context) (int64, error) {
	n, err := t.tx.NewNumbers(ctx, "stoa.bulk.upload", 1)
	if err != nil {
		return 0, err
	}
	q := store.NewSQL(t.tx.Dialect()).Raw("INSERT INTO ").Table(store.BulkUploadTable).Raw(" (upload, due) VALUES (").Int(n).Raw(", ").
		Arg(store.DateTime, record.OfInstant(t.tx.Now().Add(uploadLife))).Raw(")")
	_, err = t.tx.Exec(ctx, q)
	return n, err
}
