package auth

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"crypto/rand"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// The ways to get a token, as an App allows them.
const (
	GrantPassword = "password"
	GrantCode     = "authorization_code"
	GrantImplicit = "implicit"
	GrantRefresh  = "refresh_token"
	GrantClient   = "client_credentials"
	GrantJWT      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	GrantDevice   = "device"
)

// An App is a connected app: a program that users let in.
type App struct {
	ID         string    `json:"-"` // client id, also called consumer key
	Name       string    `json:"name"`
	Secret     string    `json:"secret,omitempty"` // digest of the client secret
	Public     bool      `json:"public,omitempty"` // cannot keep a secret: none is asked for, but PKCE is
	Redirects  []string  `json:"redirects,omitempty"`
	Grants     []string  `json:"grants,omitempty"`  // empty: all
	Scopes     []string  `json:"scopes,omitempty"`  // empty: all; "purpose:…" entries bind every token
	RunAs      record.ID `json:"runAs,omitempty"`   // user of client_credentials
	Purpose    string    `json:"purpose,omitempty"` // where a request declares none
	Key        string    `json:"key,omitempty"`     // PEM certificate or public key that signs JWT assertions
	Trusted    bool      `json:"trusted,omitempty"` // an administrator approved it for all users: nobody is asked
	Rotate     bool      `json:"rotate,omitempty"`  // a refresh token works once and brings its successor
	Created    time.Time `json:"created"`
	Predefined bool      `json:"-"` // came with Stoa and is not in the vault
}

// predefined are the public clients that command line tools use unless told otherwise.
func predefined(id string) (*App, bool) {
	switch id {
	case "PlatformCLI":
		return &App{
			ID: id, Name: "Platform CLI", Public: true, Predefined: true,
			Grants:    []string{GrantCode, GrantRefresh, GrantDevice},
			Redirects: []string{"http://localhost:1717/OauthRedirect", "http://localhost/oauth/callback"},
		}, true
	case "CodeBuilder":
		return &App{
			ID: id, Name: "Code Builder", Public: true, Predefined: true,
			Grants:    []string{GrantCode, GrantRefresh},
			Redirects: []string{"http://localhost:1717/OauthRedirect"},
		}, true
	}
	return nil, false
}

// App returns the connected app with a client id; ok is false where there is none.
func (g *Gate) App(ctx context.Context, id string) (*App, bool, error) {
	if id == "" || len(id) > 255 {
		return nil, false, nil
	}
	a := &App{}
	_, ok, err := g.get(ctx, kindApp, id, a)
	if err != nil {
		return nil, false, err
	}
	if ok {
		a.ID = id
		return a, true, nil
	}
	a, ok = predefined(id)
	return a, ok, nil
}

// Apps lists the connected apps by name, those that came with Stoa included.
func (g *Gate) Apps(ctx context.Context) ([]*App, error) {
	kept, err := g.org.Secrets(ctx, kindApp, "")
	if err != nil {
		return nil, fmt.Errorf("list connected apps: %w", err)
	}
	seen := map[string]bool{}
	var all []*App
	for _, k := range kept {
		a := &App{}
		if err := json.Unmarshal(k.Body, a); err != nil {
			return nil, fmt.Errorf("decode connected app: %w", err)
		}
		a.ID = k.Key
		seen[a.ID] = true
		all = append(all, a)
	}
	for _, id := range []string{"PlatformCLI", "CodeBuilder"} {
		if a, ok := predefined(id); ok && !seen[id] {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *App) int { return strings.Compare(record.Fold(a.Name), record.Fold(b.Name)) })
	return all, nil
}

// clientText is what client ids and secrets may consist of, so that force://id:secret:refresh@host can be read.
const clientText = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

// SaveApp creates a connected app, or changes the one with its ID. An empty ID is
// made up; secret is the client secret, "" to make one up for a new app and to
// keep the one of an old. It returns the secret only where it was made or given.
func (g *Gate) SaveApp(ctx context.Context, a App, secret string) (*App, string, error) {
	if a.ID == "" {
		a.ID = "3MVG9" + rand.Text() + rand.Text()
	}
	if err := a.check(secret); err != nil {
		return nil, "", err
	}
	var old App
	_, known, err := g.get(ctx, kindApp, a.ID, &old)
	if err != nil {
		return nil, "", err
	}
	a.Created = old.Created
	if !known {
		a.Created = g.now().UTC().Truncate(time.Second)
	}
	switch {
	case a.Public:
		secret, a.Secret = "", ""
	case secret != "":
		a.Secret = digest(secret)
	case known && old.Secret != "":
		a.Secret = old.Secret
	default:
		secret = rand.Text() + rand.Text()
		a.Secret = digest(secret)
	}
	if err := g.put(ctx, kindApp, a.ID, "", time.Time{}, a); err != nil {
		return nil, "", fmt.Errorf("save connected app: %w", err)
	}
	return &a, secret, nil
}

