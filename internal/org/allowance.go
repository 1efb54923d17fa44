package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"stoa/internal/store"
)

// An Allowance is how much of a thing one asker gets: so many at once, then one every so often. It is counted in the
// database, so that processes count together and a restart forgets nothing.
type Allowance struct {
	Kind   string        // of the thing; names of different kinds are different askers
	AtOnce int           // at least 1
	Every  time.Duration // at least a millisecond
}

// errSpent ends the transaction of an asker who had enough, so that nothing of it is counted.
var errSpent = errors.New("the allowance is spent")

// Admit takes one of an allowance for every name, or, where one of them had enough, none: false. The names are kept as hashes
// only, and no longer than it takes until all is there again.
//
// It is the generic cell rate algorithm of ATM Forum TM 4.0, with one number a name: when all of it will be there again.
func (o *Org) Admit(ctx context.Context, a Allowance, names ...string) (bool, error) {
	keys := make([]string, len(names))
	for i, n := range names {
		h := sha256.Sum256([]byte(a.Kind + "\x00" + n))
		keys[i] = hex.EncodeToString(h[:])
	}
	slices.Sort(keys) // whoever locks the same rows locks them in the same order
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		now, step := tx.Now().UnixMilli(), a.Every.Milliseconds()
		for _, key := range slices.Compact(keys) {
			q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.AllowanceTable).Raw(` AS was (name, "full") VALUES (`).Str(key).Raw(", ").Int(now + step).
				Raw(`) ON CONFLICT (name) DO UPDATE SET "full" = CASE WHEN was."full" > `).Int(now).Raw(` THEN was."full" ELSE `).Int(now).Raw(" END + ").Int(step).
				Raw(` WHERE was."full" <= `).Int(now + int64(a.AtOnce-1)*step)
			if n, err := tx.Exec(ctx, q); err != nil {
				return err
			} else if n == 0 {
				return errSpent
			}
		}
		return nil
	})
	if errors.Is(err, errSpent) {
		return false, nil
	}
	return err == nil, err
}

// Turn lets one transaction at a time go on from here under a name, whichever process it is in: another waits until this one
// ends, and sees what it wrote. A unit that takes several turns takes them in one order everywhere.
func (t *Tx) Turn(ctx context.Context, name string) error {
	h := sha256.Sum256([]byte("turn\x00" + name))
	tx := t.unit.tx
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.AllowanceTable).Raw(` (name, "full") VALUES (`).Str(hex.EncodeToString(h[:])).Raw(", ").Int(tx.Now().UnixMilli()).
		Raw(`) ON CONFLICT (name) DO UPDATE SET "full" = excluded."full"`)
	_, err := tx.Exec(ctx, q)
	return err
}

// sweepAllowances removes those of which all is there again, and turns that were taken.
func sweepAllowances(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.AllowanceTable).Raw(` WHERE "full" <= `).Int(tx.Now().UnixMilli())
	_, err := tx.Exec(ctx, q)
	return err
}
