package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// How long what is made for one use waits for it.
const (
	codeLife   = 10 * time.Minute // RFC 6749 4.1.2
	otpLife    = time.Minute
	deviceLife = 15 * time.Minute
	devicePace = 5 * time.Second // between two polls

	refreshLife = 365 * 24 * time.Hour // unused
)

// A Code is what an authorization code stands for.
type Code struct {
	User      record.ID `json:"-"`
	App       string    `json:"app"`
	Redirect  string    `json:"redirect"` // as the request named it, "" where it named none
	Scopes    []string  `json:"scopes"`
	Challenge string    `json:"challenge,omitempty"` // S256
	Nonce     string    `json:"nonce,omitempty"`     // of the ID token
	Family    string    `json:"family"`
}

// NewCode returns an authorization code for c, whose Family it sets.
func (g *Gate) NewCode(ctx context.Context, c Code) (string, error) {
	c.Family = rand.Text()
	code := newCode()
	if err := g.put(ctx, kindCode, digest(code), c.User, g.now().Add(codeLife), c); err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return code, nil
}

// spent is what stays of a code or refresh token that was used, so that whoever uses it again is noticed.
type spent struct {
	Family string `json:"family"`
}

// UseCode returns what a code stands for, once. A second use ends the tokens that the first one got: one of the two was a thief.
func (g *Gate) UseCode(ctx context.Context, code string) (*Code, bool, error) {
	c := &Code{}
	kept, ok, err := g.take(ctx, kindCode, digest(code), c)
	if err != nil {
		return nil, false, err
	}
	if !ok {
		return nil, false, g.reused(ctx, digest(code))
	}
	c.User = kept.Owner
	err = g.put(ctx, kindSpent, kept.Key, kept.Owner, g.now().Add(24*time.Hour), spent{Family: c.Family})
	return c, err == nil, err
}

// reused ends the family of a spent secret that is used once more.
func (g *Gate) reused(ctx context.Context, key string) error {
	var s spent
	kept, ok, err := g.get(ctx, kindSpent, key, &s)
	if err != nil || !ok || s.Family == "" {
		return err
	}
	return g.revokeFamily(ctx, kept.Owner, s.Family)
}

// Verifies reports whether a PKCE verifier belongs to the code; one without a challenge takes none.
func (c *Code) Verifies(verifier string) bool {
	if c.Challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.Challenge)) == 1
}

// refresh is what a refresh token stands for.
type refresh struct {
	App    string   `json:"app"`
	Scopes []string `json:"scopes"`
	Family string   `json:"family"`
}

// newRefresh makes a refresh token for an app. A family of "" begins one.
func (g *Gate) newRefresh(ctx context.Context, user record.ID, app string, scopes []string, family string) (string, error) {
	token := newRefreshToken()
	r := refresh{App: app, Scopes: scopes, Family: family}
	if err := g.put(ctx, kindRefresh, digest(token), user, g.now().Add(refreshLife), r); err != nil {
		return "", fmt.Errorf("make refresh token: %w", err)
	}
	return token, nil
}

// Tokens are what a client gets.
type Tokens struct {
	Access  string
	Refresh string // "" where the scope does not include one
	Session *Session
	Actor   org.Actor
}

// Issue opens a session for a program, with a refresh token where its scopes ask for one and offline is true.
func (g *Gate) Issue(ctx context.Context, l Login, offline bool) (*Tokens, error) {
	a, ok, err := g.ActiveID(ctx, l.User)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalidLogin()
	}
	if l.Family == "" {
		l.Family = rand.Text()
	}
	if l.Kind == "" {
		l.Kind = API
	}
	t := &Tokens{Actor: a}
	if t.Access, t.Session, err = g.Open(ctx, l); err != nil {
		return nil, err
	}
	if offline && l.App != nil && Offline(l.Scopes) {
		t.Refresh, err = g.newRefresh(ctx, l.User, l.App.ID, l.Scopes, l.Family)
	}
	return t, err
}

// Renew opens a session with a refresh token of app. scopes narrow it, nil for all that the token has. Where
// the app rotates, the token is spent and Tokens carry its successor; a spent one ends its whole family.
func (g *Gate) Renew(ctx context.Context, app *App, token, ip, agent string, scopes []string) (*Tokens, bool, error) {
	var r refresh
	key := digest(token)
	kept, ok, err := g.get(ctx, kindRefresh, key, &r)
	if err != nil {
		return nil, false, err
	}
	if !ok {
		return nil, false, g.reused(ctx, key)
	}
	if r.App != app.ID {
		return nil, false, nil
	}
	if scopes == nil {
		scopes = r.Scopes
	} else if !within(scopes, r.Scopes) {
		return nil, false, nil
	}
	if _, active, err := g.ActiveID(ctx, kept.Owner); err != nil || !active {
		return nil, false, err
	}
	if app.Rotate {
		if _, ok, err = g.org.TakeSecret(ctx, kindRefresh, key); err != nil {
			return nil, false, fmt.Errorf("spend refresh token: %w", err)
		} else if !ok {
			return nil, false, g.revokeFamily(ctx, kept.Owner, r.Family)
		}
		if err := g.put(ctx, kindSpent, key, kept.Owner, g.now().Add(refreshLife), spent{Family: r.Family}); err != nil {
			return nil, false, err
		}
	} else if _, err := g.org.ExtendSecret(ctx, kindRefresh, key, g.now().Add(refreshLife)); err != nil {
		return nil, false, fmt.Errorf("extend refresh token: %w", err)
	}
	t, err := g.Issue(ctx, Login{User: kept.Owner, Kind: API, App: app, Scopes: scopes, Family: r.Family, IP: ip, Agent: agent, renewed: true}, false)
	if err != nil {
		return nil, false, err
	}
	if app.Rotate {
		t.Refresh, err = g.newRefresh(ctx, kept.Owner, app.ID, r.Scopes, r.Family)
	}
	return t, err == nil, err
}

