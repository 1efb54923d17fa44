package org

import (
	"context"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Grant gives the profiles with the given names rights on all fields of objects, in place of those that they had on them.
func (s *Session) Grant(ctx context.Context, r Rights, profiles []string, objects ...string) error {
	if !s.Can("ManageUsers") {
		return fault.New(fault.InsufficientAccess, "Changing permissions needs the permission Manage Users.")
	}
	snap := s.Catalog()
	var of []*catalog.Object
	for _, name := range objects {
		o := snap.Object(name)
		if o == nil {
			return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
		}
		of = append(of, o)
	}
	return s.org.db.Write(ctx, s.use.Ticket(), func(tx store.Tx) error {
		env := &dml.Env{Snapshot: snap, Access: access.System(), Use: s.use, User: s.actor.User}
		for _, p := range profiles {
			q := store.NewSQL(tx.Dialect()).Raw("SELECT s.").Name("Id").Raw(" FROM ").Table("PermissionSet").Raw(" s JOIN ").Table("Profile").
				Raw(" p ON p.").Name("Id").Raw(" = s.").Name("ProfileId").Raw(" WHERE p.").Name("Name").Raw(" = ").Str(p)
			found, err := store.Fetch(ctx, tx, q, store.Out{Class: store.ID})
			if err != nil {
				return err
			}
			if found.Len() == 0 {
				return fault.New(fault.InvalidCrossReferenceKey, "There is no profile %s.", p)
			}
			set := found.ID(0, 0)
			for _, table := range []string{"ObjectPermissions", "FieldPermissions"} {
				for _, o := range of {
					q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(table).Raw(" WHERE ").Name("ParentId").Raw(" = ").Arg(store.ID, record.OfID(set)).
						Raw(" AND ").Name("SobjectType").Raw(" = ").Str(o.Name)
					if _, err := tx.Exec(ctx, q); err != nil {
						return err
					}
				}
			}
			if _, err := seed(ctx, tx, env, access.Grants(set, r, of...)); err != nil {
				return err
			}
		}
		return s.org.touch(ctx, tx)
	})
}
