package auth

import (
	"context"
	"fmt"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Sign-ins fail alike for a wrong name, a wrong password, an inactive user and a locked one.
func invalidLogin() error {
	return fault.New(fault.InvalidLogin, "Invalid username, password, security token; or user locked out.")
}

// A SignIn is somebody at the door with a name and a password.
type SignIn struct {
	Username, Password string // a security token may follow the password
	IP, Agent          string
	Kind               Kind
	App                *App     // nil for none
	Scopes             []string // granted
	Purpose            string   // bound to the session, "" for none
	API                APIName
}

// SignIn opens a session for who knows the password. A session whose
// MustChange is set is good for nothing but ChangePassword. Everything that
// does not work is INVALID_LOGIN; who tries too often is told to wait.
func (g *Gate) SignIn(ctx context.Context, in SignIn) (token string, s *Session, err error) {
	a, must, err := g.Verify(ctx, in.Username, in.Password, in.IP)
	if err != nil {
		return "", nil, err
	}
	return g.Open(ctx, Login{
		User: a.User, Kind: in.Kind, App: in.App, Scopes: in.Scopes, Purpose: in.Purpose,
		IP: in.IP, Agent: in.Agent, API: in.API, MustChange: must,
	})
}

// Verify returns the user with a name and password, and whether the password must be changed.
func (g *Gate) Verify(ctx context.Context, username, password, ip string) (a org.Actor, must bool, err error) {
	userKey, addressKey := failureKey("user", username), ""
	if countable(ip) {
		addressKey = failureKey("ip", ip)
	}
	if !g.pace.allow(userKey, addressKey) {
		return a, false, fault.New(fault.RequestLimitExceeded, "Login rate exceeded. Try again in a minute.")
	}
	if err := g.hash.enter(ctx); err != nil {
		return a, false, err
	}
	began := time.Now()
	// Inside the turn, so that guesses sent side by side are counted one after the other.
	a, must, ok, err := g.try(ctx, username, password, ip, userKey, addressKey)
	g.hash.leave()
	if err != nil {
		return org.Actor{}, false, err
	}
	if !ok {
		// What is remembered of a failure takes longer for a name that somebody has: no answer comes before the same time.
		wait(ctx, g.opt.FailureTime-time.Since(began))
		return org.Actor{}, false, invalidLogin()
	}
	return a, must, nil
}

// try is one guess. ok is false where it failed, for whatever reason, or must not be made.
func (g *Gate) try(ctx context.Context, username, password, ip, userKey, addressKey string) (a org.Actor, must, ok bool, err error) {
	locked, err := g.locked(ctx, userKey, addressKey)
	if err != nil || locked {
		return a, false, false, err
	}
	a, active, known, err := g.org.UserByUsername(ctx, username)
	if err != nil {
		return a, false, false, fmt.Errorf("read user: %w", err)
	}
	var c credential
	if _, _, err := g.get(ctx, kindPassword, string(a.User), &c); err != nil {
		return a, false, false, err
	}
	plain := c.split(cut(password, 4*maxPassword))
	right, stale := verifyPassword(plain, c.Hash)
	if !right || !known || !active {
		if known {
			if err := g.remember(ctx, Login{User: a.User, IP: ip}, loginInvalid); err != nil {
				return a, false, false, err
			}
		}
		return a, false, false, g.failed(ctx, userKey, addressKey)
	}
	if err := g.forgive(ctx, userKey); err != nil {
		return a, false, false, err
	}
	if stale {
		c.Hash = hashPassword(plain)
		if err := g.put(ctx, kindPassword, string(a.User), a.User, time.Time{}, c); err != nil {
			return a, false, false, fmt.Errorf("renew password hash: %w", err)
		}
	}
	return a, c.expired(g.now(), g.opt.PasswordAge), true, nil
}

// wait returns after d, or when ctx is done.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Active returns a user who may sign in without a password: by an assertion, as an app's own user.
func (g *Gate) Active(ctx context.Context, username string) (org.Actor, bool, error) {
	a, active, ok, err := g.org.UserByUsername(ctx, username)
	if err != nil {
		return a, false, fmt.Errorf("read user: %w", err)
	}
	return a, ok && active, nil
}

// ActiveID is Active by user id.
func (g *Gate) ActiveID(ctx context.Context, id record.ID) (org.Actor, bool, error) {
	a, active, ok, err := g.org.UserByID(ctx, id)
	if err != nil {
		return a, false, fmt.Errorf("read user: %w", err)
	}
	return a, ok && active, nil
}