// RotateSecret gives a connected app a new client secret and returns it. The old one ends.
func (g *Gate) RotateSecret(ctx context.Context, id string) (string, error) {
	var a App
	_, ok, err := g.get(ctx, kindApp, id, &a)
	if err != nil {
		return "", err
	}
	if !ok || a.Public {
		return "", fault.New(fault.NotFound, "The requested resource does not exist")
	}
	a.ID = id
	_, secret, err := g.SaveApp(ctx, a, rand.Text()+rand.Text())
	return secret, err
}

// DropApp removes a connected app with all its sessions and refresh tokens, and reports whether there was one.
func (g *Gate) DropApp(ctx context.Context, id string) (bool, error) {
	_, ok, err := g.org.TakeSecret(ctx, kindApp, id)
	if err != nil {
		return false, fmt.Errorf("drop connected app: %w", err)
	}
	of := func(s *Session) bool { return s.App == id }
	if err := g.revokeTokens(ctx, "", func(r *refresh) bool { return r.App == id }); err != nil {
		return false, err
	}
	return ok, g.revokeSessions(ctx, "", of)
}

func (a *App) check(secret string) error {
	bad := func(what string, args ...any) error { return fault.New(fault.InvalidArgument, what, args...) }
	if a.Name == "" {
		return bad("A connected app needs a name.")
	}
	if len(a.ID) > 255 || strings.Trim(a.ID, clientText) != "" {
		return bad("The client id may consist of letters, digits, points, hyphens and underscores.")
	}
	if strings.Trim(strings.TrimRight(secret, "="), clientText) != "" {
		return bad("The client secret may consist of letters, digits, points, hyphens and underscores.")
	}
	if a.Purpose != "" && !validPurpose(a.Purpose) {
		return bad("The purpose must be a code such as casework.benefits.")
	}
	if a.Key != "" {
		if _, err := a.PublicKey(); err != nil {
			return bad("The key must be an RSA certificate or public key in PEM form.")
		}
	}
	for _, r := range a.Redirects {
		u, err := url.Parse(r)
		if err != nil || u.Scheme == "" || u.Fragment != "" || u.Scheme == "javascript" || u.Scheme == "data" {
			return bad("The callback URL %s must be absolute and without a fragment.", r)
		}
		if u.Scheme == "http" && !loopback(u.Hostname()) {
			return bad("The callback URL %s must be https, but for one on this machine.", r)
		}
	}
	return nil
}

// Allows reports whether the app may use a grant.
func (a *App) Allows(grant string) bool {
	return len(a.Grants) == 0 || slices.Contains(a.Grants, grant)
}

// Proves reports whether secret is the app's client secret.
func (a *App) Proves(secret string) bool { return matches(secret, a.Secret) }

// Redirect returns the callback URL to use for the one that a request named,
// "" for the app's first; ok is false where it is none of the app's. The port of
// a loopback address may be any: a program there takes the one that is free.
func (a *App) Redirect(asked string) (string, bool) {
	if asked == "" {
		if len(a.Redirects) != 1 {
			return "", false
		}
		return a.Redirects[0], true
	}
	if slices.Contains(a.Redirects, asked) {
		return asked, true
	}
	u, err := url.Parse(asked)
	if err != nil || u.Scheme != "http" || u.Fragment != "" || u.User != nil || !loopback(u.Hostname()) {
		return "", false
	}
	for _, r := range a.Redirects {
		have, err := url.Parse(r)
		if err == nil && have.Scheme == "http" && loopback(have.Hostname()) && have.Path == u.Path && have.RawQuery == u.RawQuery {
			return asked, true
		}
	}
	return "", false
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// PublicKey returns the key that verifies the app's assertions.
func (a *App) PublicKey() (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(a.Key))
	if block == nil {
		return nil, fmt.Errorf("no PEM block")
	}
	if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
		if k, ok := cert.PublicKey.(*rsa.PublicKey); ok {
			return k, nil
		}
		return nil, fmt.Errorf("certificate has no RSA key")
	}
	if k, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		if k, ok := k.(*rsa.PublicKey); ok {
			return k, nil
		}
		return nil, fmt.Errorf("not an RSA key")
	}
	return x509.ParsePKCS1PublicKey(block.Bytes)
}
