package dml

import (
	"stoa/internal/fault"
	"stoa/internal/record"
)

// A Result is what became of one draft.
type Result struct {
	ID      record.ID // "" where an insert failed
	Created bool
	Errors  []*fault.Error // empty: success
	Matches []record.ID    // upsert by a key that several records have
}

// OK reports whether the draft was written.
func (r Result) OK() bool { return len(r.Errors) == 0 }