func within(some, all []string) bool {
	s := Session{Scopes: all}
	for _, x := range some {
		if !s.HasScope(x) {
			return false
		}
	}
	return true
}

// RevokeToken ends an access token, or a refresh token with all that came of it, and reports whether there was one.
func (g *Gate) RevokeToken(ctx context.Context, token string) (bool, error) {
	key := digest(token)
	var r refresh
	kept, ok, err := g.take(ctx, kindRefresh, key, &r)
	if err != nil {
		return false, err
	}
	if ok {
		return true, g.revokeFamily(ctx, kept.Owner, r.Family)
	}
	return g.Revoke(ctx, key)
}

// A RefreshInfo tells of a refresh token what introspection may.
type RefreshInfo struct {
	User    record.ID
	App     string
	Scopes  []string
	Expires time.Time
}

// InspectRefresh returns what a refresh token stands for.
func (g *Gate) InspectRefresh(ctx context.Context, token string) (*RefreshInfo, bool, error) {
	var r refresh
	kept, ok, err := g.get(ctx, kindRefresh, digest(token), &r)
	if err != nil || !ok {
		return nil, false, err
	}
	return &RefreshInfo{User: kept.Owner, App: r.App, Scopes: r.Scopes, Expires: kept.Expires}, true, nil
}

func (g *Gate) revokeFamily(ctx context.Context, user record.ID, family string) error {
	if err := g.revokeTokens(ctx, user, func(r *refresh) bool { return r.Family == family }); err != nil {
		return err
	}
	return g.revokeSessions(ctx, user, func(s *Session) bool { return s.Family == family })
}

// revokeTokens ends the refresh tokens of a user, of all for "", that match.
func (g *Gate) revokeTokens(ctx context.Context, user record.ID, match func(*refresh) bool) error {
	kept, err := g.org.Secrets(ctx, kindRefresh, user)
	if err != nil {
		return fmt.Errorf("list refresh tokens: %w", err)
	}
	for _, k := range kept {
		var r refresh
		if err := json.Unmarshal(k.Body, &r); err != nil {
			return fmt.Errorf("decode refresh token: %w", err)
		}
		if match(&r) {
			if _, _, err := g.org.TakeSecret(ctx, kindRefresh, k.Key); err != nil {
				return fmt.Errorf("revoke refresh token: %w", err)
			}
		}
	}
	return nil
}

// revokeSessions ends the sessions of a user, of all for "", that match.
func (g *Gate) revokeSessions(ctx context.Context, user record.ID, match func(*Session) bool) error {
	all, err := g.Sessions(ctx, user)
	if err != nil {
		return err
	}
	for _, s := range all {
		if match(s) {
			if _, err := g.Revoke(ctx, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// consent is what a user agreed to.
type consent struct {
	Scopes []string `json:"scopes"`
}

func consentKey(user record.ID, app string) string { return string(user) + "/" + app }

// Consented reports whether a user, or an administrator for all, has let an app have scopes.
func (g *Gate) Consented(ctx context.Context, user record.ID, app *App, scopes []string) (bool, error) {
	if app.Trusted {
		return true, nil
	}
	var c consent
	_, ok, err := g.get(ctx, kindConsent, consentKey(user, app.ID), &c)
	if err != nil || !ok {
		return false, err
	}
	for _, s := range scopes {
		if !slices.Contains(c.Scopes, s) {
			return false, nil
		}
	}
	return true, nil
}

// Consent keeps that a user let an app have scopes.
func (g *Gate) Consent(ctx context.Context, user record.ID, app *App, scopes []string) error {
	if err := g.put(ctx, kindConsent, consentKey(user, app.ID), user, time.Time{}, consent{Scopes: scopes}); err != nil {
		return fmt.Errorf("keep consent: %w", err)
	}
	return nil
}

// NewOTP returns a password that UseOTP turns into a browser session of the user, once and within a minute.
func (g *Gate) NewOTP(ctx context.Context, user record.ID) (string, error) {
	otp := newCode()
	if err := g.put(ctx, kindOTP, digest(otp), user, g.now().Add(otpLife), struct{}{}); err != nil {
		return "", fmt.Errorf("make one-time password: %w", err)
	}
	return otp, nil
}

// UseOTP returns the user of a one-time password; ok is false where it was used or is too old.
func (g *Gate) UseOTP(ctx context.Context, otp string) (record.ID, bool, error) {
	kept, ok, err := g.take(ctx, kindOTP, digest(otp), &struct{}{})
	return kept.Owner, ok, err
}

// FirstUse reports whether an assertion is seen for the first time; it is remembered for life.
func (g *Gate) FirstUse(ctx context.Context, assertion string, life time.Duration) (bool, error) {
	first, err := g.org.AddSecret(ctx, org.Secret{Kind: kindReplay, Key: digest(assertion), Body: []byte("{}"), Expires: g.now().Add(life)})
	if err != nil {
		return false, fmt.Errorf("remember assertion: %w", err)
	}
	return first, nil
}
