package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A Kind tells sessions of people at a browser from those of programs.
type Kind string

// The kinds of session.
const (
	UI  Kind = "ui"
	API Kind = "api"
)

// A Session is a signed-in browser or an access token, as the vault keeps it
// and as lists show it. Who holds its token is its user.
type Session struct {
	ID      string    `json:"-"` // names it for Revoke; it is not the token
	User    record.ID `json:"-"`
	Expires time.Time `json:"-"` // unless it is used before

	Kind       Kind      `json:"kind"`
	App        string    `json:"app,omitempty"`     // client id, "" without a connected app
	AppName    string    `json:"appName,omitempty"` // as use entries name it
	Scopes     []string  `json:"scopes,omitempty"`  // nil where no app asked for any: all
	Purpose    string    `json:"purpose,omitempty"` // bound at sign-in, "" for none
	Default    string    `json:"default,omitempty"` // purpose of the app where nothing else is declared
	Family     string    `json:"family,omitempty"`  // of the refresh token that it ends with
	IP         string    `json:"ip,omitempty"`
	Agent      string    `json:"agent,omitempty"`
	Created    time.Time `json:"created"`
	MustChange bool      `json:"mustChange,omitempty"` // good for nothing but a change of password
}

// A Login asks for a session.
type Login struct {
	User       record.ID
	Kind       Kind
	App        *App     // nil for none
	Scopes     []string // granted
	Purpose    string
	Family     string
	IP, Agent  string
	API        APIName
	MustChange bool

	renewed bool // by a refresh token: no sign-in of its own
}

// An APIName is the API that somebody signs in by, as LoginHistory names it; the zero value is none.
type APIName struct {
	Type    string // SOAP Partner
	Version string // 66.0
}

// invalidSession is the one answer to a token that does not work; clients sign in again on it.
func invalidSession() error {
	return fault.New(fault.InvalidSessionID, "Session expired or invalid")
}

// Open makes a session and returns it with its token, which is kept nowhere.
func (g *Gate) Open(ctx context.Context, l Login) (token string, s *Session, err error) {
	if !l.renewed {
		if err := g.remember(ctx, l, loginSuccess); err != nil {
			return "", nil, err
		}
	}
	now := g.now()
	s = &Session{
		User: l.User, Kind: l.Kind, Scopes: l.Scopes, Purpose: l.Purpose, Family: l.Family,
		IP: l.IP, Agent: cut(l.Agent, 256), Created: now.UTC().Truncate(time.Second), MustChange: l.MustChange,
	}
	if l.App != nil {
		s.App, s.AppName, s.Default = l.App.ID, l.App.Name, l.App.Purpose
	}
	token = newToken(g.org.ID())
	s.ID = digest(token)
	s.Expires = now.Add(g.Idle(s.Kind))
	if err := g.put(ctx, kindSession, s.ID, s.User, s.Expires, s); err != nil {
		return "", nil, fmt.Errorf("open session: %w", err)
	}
	return token, s, nil
}

// Idle returns how long an unused session of a kind lives.
func (g *Gate) Idle(k Kind) time.Duration {
	if k == UI {
		return g.opt.UIIdle
	}
	return g.opt.APIIdle
}

// Session returns the session of a token and its user; using it makes it live
// longer. A token that is unknown, expired or of an inactive user is INVALID_SESSION_ID.
func (g *Gate) Session(ctx context.Context, token string) (*Session, org.Actor, error) {
	if !wellFormed(token, g.org.ID()) {
		return nil, org.Actor{}, invalidSession()
	}
	k := keyOf(token)
	now := g.now()
	if e := g.cache.get(k); e != nil && now.Sub(e.checked) < g.opt.Recheck && now.Before(e.session.Expires) {
		return e.session, e.actor, nil
	}
	v, err, _ := g.loads.Do(string(k[:]), func() (any, error) {
		// The load serves everybody who waits for it, so one caller's end must not end it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return g.load(ctx, k, token)
	})
	if err != nil {
		return nil, org.Actor{}, err
	}
	e := v.(*entry)
	return e.session, e.actor, nil
}

// load reads a session from the vault and keeps it in the cache, unless a
// session was revoked meanwhile: then what was read may be gone.
func (g *Gate) load(ctx context.Context, k cacheKey, token string) (*entry, error) {
	for {
		epoch := g.cache.epoch()
		e, err := g.read(ctx, digest(token))
		if err != nil {
			g.cache.drop(k)
			return nil, err
		}
		if g.cache.put(k, e, epoch) {
			return e, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (g *Gate) read(ctx context.Context, id string) (*entry, error) {
	s := &Session{}
	kept, ok, err := g.get(ctx, kindSession, id, s)
	if err != nil {
		return nil, err
	}
	now := g.now()
	end := s.Created.Add(g.opt.MaxAge)
	if !ok || !end.After(now) {
		return nil, invalidSession()
	}
	s.ID, s.User, s.Expires = kept.Key, kept.Owner, kept.Expires
	actor, active, ok, err := g.org.UserByID(ctx, s.User)
	if err != nil {
		return nil, fmt.Errorf("read user of session: %w", err)
	}
	if !ok || !active {
		return nil, invalidSession()
	}
	idle := g.Idle(s.Kind)
	// A write every 24th of its life keeps a session in use alive.
	if left := s.Expires.Sub(now); left < idle-idle/24 && s.Expires.Before(end) {
		until := now.Add(idle)
		if until.After(end) {
			until = end
		}
		if ok, err = g.org.ExtendSecret(ctx, kindSession, id, until); err != nil {
			return nil, fmt.Errorf("extend session: %w", err)
		} else if !ok {
			return nil, invalidSession()
		}
		s.Expires = until
	}
	return &entry{session: s, actor: actor, checked: now}, nil
}

// Sessions lists a user's sessions, the newest first.
func (g *Gate) Sessions(ctx context.Context, user record.ID) ([]*Session, error) {
	kept, err := g.org.Secrets(ctx, kindSession, user)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	var all []*Session
	for _, k := range kept {
		s := &Session{}
		if err := json.Unmarshal(k.Body, s); err != nil {
			return nil, fmt.Errorf("decode session: %w", err)
		}
		if !k.Expires.After(g.now()) {
			continue
		}
		s.ID, s.User, s.Expires = k.Key, k.Owner, k.Expires
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Session) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// Revoke ends the session with an ID as Sessions lists it and reports whether there was one.
func (g *Gate) Revoke(ctx context.Context, id string) (bool, error) {
	_, ok, err := g.org.TakeSecret(ctx, kindSession, id)
	g.cache.dropID(id)
	if err != nil {
		return false, fmt.Errorf("revoke session: %w", err)
	}
	return ok, nil
}

// SignOut ends the session of a token and reports whether there was one.
func (g *Gate) SignOut(ctx context.Context, token string) (bool, error) {
	return g.Revoke(ctx, digest(token))
}

// RevokeAll ends all of a user's sessions and refresh tokens.
func (g *Gate) RevokeAll(ctx context.Context, user record.ID) error {
	if _, err := g.org.DropSecrets(ctx, kindRefresh, user); err != nil {
		return fmt.Errorf("revoke refresh tokens: %w", err)
	}
	_, err := g.org.DropSecrets(ctx, kindSession, user)
	g.cache.dropUser(user)
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return nil
}

// revokeOthers ends a user's sessions but the one with the given ID, "" for all.
func (g *Gate) revokeOthers(ctx context.Context, user record.ID, keep string) error {
	all, err := g.Sessions(ctx, user)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID != keep {
			if _, err := g.Revoke(ctx, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
