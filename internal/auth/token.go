package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// newToken returns an access token, which is also a session id: the org's id
// of 15 characters, "!", and 54 characters with 260 random bits. Clients hold
// it to (00D\w{12,15})![.\w]*, and one without "." cannot be taken for a JWT.
func newToken(org record.ID) string { return org.Short() + "!AQ" + rand.Text() + rand.Text() }

// newRefreshToken returns a refresh token. Clients carry it in the user part of
// a URL and hold it to [a-zA-Z0-9._-]+={0,2}.
func newRefreshToken() string { return "5Aep861" + rand.Text() + rand.Text() }

// newCode returns a secret for one use: an authorization code, a one-time password.
func newCode() string { return "aPrx" + rand.Text() + rand.Text() }

// digest returns the form in which a secret with enough entropy of its own is kept.
func digest(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// matches compares a secret with its digest in constant time.
func matches(secret, kept string) bool {
	return kept != "" && subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(kept)) == 1
}

// wellFormed reports whether a token looks like one of this org, so that junk costs no read.
func wellFormed(token string, org record.ID) bool {
	head, tail, ok := strings.Cut(token, "!")
	return ok && len(tail) >= 43 && len(tail) <= 128 && head == org.Short()
}

// put writes body as JSON under kind and key.
func (g *Gate) put(ctx context.Context, kind, key string, owner record.ID, expires time.Time, body any) error {
	s, err := secret(kind, key, owner, expires, body)
	if err != nil {
		return err
	}
	return g.org.PutSecrets(ctx, s)
}

func secret(kind, key string, owner record.ID, expires time.Time, body any) (org.Secret, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return org.Secret{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	return org.Secret{Kind: kind, Key: key, Owner: owner, Body: b, Expires: expires}, nil
}

// get reads what put wrote into body; ok is false where there is none or its time is over.
func (g *Gate) get(ctx context.Context, kind, key string, body any) (s org.Secret, ok bool, err error) {
	s, ok, err = g.org.Secret(ctx, kind, key)
	return g.decode(s, ok, err, body)
}

// take reads what put wrote and removes it; of several callers one gets it.
func (g *Gate) take(ctx context.Context, kind, key string, body any) (s org.Secret, ok bool, err error) {
	s, ok, err = g.org.TakeSecret(ctx, kind, key)
	return g.decode(s, ok, err, body)
}

func (g *Gate) decode(s org.Secret, ok bool, err error, body any) (org.Secret, bool, error) {
	if err != nil {
		return s, false, fmt.Errorf("read vault: %w", err)
	}
	if !ok || !s.Expires.IsZero() && !s.Expires.After(g.now()) {
		return s, false, nil
	}
	if err := json.Unmarshal(s.Body, body); err != nil {
		return s, false, fmt.Errorf("decode %s: %w", s.Kind, err)
	}
	return s, true, nil
}
