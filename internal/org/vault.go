package org

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Secret is a row that only auth may see: a password hash, a session, a
// token, a connected app's secret; and what the org itself keeps for one person
// for a while. It is no record: no query reaches it.
type Secret struct {
	Kind, Key string    // unique together; a key that is itself secret is stored as its hash by the caller
	Owner     record.ID // user, "" for none
	Body      []byte    // at most 64 KiB, usually JSON
	Expires   time.Time // zero for never; an expired one is not found
}

const vault = store.VaultTable

var secretOut = []store.Out{{Class: store.Text}, {Class: store.Text}, {Class: store.Text}, {Class: store.Bytes}, {Class: store.DateTime}}

// Secret returns the secret of a kind with a key; ok is false where there is none.
func (o *Org) Secret(ctx context.Context, kind, key string) (s Secret, ok bool, err error) {
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
		found, err := findSecrets(ctx, tx, kind, func(q *store.SQL) { q.Raw(" AND key = ").Str(key) })
		if len(found) > 0 {
			s, ok = found[0], true
		}
		return err
	})
	return s, ok, err
}

// Secrets returns the secrets of a kind that belong to owner, all of the kind for "".
func (o *Org) Secrets(ctx context.Context, kind string, owner record.ID) (found []Secret, err error) {
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) (err error) {
		found, err = findSecrets(ctx, tx, kind, ownedBy(owner))
		return err
	})
	return found, err
}

// PutSecrets writes secrets in place of those with the same kind and key, all or none.
func (o *Org) PutSecrets(ctx context.Context, secrets ...Secret) error {
	return o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		for _, s := range secrets {
			if err := putSecret(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func putSecret(ctx context.Context, tx store.Tx, s Secret) error {
	_, err := tx.Exec(ctx, insertSecret(tx, s).Raw(" ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, body = excluded.body, expires = excluded.expires"))
	return err
}

// AddSecret writes a secret unless one that has not expired is there already.
func (o *Org) AddSecret(ctx context.Context, s Secret) (added bool, err error) {
	err = o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		added = false
		found, err := findSecrets(ctx, tx, s.Kind, func(q *store.SQL) { q.Raw(" AND key = ").Str(s.Key) })
		if err != nil || len(found) > 0 {
			return err
		}
		// An expired one may still stand there; on PostgreSQL two callers may come to here, and one wins.
		q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(vault).Raw(" WHERE kind = ").Str(s.Kind).Raw(" AND key = ").Str(s.Key).
			Raw(" AND expires <= ").Arg(store.DateTime, record.OfInstant(tx.Now()))
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, insertSecret(tx, s).Raw(" ON CONFLICT (kind, key) DO NOTHING"))
		added = n == 1
		return err
	})
	return added, err
}

// ExtendSecret moves the expiry of a secret; ok is false where it is gone.
func (o *Org) ExtendSecret(ctx context.Context, kind, key string, until time.Time) (ok bool, err error) {
	err = o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(vault).Raw(" SET expires = ").Arg(store.DateTime, record.OfInstant(until)).
			Raw(" WHERE kind = ").Str(kind).Raw(" AND key = ").Str(key)
		n, err := tx.Exec(ctx, q)
		ok = n == 1
		return err
	})
	return ok, err
}

// TakeSecret removes a secret and returns it. Of several callers one gets it: that is how a code is used once.
func (o *Org) TakeSecret(ctx context.Context, kind, key string) (s Secret, ok bool, err error) {
	err = o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		s, ok = Secret{}, false
		found, err := findSecrets(ctx, tx, kind, func(q *store.SQL) { q.Raw(" AND key = ").Str(key) })
		if err != nil || len(found) == 0 {
			return err
		}
		q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(vault).Raw(" WHERE kind = ").Str(kind).Raw(" AND key = ").Str(key)
		n, err := tx.Exec(ctx, q)
		if n == 1 {
			s, ok = found[0], true
		}
		return err
	})
	return s, ok, err
}

// DropSecrets removes the secrets of a kind that belong to owner and returns how many there were.
func (o *Org) DropSecrets(ctx context.Context, kind string, owner record.ID) (int, error) {
	var n int64
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) (err error) {
		q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(vault).Raw(" WHERE kind = ").Str(kind)
		ownedBy(owner)(q)
		n, err = tx.Exec(ctx, q)
		return err
	})
	return int(n), err
}

func insertSecret(tx store.Tx, s Secret) *store.SQL {
	expires := record.Value{}
	if !s.Expires.IsZero() {
		expires = record.OfInstant(s.Expires)
	}
	return store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(vault).Raw(" (kind, key, owner, body, expires) VALUES (").
		Str(s.Kind).Raw(", ").Str(s.Key).Raw(", ").Str(string(s.Owner)).Raw(", ").Blob(s.Body).Raw(", ").Arg(store.DateTime, expires).Raw(")")
}

// sweepVault removes what has expired.
func sweepVault(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(vault).Raw(" WHERE expires <= ").Arg(store.DateTime, record.OfInstant(tx.Now()))
	_, err := tx.Exec(ctx, q)
	return err
}

func ownedBy(owner record.ID) func(*store.SQL) {
	return func(q *store.SQL) {
		if owner != "" {
			q.Raw(" AND owner = ").Str(string(owner))
		}
	}
}

func findSecrets(ctx context.Context, tx store.Tx, kind string, where func(*store.SQL)) ([]Secret, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT kind, key, owner, body, expires FROM ").Table(vault).Raw(" WHERE kind = ").Str(kind)
	where(q)
	q.Raw(" AND (expires IS NULL OR expires > ").Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(") ORDER BY key")
	p, err := store.Fetch(ctx, tx, q, secretOut...)
	if err != nil {
		return nil, err
	}
	found := make([]Secret, p.Len())
	for i := range found {
		found[i] = Secret{
			Kind: p.Value(i, 0).Text(), Key: p.Value(i, 1).Text(), Owner: record.ID(p.Value(i, 2).Text()), Body: []byte(p.Value(i, 3).Text()),
		}
		if e := p.Value(i, 4); !e.IsNull() {
			found[i].Expires = e.Instant()
		}
	}
	return found, nil
}
