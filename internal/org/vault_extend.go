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
