package org

import (
	"context"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/purpose"
	"stoa/internal/store"
)

// metaTables holds the fingerprint of the tables that the platform's own objects had when they were last made to fit.
const metaTables = "tables"

// upgrade gives an org that an older server made the columns, tables and
// indexes that this one's objects have beyond them, list views where an object
// has none, and writes the rows about objects anew. It does nothing where the fingerprint is the same.
func (o *Org) upgrade(ctx context.Context, shipped *catalog.Snapshot) error {
	if o.State() == StateNew && o.ID() == "" {
		return nil
	}
	now := catalog.Fingerprint(shipped)
	same := false
	err := o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
		meta, err := metaGet(ctx, tx)
		same = meta[metaTables] == now
		return err
	})
	if err != nil || same {
		return err
	}
	return o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		snap := o.catalog.Load()
		if err := catalog.Apply(ctx, tx, nil, snap); err != nil {
			return err
		}
		for _, object := range []string{"FieldDefinition", "EntityDefinition"} {
			if _, err := tx.Exec(ctx, store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(snap.Object(object).Table)); err != nil {
				return err
			}
		}
		env := &dml.Env{Snapshot: snap, Access: access.System(), Use: purpose.New("", "operation", string(System), "stoa"), User: o.Admin()}
		if _, err := seed(ctx, tx, env, catalog.Reified(snap.Objects()...)); err != nil {
			return err
		}
		if err := beginListViews(ctx, tx, env, snap.Objects()); err != nil {
			return err
		}
		return metaPut(ctx, tx, metaTables, now)
	})
}
