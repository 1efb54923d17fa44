package org

import (
	"context"
	"time"

	"stoa/internal/record"
)

// A Secret is a row that only auth may see: a password hash, a session, a
// token, a connected app's secret. It is no record: no query reaches it.
type Secret struct {
	Kind, Key string    // unique together; a key that is itself secret is stored as its hash by the caller
	Owner     record.ID // user, "" for none
	Body      []byte    // at most 64 KiB, usually JSON
	Expires   time.Time // zero for never; an expired one is not found
}

// Secret returns the secret of a kind with a key; ok is false where there is none.
func (o *Org) Secret(ctx context.Context, kind, key string) (s Secret, ok bool, err error) {
	return s, false, nil
}

// Secrets returns the secrets of a kind that belong to owner, all of the kind for "".
func (o *Org) Secrets(ctx context.Context, kind string, owner record.ID) ([]Secret, error) {
	return nil, nil
}

// PutSecrets writes secrets in place of those with the same kind and key, all or none.
func (o *Org) PutSecrets(ctx context.Context, secrets ...Secret) error { return nil }

// TakeSecret removes a secret and returns it. Of several callers one gets it: that is how a code is used once.
func (o *Org) TakeSecret(ctx context.Context, kind, key string) (s Secret, ok bool, err error) {
	return s, false, nil
}

// DropSecrets removes the secrets of a kind that belong to owner and returns how many there were.
func (o *Org) DropSecrets(ctx context.Context, kind string, owner record.ID) (int, error) {
	return 0, nil
}

// UserByUsername returns the actor with a username in any letter case, active or not; ok is false where there is none.
func (o *Org) UserByUsername(ctx context.Context, username string) (a Actor, active, ok bool, err error) {
	return a, false, false, nil
}

// UserByID returns the actor with a user id.
func (o *Org) UserByID(ctx context.Context, id record.ID) (a Actor, active, ok bool, err error) {
	return a, false, false, nil
}
