// Package org is the door. An Org is one tenant: its catalog, its store and
// its engine. A Session is an actor in it with a purpose. Nobody above passes
// by it; its one invariant is that a row is read or written only through a
// Session, under its access filter, and leaves a use entry.
package org

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/job"
	"stoa/internal/engine/live"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An Org is one tenant. It is safe for concurrent use.
type Org struct {
	db      store.DB
	journal *purpose.Journal
	catalog atomic.Pointer[catalog.Snapshot]
	about   atomic.Pointer[about]
	report  func(error)
	hooks   hooks
	masks   []Mask
	derived []Derived
	plans   query.Plans
	memory  dml.Memory
	jobs    *job.Pool
	repeats []query.Schedule // what jobs come again and again
	live    *live.Hub
	home    atomic.Pointer[string]

	gathered gathered
	written  atomic.Int64 // when somebody but a job last wrote in this process, in nanoseconds since 1970

	shape sync.RWMutex // held for reading by every write, for writing by a change of the catalog: rows are written by the catalog of their tables

	mu    sync.Mutex
	users map[record.ID]*known // dropped whole when anybody's access changes
	epoch uint64               // of users: grows with every drop
}

// about is what the org says of itself.
type about struct {
	id, admin   record.ID
	guest       record.ID
	zone        *time.Location
	name        string
	fiscalStart time.Month
	state       string
}

// Settings are what an Org is opened with.
type Settings struct {
	DB         store.DB // closed by Close
	JournalDir string   // of read entries; one a process
	Report     func(error)
	Hooks      []Hook // of apps, in the order in which they run
	Jobs       []JobKind
	Schedules  []Schedule
	Masks      []Mask // of apps
	Derived    []Derived
}

// The states of an org.
const (
	StateNew    = ""        // nothing is there: Create makes it
	StateBegun  = "seeding" // a seed was begun and not ended
	StateSeeded = "ready"
)

// Open opens the org that a store holds; its State is StateNew where there is none yet.
func Open(ctx context.Context, set Settings) (*Org, error) {
	o := &Org{db: set.DB, report: set.Report, hooks: newHooks(set.Hooks), masks: set.Masks, derived: set.Derived, users: map[record.ID]*known{}}
	if o.report == nil {
		o.report = func(error) {}
	}
	std, err := standard.Snapshot()
	if err != nil {
		return nil, err
	}
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
		snap, err := catalog.Load(ctx, tx, std)
		if err != nil {
			return err
		}
		o.catalog.Store(snap)
		if o.live, err = live.NewHub(ctx, tx); err != nil {
			return err
		}
		return o.loadAbout(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("open org: %w", err)
	}
	for _, s := range set.Schedules {
		o.repeats = append(o.repeats, query.Schedule{Kind: s.Kind, Every: s.Every})
	}
	if o.jobs, err = o.newPool(set.Jobs, set.Schedules); err != nil {
		return nil, fmt.Errorf("open org: %w", err)
	}
	if err := o.upgrade(ctx, std); err != nil {
		return nil, fmt.Errorf("upgrade org: %w", err)
	}
	if o.journal, err = purpose.OpenJournal(set.JournalDir); err != nil {
		return nil, err
	}
	return o, nil
}

// Run keeps the register, does what waits to be done, hands out live events,
// removes what has expired, and follows changes that other processes make, until
// ctx is done. Jobs that run then get some time to end.
func (o *Org) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { o.journal.Run(ctx, o.db, o.report) })
	wg.Go(func() { o.every(ctx, time.Hour, o.sweep) })
	wg.Go(func() { o.every(ctx, viewPause, o.keepViews) })
	wg.Go(func() { o.jobs.Run(ctx) })
	wg.Go(func() { o.live.Run(ctx, o.db, o.ticket(), o.report) })
	wg.Go(func() { o.every(ctx, trimEvery, o.trimLive) })
	if o.db.Dialect().Name() != "sqlite" {
		wg.Go(func() { o.follow(ctx) })
	}
	wg.Wait()
	return nil
}

// Close settles the journal and closes the store.
func (o *Org) Close(ctx context.Context) error {
	return errors.Join(o.keepViews(ctx), o.journal.Close(ctx, o.db), o.db.Close())
}

func (o *Org) every(ctx context.Context, d time.Duration, f func(context.Context) error) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			o.report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// sweep removes secrets, cursors and views that have expired, jobs that died long ago, and what has been in the recycle bin for too long.
func (o *Org) sweep(ctx context.Context) error {
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		if err := sweepVault(ctx, tx); err != nil {
			return err
		}
		if err := sweepViews(ctx, tx); err != nil {
			return err
		}
		if err := sweepCursors(ctx, tx); err != nil {
			return err
		}
		if err := sweepAllowances(ctx, tx); err != nil {
			return err
		}
		return job.Sweep(ctx, tx)
	})
	for n := 1; err == nil && n > 0; {
		n, err = o.emptyBin(ctx)
	}
	return err
}

// emptied is how many deletions are made final in one transaction, so that each stays short.
const emptied = 50

