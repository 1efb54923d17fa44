package access

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A SeedProfile is a profile that every org begins with.
type SeedProfile struct {
	Name        string
	Permissions []string // user permissions; nil for all
	Rights      Rights   // on every object whose permissions are granted
}

// Profiles lists the profiles of a new org.
func Profiles() []SeedProfile {
	staff := []string{"ApiEnabled", "RunReports", "ExportReport", "EditTask", "EditEvent", "EmailSingle", "ConvertLeads", "ManageCases",
		"AllowViewKnowledge", "ViewDataCategories", "ChatterInternalUser", "RunFlow", "AssignTopics", "CreateTopics", "SubmitMacrosAllowed"}
	return []SeedProfile{
		{Name: "System Administrator", Rights: everything},
		{Name: "Standard User", Permissions: staff, Rights: Rights{Read: true, Create: true, Edit: true, Delete: true}},
		{Name: "Read Only", Permissions: []string{"ApiEnabled", "RunReports", "AllowViewKnowledge", "ViewDataCategories", "ChatterInternalUser"}, Rights: Rights{Read: true}},
		{Name: "Minimum Access - API Only Integrations", Permissions: []string{"ApiEnabled", "ApiUserOnly"}},
	}
}

// PermissionSet returns the draft of the profile's own permission set.
func (p SeedProfile) PermissionSet(snap *catalog.Snapshot, profile record.ID) record.Draft {
	d := record.Draft{Object: "PermissionSet"}
	d.Set("Name", record.OfText("X"+profile.Short())).Set("Label", record.OfText(p.Name)).Set("ProfileId", record.OfID(profile))
	d.Set("IsOwnedByProfile", record.OfBool(true)).Set("IsCustom", record.OfBool(false)).Set("Type", record.OfText("Profile"))
	for _, name := range p.permissions(snap.Object("PermissionSet")) {
		d.Set(name, record.OfBool(true))
	}
	return d
}

// Profile returns the draft of the profile.
func (p SeedProfile) Profile(snap *catalog.Snapshot, license record.ID) record.Draft {
	d := record.Draft{Object: "Profile"}
	d.Set("Name", record.OfText(p.Name)).Set("UserType", record.OfText("Standard")).Set("UserLicenseId", record.OfID(license))
	for _, name := range p.permissions(snap.Object("Profile")) {
		d.Set(name, record.OfBool(true))
	}
	return d
}

func (p SeedProfile) permissions(o *catalog.Object) (names []string) {
	for _, f := range o.Fields {
		name, ok := strings.CutPrefix(f.Name, "Permissions")
		if !ok || f.Type.Kind != record.Bool {
			continue
		}
		grant := p.Permissions == nil && name != "ApiUserOnly"
		for _, want := range p.Permissions {
			grant = grant || want == name
		}
		if grant {
			names = append(names, f.Name)
		}
	}
	return names
}

// Grants returns the object and field permissions of a permission set that give r on each of the objects.
func Grants(set record.ID, r Rights, objects ...*catalog.Object) []record.Draft {
	var drafts []record.Draft
	if r == (Rights{}) {
		return nil
	}
	for _, o := range objects {
		if kindOf(o) != granted {
			continue
		}
		d := record.Draft{Object: "ObjectPermissions"}
		d.Set("ParentId", record.OfID(set)).Set("SobjectType", record.OfText(o.Name))
		d.Set("PermissionsRead", record.OfBool(r.Read)).Set("PermissionsCreate", record.OfBool(r.Create)).Set("PermissionsEdit", record.OfBool(r.Edit))
		d.Set("PermissionsDelete", record.OfBool(r.Delete)).Set("PermissionsViewAllRecords", record.OfBool(r.ViewAll)).Set("PermissionsModifyAllRecords", record.OfBool(r.ModifyAll))
		drafts = append(drafts, d)
		for _, f := range o.Fields {
			if key, ok := secured(f); !ok || key != catalog.Fold(o.Name+"."+f.Name) {
				continue
			}
			d := record.Draft{Object: "FieldPermissions"}
			d.Set("ParentId", record.OfID(set)).Set("SobjectType", record.OfText(o.Name)).Set("Field", record.OfText(o.Name+"."+f.Name))
			d.Set("PermissionsRead", record.OfBool(true)).Set("PermissionsEdit", record.OfBool(r.Edit && (f.Createable || f.Updateable || len(f.Parts) > 0)))
			drafts = append(drafts, d)
		}
	}
	return drafts
}
