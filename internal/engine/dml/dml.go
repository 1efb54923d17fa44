// Package dml is the write pipeline: what happens to a batch of drafts between
// the client and the table, in the order of stages.go. It knows no protocol;
// its one invariant is that a batch is written whole or as its results say.
package dml

import (
	"context"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// MaxBatch is how many drafts a call may bring. Source: the API's own limit.
const MaxBatch = 200

// An Env is who writes and under which catalog.
type Env struct {
	Snapshot *catalog.Snapshot
	Access   *access.Access
	Use      *purpose.Use
	User     record.ID
}

// Options say how a batch is written.
type Options struct {
	AllOrNone     bool // one failure undoes all
	AllowTruncate bool // cut text that is too long instead of refusing it
	AutoAssign    bool // run assignment rules
	KeepIDs       bool // insert with the ids and audit fields that the drafts bring (imports)
	Seed          bool // the org's own rows: objects and fields that no client may write are written as given, nothing is derived
}

// Insert creates records; Update changes them by id; results are in input order.
func Insert(ctx context.Context, tx store.Tx, env *Env, drafts []record.Draft, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

func Update(ctx context.Context, tx store.Tx, env *Env, drafts []record.Draft, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

// Upsert inserts or updates by the value that each draft brings for the key field (Id or an external id).
func Upsert(ctx context.Context, tx store.Tx, env *Env, key string, drafts []record.Draft, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

// Delete puts records and what hangs on them into the recycle bin, Undelete takes them out, HardDelete removes them for good.
func Delete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

func Undelete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

func HardDelete(ctx context.Context, tx store.Tx, env *Env, ids []record.ID, opt Options) ([]Result, error) {
	return nil, fault.New(fault.UnknownException, "not built")
}

// Merge gives master the draft's fields, moves the children of losers to it and deletes them.
func Merge(ctx context.Context, tx store.Tx, env *Env, master record.Draft, losers []record.ID) (Result, error) {
	return Result{}, fault.New(fault.UnknownException, "not built")
}
