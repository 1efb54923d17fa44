package org

import (
	"cmp"
	"context"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// known is what sessions of a user share until anybody's access changes.
type known struct {
	actor  Actor
	active bool
	access *access.Access
}

// Session returns a session of an actor; an empty purpose is the default one.
func (o *Org) Session(ctx context.Context, a Actor, ch Channel, why string) (*Session, error) {
	if why == "" {
		why = purpose.Default
	}
	if err := purpose.ValidPurpose(why); err != nil {
		return nil, err
	}
	k, err := o.user(ctx, a.User)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, fault.New(fault.InvalidSessionID, "Session expired or invalid")
	}
	may := k.access
	if k.actor.External() {
		// Whatever a profile says: people from outside see what a scope shows them, and this session has none.
		if may, err = access.Scoped(o.catalog.Load(), a.User, Scope{}); err != nil {
			return nil, err
		}
	}
	return &Session{org: o, actor: a, access: may, use: purpose.New(a.User, why, string(ch), a.App)}, nil
}

// Guest returns a session of somebody who has no profile and sees what a scope shows: an actor without a user is the
// public. It reads only. A scope that names what the catalog has not is an error of the caller.
func (o *Org) Guest(_ context.Context, ch Channel, why string, a Actor, sc Scope) (*Session, error) {
	if why == "" {
		why = purpose.Default
	}
	if err := purpose.ValidPurpose(why); err != nil {
		return nil, err
	}
	if a.User == "" {
		a.UserType = GuestType
	}
	a.Locale, a.Language = cmp.Or(a.Locale, "en_US"), cmp.Or(a.Language, "en_US")
	if a.Zone == nil {
		a.Zone = time.UTC
	}
	may, err := access.Scoped(o.catalog.Load(), a.User, sc)
	if err != nil {
		return nil, err
	}
	return &Session{org: o, actor: a, access: may.Under(o.masks), use: purpose.New(cmp.Or(a.User, guestActor), why, string(ch), a.App)}, nil
}

// guestActor is whom use entries name where there is no user.
const guestActor = "guest"

// System returns a session of the engine itself, in the name of the first
// administrator: seeds, jobs and imports. It sees everything, and every use of it is in the register.
func (o *Org) System(ctx context.Context, ch Channel, why string) (*Session, error) {
	if err := purpose.ValidPurpose(why); err != nil {
		return nil, err
	}
	a := Actor{User: o.Admin(), Name: "Stoa", Locale: "en_US", Language: "en_US", Zone: time.UTC, App: "stoa"}
	return &Session{org: o, actor: a, access: access.System(), use: purpose.New(a.User, why, string(ch), a.App)}, nil
}

// UserByUsername returns the actor with a username in any letter case, active or not; ok is false where there is none.
func (o *Org) UserByUsername(ctx context.Context, username string) (a Actor, active, ok bool, err error) {
	var id record.ID
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
		f := o.catalog.Load().Object("User").Field("Username")
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(" FROM ").Table("User").Raw(" WHERE ")
		if f.Folded() {
			q.Name(store.Shadow(f.Column))
		} else {
			q.Dialect().Fold(q, func() { q.Name(f.Column) })
		}
		q.Raw(" = ").Str(record.Fold(username)).Raw(" ORDER BY ").Name(store.IDColumn).Raw(" LIMIT 1")
		p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.ID})
		if err == nil && p.Len() > 0 {
			id = p.ID(0, 0)
		}
		return err
	})
	if err != nil || id == "" {
		return Actor{}, false, false, err
	}
	return o.UserByID(ctx, id)
}

// UserByID returns the actor with a user id.
func (o *Org) UserByID(ctx context.Context, id record.ID) (a Actor, active, ok bool, err error) {
	k, err := o.user(ctx, id)
	if err != nil || k == nil {
		return Actor{}, false, false, err
	}
	return k.actor, k.active, true, nil
}

// user returns what is known of a user, nil if there is no such one.
func (o *Org) user(ctx context.Context, id record.ID) (*known, error) {
	o.mu.Lock()
	k, epoch := o.users[id], o.epoch
	o.mu.Unlock()
	if k != nil {
		return k, nil
	}
	err := o.db.Read(ctx, o.ticket(), func(tx store.Tx) (err error) {
		k, err = o.loadUser(ctx, tx, id)
		return err
	})
	if err != nil || k == nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.epoch == epoch { // else it may be of before the change
		if len(o.users) >= 10_000 {
			clear(o.users)
		}
		o.users[id] = k
	}
	return k, nil
}

var userFields = []string{"Id", "Name", "Username", "Email", "IsActive", "UserType", "LocaleSidKey", "LanguageLocaleKey", "TimeZoneSidKey", "Profile.Name"}

func (o *Org) loadUser(ctx context.Context, tx store.Tx, id record.ID) (*known, error) {
	snap := o.catalog.Load()
	use := purpose.New("", "operation", string(System), "stoa") // to let people in is no use of their data
	env := &query.Env{Snapshot: snap, Access: access.System(), Use: use, Zone: time.UTC, Locale: "en_US", Language: "en_US", FiscalStart: time.January}
	res, err := query.Retrieve(ctx, tx, env, snap.Object("User"), []record.ID{id}, userFields, false)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	text := func(path ...string) string { return res.Get(0, path...).Text() }
	zone, err := time.LoadLocation(text("TimeZoneSidKey"))
	if err != nil {
		zone = time.UTC
	}
	k := &known{active: res.Get(0, "IsActive").Bool(), actor: Actor{
		User: id, Name: text("Name"), Username: text("Username"), Email: text("Email"), Profile: text("Profile", "Name"),
		UserType: text("UserType"), Locale: text("LocaleSidKey"), Language: text("LanguageLocaleKey"), Zone: zone,
	}}
	if k.access, err = access.Load(ctx, tx, snap, id); err != nil {
		return nil, err
	}
	k.access = k.access.Under(o.masks)
	return k, nil
}

// forget drops what is known of users, after anybody's access may have changed.
func (o *Org) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.users)
	o.epoch++
}
