package dml

import (
	"stoa/internal/fault"
	"stoa/internal/record"
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
