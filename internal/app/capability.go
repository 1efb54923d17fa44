package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"

	"stoa/internal/org"
	"stoa/internal/record"
)

var capabilityText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// capabilityBytes are 128 bits: nobody guesses them.
const capabilityBytes = 16

// Capability returns what opens a record to whoever holds it, for one kind of use: the same every time, 26 letters
// and digits. Revoke makes those that are out open nothing.
func Capability(ctx context.Context, o *org.Org, kind string, id record.ID) (string, error) {
	key, ok, err := o.Secret(ctx, kind, "key")
	if err == nil && !ok {
		if _, err = o.AddSecret(ctx, org.Secret{Kind: kind, Key: "key", Body: []byte(rand.Text() + rand.Text())}); err == nil {
			key, ok, err = o.Secret(ctx, kind, "key")
		}
	}
	if err != nil || !ok {
		return "", fmt.Errorf("capability %s: %w", kind, err)
	}
	nonce, _, err := o.Secret(ctx, kind+"-nonce", string(id))
	if err != nil {
		return "", fmt.Errorf("capability %s: %w", kind, err)
	}
	h := hmac.New(sha256.New, key.Body)
	h.Write([]byte(id))
	h.Write(nonce.Body)
	return capabilityText.EncodeToString(h.Sum(nil)[:capabilityBytes]), nil
}

// Opens reports whether what somebody holds opens a record.
func Opens(ctx context.Context, o *org.Org, kind string, id record.ID, held string) (bool, error) {
	right, err := Capability(ctx, o, kind, id)
	return err == nil && hmac.Equal([]byte(right), []byte(held)), err
}

// Revoke makes what is out for a record open nothing any more.
func Revoke(ctx context.Context, o *org.Org, kind string, id record.ID) error {
	return o.PutSecrets(ctx, org.Secret{Kind: kind + "-nonce", Key: string(id), Body: []byte(rand.Text())})
}

// NewKey returns a key that nobody guesses, and the hash under which it is kept.
func NewKey() (key, hash string) {
	key = rand.Text()
	return key, KeyHash(key)
}

// KeyHash returns the hash under which a key is kept.
func KeyHash(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}
