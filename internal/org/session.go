package org

import (
	"context"
	"sync/atomic"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An Actor is who is asking.
type Actor struct {
	User     record.ID
	Name     string
	Username string
	Email    string
	Profile  string // name of the profile
	UserType string // Standard, Guest, …
	Locale   string // en_US
	Language string // en_US
	Zone     *time.Location
	App      string // connected app, "console", …
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
	Mail    Channel = "mail"
	Jobs    Channel = "job"
	System  Channel = "system"
)

// What the engine answers with, so that the doors need not import it.
type (
	QueryOptions = query.Options
	Words        = query.Words
	QueryColumns = query.Columns
	Column       = query.ColumnMetadata
	Plan         = query.Plan
	PlanNote     = query.Note
	WriteOptions = dml.Options
	SaveResult   = dml.Result
	Rights       = access.Rights
)

// What a guest may see, and what is hidden from users: access.Scope and access.Mask say how the parts fit together.
type (
	Mask  = access.Mask
	Scope = access.Scope
	Part  = access.Part
	Grant = access.Grant
	Cond  = access.Cond
	Op    = access.Op
)

// The operators of a Cond. Before and After are of hooks.
const (
	Equal    = access.Equal
	NotEqual = access.NotEqual
	In       = access.In
	Null     = access.Null
	NotNull  = access.NotNull
	IsBefore = access.Before
	IsAfter  = access.After
	Visible  = access.Visible
)

// A Session is an actor in an org with a purpose, for the length of one
// request. It is cheap to make and must not be kept.
type Session struct {
	org     *Org
	actor   Actor
	access  *access.Access
	use     *purpose.Use
	receipt atomic.Pointer[string]
	held    atomic.Bool
	once    string
	within  *unit // that all calls belong to, see Together

	repeated []SaveResult // what Do found done already
}

// Org returns the org, Actor who is asking, Purpose what for.
func (s *Session) Org() *Org       { return s.org }
func (s *Session) Actor() Actor    { return s.actor }
func (s *Session) Purpose() string { return s.use.Purpose }

// For returns a session of the same actor for another purpose.
func (s *Session) For(why string) (*Session, error) {
	if err := purpose.ValidPurpose(why); err != nil {
		return nil, err
	}
	return &Session{org: s.org, actor: s.actor, access: s.access, use: purpose.New(s.use.Actor, why, s.use.Channel, s.use.App)}, nil
}

// Catalog returns the catalog as it is now.
func (s *Session) Catalog() *catalog.Snapshot { return s.org.catalog.Load() }

// Access returns what the actor may do.
func (s *Session) Access() *access.Access { return s.access }

// Rights returns what the actor may do with an object's records.
func (s *Session) Rights(o *catalog.Object) Rights { return s.access.Object(o) }

// CanRead and CanEdit report field security; Can reports a user permission by its API name.
func (s *Session) CanRead(f *catalog.Field) bool { return s.access.CanRead(f) }
func (s *Session) CanEdit(f *catalog.Field) bool { return s.access.CanEdit(f) }
func (s *Session) Can(permission string) bool    { return s.access.Has(permission) }

// Custom reports a custom permission by its API name: a permission set gives it, and nobody has it without.
func (s *Session) Custom(name string) bool { return s.access.Custom(name) }

func (s *Session) queryEnv() *query.Env {
	env := &query.Env{
		Snapshot: s.Catalog(), Access: s.access, Use: s.use, User: s.actor.User,
		Zone: s.actor.Zone, Locale: s.actor.Locale, Language: s.actor.Language, FiscalStart: s.org.FiscalStart(),
		Schedules: s.org.repeats, System: s.org.Admin(),
	}
	if !s.access.Scoped() { // a scope is of one session: its plans would never be asked for again
		env.Plans = &s.org.plans
	}
	return env
}

func (s *Session) dmlEnv() *dml.Env {
	return &dml.Env{Snapshot: s.Catalog(), Access: s.access, Use: s.use, User: s.actor.User, Memory: &s.org.memory}
}

// read runs f in a read transaction and has the use entry written before it returns.
func (s *Session) read(ctx context.Context, f func(store.Tx) error) error {
	if err := s.readTx(ctx, f); err != nil {
		return err
	}
	if s.held.Load() || s.within != nil { // the entry is the page's, or the unit's
		return nil
	}
	return s.settle()
}

// Hold lets the reads of a page that asks several times share one use entry.
// Whoever calls it must call Settle before the first byte leaves.
func (s *Session) Hold() { s.held.Store(true) }

// Settle writes the entry of what was read since Hold.
func (s *Session) Settle() error {
	if s.within != nil {
		return nil
	}
	s.held.Store(false)
	return s.settle()
}

// Receipt returns what the answer carries in Stoa-Use: the newest entry's id and the hash of its header, "" where there is none.
func (s *Session) Receipt() string {
	if r := s.receipt.Load(); r != nil {
		return *r
	}
	return ""
}
