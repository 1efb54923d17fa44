package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"stoa/internal/org"
)

const keyBits = 2048

// signingKey is what the vault keeps of a key under its key id.
type signingKey struct {
	PKCS8   []byte    `json:"pkcs8"`
	Created time.Time `json:"created"`
}

// A keyring holds the key that signs ID tokens. It is made when it is first
// needed and never changes, so that what was read once may be kept.
type keyring struct {
	mu  sync.Mutex
	key *jose.JSONWebKey // guarded by mu
}

const keyID = "1"

// signing returns the org's signing key. Of several processes that make the first one, one prevails.
func (g *Gate) signing(ctx context.Context) (*jose.JSONWebKey, error) {
	g.keys.mu.Lock()
	defer g.keys.mu.Unlock()
	if g.keys.key != nil {
		return g.keys.key, nil
	}
	var kept signingKey
	_, ok, err := g.get(ctx, kindKey, keyID, &kept)
	if err != nil {
		return nil, err
	}
	if !ok {
		if err := g.makeKey(ctx); err != nil {
			return nil, err
		}
		if _, ok, err = g.get(ctx, kindKey, keyID, &kept); err != nil || !ok {
			return nil, fmt.Errorf("read signing key: %w", err)
		}
	}
	k, err := x509.ParsePKCS8PrivateKey(kept.PKCS8)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	g.keys.key = &jose.JSONWebKey{Key: k, KeyID: keyID, Algorithm: string(jose.RS256), Use: "sig"}
	return g.keys.key, nil
}

func (g *Gate) makeKey(ctx context.Context) error {
	k, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return fmt.Errorf("encode signing key: %w", err)
	}
	body, err := json.Marshal(signingKey{PKCS8: der, Created: g.now().UTC()})
	if err != nil {
		return fmt.Errorf("encode signing key: %w", err)
	}
	if _, err := g.org.AddSecret(ctx, org.Secret{Kind: kindKey, Key: keyID, Body: body}); err != nil {
		return fmt.Errorf("keep signing key: %w", err)
	}
	return nil
}

// SignJWT returns claims as a JWT signed with RS256.
func (g *Gate) SignJWT(ctx context.Context, claims any) (string, error) {
	k, err := g.signing(ctx)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: k}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// PublicKeys returns the keys that verify what SignJWT signs.
func (g *Gate) PublicKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	k, err := g.signing(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.Public()}}, nil
}
