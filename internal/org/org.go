// Package org is the door. An Org is one tenant: its catalog, its store and
// its engine. A Session is an actor in it with a purpose. Nobody above passes
// by it; its one invariant is that a row is read or written only through a
// Session, under its access filter, and leaves a use entry.
package org

import (
	"context"
	"sync/atomic"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An Org is one tenant. It is safe for concurrent use.
type Org struct {
	db      store.DB
	catalog atomic.Pointer[catalog.Snapshot]
}

// Session returns a session of an actor; an empty purpose is the default one.
func (o *Org) Session(ctx context.Context, a Actor, ch Channel, why string) (*Session, error) {
	if why == "" {
		why = purpose.Default
	}
	s := &Session{org: o, actor: a, use: purpose.New(a.User, why, string(ch), a.App)}
	err := o.db.Read(ctx, s.use.Ticket(), func(tx store.Tx) (err error) {
		s.access, err = access.Load(ctx, tx, o.catalog.Load(), a.User)
		return err
	})
	return s, err
}

// ID returns the org's id (00D…), Name its name, FiscalStart the first month of its fiscal year.
func (o *Org) ID() record.ID           { return "" }
func (o *Org) Name() string            { return "" }
func (o *Org) FiscalStart() time.Month { return time.January }

func (o *Org) settle(context.Context, *purpose.Use) error           { return nil }
func (o *Org) record(context.Context, store.Tx, *purpose.Use) error { return nil }

func (s *Session) keepCursor(context.Context, *query.Cursor, int) (string, error) { return "", nil }

func (s *Session) cursor(context.Context, string) (*query.Cursor, int, error) {
	return nil, 0, fault.New(fault.InvalidQueryLocator, "invalid query locator")
}

func locatorAt(locator string, from int) string { return "" }
