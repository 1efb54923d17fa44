// Package authtest is an org for tests of the doors: its users and its vault
// are kept in memory and its clock stands still until it is moved. It knows no
// records; its one invariant is that its vault answers as the real one does.
package authtest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// A User is somebody whom an Org knows.
type User struct {
	org.Actor
	Inactive bool
}

// An Org is an auth.Org in memory.
type Org struct {
	mu      sync.Mutex
	now     time.Time                // guarded by mu
	users   map[record.ID]*User      // guarded by mu
	secrets map[[2]string]org.Secret // guarded by mu
	reads   int                      // guarded by mu

	// Enter stands for what a real org does when somebody enters.
	Enter func(org.Actor, org.Channel, string) (*org.Session, error)
}

// New returns an org without users, on the first of February 2026 at noon UTC.
func New(users ...User) *Org {
	o := &Org{
		now: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), users: map[record.ID]*User{}, secrets: map[[2]string]org.Secret{},
		Enter: func(org.Actor, org.Channel, string) (*org.Session, error) { return nil, nil },
	}
	for _, u := range users {
		if u.Zone == nil {
			u.Zone = time.UTC
		}
		o.users[u.User] = &u
	}
	return o
}

// Now returns the org's time; Sleep moves it.
func (o *Org) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *Org) Sleep(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// Change changes a user.
func (o *Org) Change(id record.ID, f func(*User)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o.users[id])
}

// Reads returns how often the vault was read.
func (o *Org) Reads() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reads
}

// Kept returns everything in the vault.
func (o *Org) Kept() []org.Secret {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []org.Secret
	for _, s := range o.secrets {
		all = append(all, s)
	}
	return all
}

// ID and Name are what *org.Org's are.
func (o *Org) ID() record.ID { return "00D0100000000AbEAI" }
func (o *Org) Name() string  { return "City of Harborview" }

// Session calls Enter.
func (o *Org) Session(_ context.Context, a org.Actor, ch org.Channel, why string) (*org.Session, error) {
	return o.Enter(a, ch, why)
}

// System returns nil: nothing is remembered of sign-ins.
func (o *Org) System(context.Context, org.Channel, string) (*org.Session, error) { return nil, nil }

// UserByUsername and UserByID are what *org.Org's are.
func (o *Org) UserByUsername(_ context.Context, username string) (a org.Actor, active, ok bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, u := range o.users {
		if record.Fold(u.Username) == record.Fold(username) {
			return u.Actor, !u.Inactive, true, nil
		}
	}
	return org.Actor{}, false, false, nil
}

func (o *Org) UserByID(_ context.Context, id record.ID) (a org.Actor, active, ok bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.users[id]
	if u == nil {
		return org.Actor{}, false, false, nil
	}
	return u.Actor, !u.Inactive, true, nil
}

func (o *Org) find(kind, key string) (org.Secret, bool) {
	s, ok := o.secrets[[2]string{kind, key}]
	return s, ok && (s.Expires.IsZero() || s.Expires.After(o.now))
}

// Secret, Secrets, PutSecrets, AddSecret, ExtendSecret, TakeSecret and DropSecrets are what *org.Org's are.
func (o *Org) Secret(_ context.Context, kind, key string) (org.Secret, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads++
	s, ok := o.find(kind, key)
	return s, ok, nil
}

func (o *Org) Secrets(_ context.Context, kind string, owner record.ID) ([]org.Secret, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []org.Secret
	for k, s := range o.secrets {
		if _, ok := o.find(k[0], k[1]); ok && k[0] == kind && (owner == "" || s.Owner == owner) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b org.Secret) int { return cmp.Compare(a.Key, b.Key) })
	return found, nil
}

func (o *Org) PutSecrets(_ context.Context, secrets ...org.Secret) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range secrets {
		o.secrets[[2]string{s.Kind, s.Key}] = s
	}
	return nil
}

func (o *Org) AddSecret(_ context.Context, s org.Secret) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.find(s.Kind, s.Key); ok {
		return false, nil
	}
	o.secrets[[2]string{s.Kind, s.Key}] = s
	return true, nil
}

func (o *Org) ExtendSecret(_ context.Context, kind, key string, until time.Time) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.find(kind, key)
	if ok {
		s.Expires = until
		o.secrets[[2]string{kind, key}] = s
	}
	return ok, nil
}

func (o *Org) TakeSecret(_ context.Context, kind, key string) (org.Secret, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.find(kind, key)
	delete(o.secrets, [2]string{kind, key})
	return s, ok, nil
}

func (o *Org) DropSecrets(_ context.Context, kind string, owner record.ID) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for k, s := range o.secrets {
		if k[0] == kind && (owner == "" || s.Owner == owner) {
			delete(o.secrets, k)
			n++
		}
	}
	return n, nil
}
