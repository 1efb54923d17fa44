package dml

import (
	"context"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// derivePermissions refuses permissions without those that they imply; a new permission set is a custom one.
func derivePermissions(b *Batch) error {
	for _, r := range b.Rows {
		switch b.Object.Name {
		case "PermissionSet":
			if b.Insert && !b.opt.KeepIDs {
				r.set("IsCustom", record.OfBool(true))
				r.set("Type", record.OfText("Regular"))
			}
		case "PermissionSetAssignment":
			if b.Insert {
				r.set("IsActive", record.OfBool(true))
			}
		case "ObjectPermissions":
			r.imply("PermissionsCreate", "PermissionsRead")
			r.imply("PermissionsEdit", "PermissionsRead")
			r.imply("PermissionsDelete", "PermissionsRead", "PermissionsEdit")
			r.imply("PermissionsViewAllRecords", "PermissionsRead")
			r.imply("PermissionsModifyAllRecords", "PermissionsRead", "PermissionsEdit", "PermissionsDelete", "PermissionsViewAllRecords")
			r.imply("PermissionsViewAllFields", "PermissionsRead")
		case "FieldPermissions":
			r.imply("PermissionsEdit", "PermissionsRead")
		}
	}
	b.drop()
	return nil
}

func (r *Row) imply(has string, needs ...string) {
	if !r.get(has).Bool() {
		return
	}
	for _, n := range needs {
		if !r.get(n).Bool() {
			r.Fail(fault.New(fault.FieldIntegrity, "field integrity exception: %s (%s needs %s)", has, has, n).On(has))
			return
		}
	}
}

// mirrorPermissions keeps a profile and its own permission set alike: every
// profile has one, on which its object and field permissions hang.
func mirrorPermissions(ctx context.Context, b *Batch) error {
	twin := b.Env.Snapshot.Object("PermissionSet")
	if b.Object == twin {
		twin = b.Env.Snapshot.Object("Profile")
	}
	if twin == nil || b.Object == twin {
		return nil
	}
	if b.Insert {
		if b.Object.Name == "Profile" {
			return b.bringSets(ctx)
		}
		return nil
	}
	twins, err := b.twins(ctx)
	if err != nil {
		return err
	}
	for i, f := range b.form.fields {
		if !strings.HasPrefix(f.Name, "Permissions") || twin.Field(f.Name) == nil || twin.Field(f.Name).Column == "" {
			continue
		}
		var ids []record.ID
		var values [][]record.Value
		for _, r := range b.Rows {
			if id := twins[r.ID]; r.changed(i) && id != "" {
				ids, values = append(ids, id), append(values, []record.Value{r.new[i]})
			}
		}
		if err := b.Tx.Update(ctx, twin.Table, []store.Column{twin.Field(f.Name).StoreColumn()}, ids, values); err != nil {
			return err
		}
	}
	return nil
}

// twins returns the profiles of permission sets, or the permission sets of profiles.
func (b *Batch) twins(ctx context.Context) (map[record.ID]record.ID, error) {
	set := b.Env.Snapshot.Object("PermissionSet")
	key, value := "Id", "ProfileId"
	if b.Object != set {
		key, value = value, key
	}
	k, v := set.Field(key).StoreColumn(), set.Field(value).StoreColumn()
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Name(k.Name).Raw(", ").Name(v.Name).Raw(" FROM ").Table(set.Table).Raw(" WHERE ").Name(k.Name).In(b.ids())
	page, err := store.Fetch(ctx, b.Tx, q, outOf(k), outOf(v))
	if err != nil {
		return nil, err
	}
	by := make(map[record.ID]record.ID, page.Len())
	for i := range page.Len() {
		by[page.ID(i, 0)] = page.ID(i, 1)
	}
	return by, nil
}

// bringSets makes the permission sets of new profiles.
func (b *Batch) bringSets(ctx context.Context) error {
	var drafts []record.Draft
	for _, r := range b.Rows {
		d := record.Draft{Object: "PermissionSet"}
		d.Set("Name", record.OfText("X"+r.ID.Short())).Set("Label", r.get("Name")).Set("ProfileId", record.OfID(r.ID)).
			Set("IsOwnedByProfile", record.OfBool(true)).Set("Type", record.OfText("Profile"))
		for i, f := range b.form.fields {
			if strings.HasPrefix(f.Name, "Permissions") && r.new[i].Bool() {
				d.Set(f.Name, r.new[i])
			}
		}
		drafts = append(drafts, d)
	}
	return b.plant(ctx, drafts)
}