func (o *Org) emptyBin(ctx context.Context) (n int, err error) {
	use := purpose.New("", "operation", string(System), "stoa")
	err = o.db.Write(ctx, use.Ticket(), func(tx store.Tx) (err error) {
		use.Reset()
		env := &dml.Env{Snapshot: o.catalog.Load(), Access: access.System(), Use: use}
		if n, err = dml.EmptyBin(ctx, tx, env, emptied); err != nil {
			return err
		}
		_, err = use.Write(ctx, tx)
		return err
	})
	return n, err
}

// ID returns the org's id (00D…), Name its name, Admin its first administrator, FiscalStart the first month of its fiscal year.
func (o *Org) ID() record.ID           { return o.about.Load().id }
func (o *Org) Name() string            { return o.about.Load().name }
func (o *Org) Admin() record.ID        { return o.about.Load().admin }
func (o *Org) FiscalStart() time.Month { return o.about.Load().fiscalStart }
func (o *Org) State() string           { return o.about.Load().state }

// Catalog returns the catalog as it is now, for doors that describe without a session.
func (o *Org) Catalog() *catalog.Snapshot { return o.catalog.Load() }

// Stats tells size and health of the store.
func (o *Org) Stats(ctx context.Context) (store.Stats, error) { return o.db.Stats(ctx) }

// Check reads store and use register and returns what is wrong, one sentence each.
func (o *Org) Check(ctx context.Context) (found []string, err error) {
	if found, err = o.db.Check(ctx); err != nil || len(found) > 0 {
		return found, err
	}
	return purpose.Check(ctx, o.db)
}

// Ping reports whether the store answers.
func (o *Org) Ping(ctx context.Context) error {
	return o.db.Read(ctx, o.ticket(), func(store.Tx) error { return nil })
}

// ticket is under which the org tends its own tables.
func (o *Org) ticket() store.Ticket { return store.Issue("", "operation", string(System)) }

// settle writes the entry of what a session read, before anything of it leaves.
func (s *Session) settle() error {
	receipt, err := s.org.journal.Append(s.use, time.Now().UTC().Truncate(time.Second))
	if err == nil && receipt != "" {
		s.receipt.Store(&receipt)
	}
	return err
}

// metaGet and metaPut read and write the store's own settings.
func metaGet(ctx context.Context, tx store.Tx) (map[string]string, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT key, value FROM ").Table(store.MetaTable)
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Text})
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for i := range p.Len() {
		all[p.Value(i, 0).Text()] = p.Value(i, 1).Text()
	}
	return all, nil
}

func metaPut(ctx context.Context, tx store.Tx, key, value string) error {
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.MetaTable).Raw(" (key, value) VALUES (").Str(key).Raw(", ").Str(value).
		Raw(") ON CONFLICT (key) DO UPDATE SET value = excluded.value")
	_, err := tx.Exec(ctx, q)
	return err
}

// The settings that an org keeps in the store's meta table.
const (
	metaOrg    = "org"
	metaAdmin  = "admin"
	metaState  = "state"
	metaAccess = "access" // changes with anybody's access
)

// loadAbout reads what the org says of itself.
func (o *Org) loadAbout(ctx context.Context, tx store.Tx) error {
	meta, err := metaGet(ctx, tx)
	if err != nil {
		return err
	}
	a := &about{id: record.ID(meta[metaOrg]), admin: record.ID(meta[metaAdmin]), guest: record.ID(meta[metaGuest]), state: meta[metaState], fiscalStart: time.January, zone: time.UTC}
	if a.id != "" {
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name("Name").Raw(", ").Name("FiscalYearStartMonth").Raw(", ").Name("TimeZoneSidKey").Raw(" FROM ").Table("Organization")
		p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Int}, store.Out{Class: store.Text})
		if err != nil {
			return err
		}
		if p.Len() > 0 {
			a.name = p.Value(0, 0).Text()
			if m := time.Month(p.Value(0, 1).Int()); m >= time.January && m <= time.December {
				a.fiscalStart = m
			}
			if z, err := time.LoadLocation(p.Value(0, 2).Text()); err == nil {
				a.zone = z
			}
		}
	}
	o.about.Store(a)
	return nil
}

// follow notices what other processes changed: the catalog, and anybody's access.
func (o *Org) follow(ctx context.Context) {
	access, version := "", o.catalog.Load().Version
	for ctx.Err() == nil {
		committed := o.db.Wait()
		err := o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
			meta, err := metaGet(ctx, tx)
			if err != nil {
				return err
			}
			if now := meta[metaAccess]; now != access {
				access = now
				o.forget()
				if err := o.loadAbout(ctx, tx); err != nil {
					return err
				}
			}
			if now := meta[metaCatalog]; now != "" && !strings.HasPrefix(now, fmt.Sprint(version, " ")) {
				std, err := standard.Snapshot()
				if err != nil {
					return err
				}
				snap, err := catalog.Load(ctx, tx, std)
				if err != nil {
					return err
				}
				version = snap.Version
				o.catalog.Store(snap)
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			o.report(err)
		}
		select {
		case <-ctx.Done():
		case <-committed:
			// Commits come in bursts; one look for several is enough.
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		case <-time.After(5 * time.Second):
		}
	}
}
