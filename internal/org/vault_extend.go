package org

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// ExtendSecret gives a secret a new end and reports whether there was one. A
// secret that was taken or dropped meanwhile stays gone, which reading and
// putting it again could not promise.
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

// AddSecret writes a secret where there is none with its kind and key, and reports whether it did. Of several
// callers one does: that is how a thing is seen for the first time.
func (o *Org) AddSecret(ctx context.Context, s Secret) (added bool, err error) {
	expires := record.Value{}
	if !s.Expires.IsZero() {
		expires = record.OfInstant(s.Expires)
	}
	err = o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(vault).Raw(" AS held (kind, key, owner, body, expires) VALUES (").
			Str(s.Kind).Raw(", ").Str(s.Key).Raw(", ").Str(string(s.Owner)).Raw(", ").Blob(s.Body).Raw(", ").Arg(store.DateTime, expires).
			Raw(") ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, body = excluded.body, expires = excluded.expires").
			Raw(" WHERE held.expires <= ").Arg(store.DateTime, record.OfInstant(tx.Now()))
		n, err := tx.Exec(ctx, q)
		added = n == 1
		return err
	})
	return added, err
}
