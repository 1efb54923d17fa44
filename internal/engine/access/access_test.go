package access

import (
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

const (
	ann     = record.ID("005Sa0000000001IAA")
	profile = record.ID("00eSa0000000001IAA")
	own     = record.ID("0PSSa0000000001IAA") // the profile's set
	extra   = record.ID("0PSSa0000000002IAA")
	grouped = record.ID("0PSSa0000000003IAA")
	group   = record.ID("0PGSa0000000001IAA")
	expired = record.ID("0PSSa0000000004IAA")

	seeNames = record.ID("0CPSa0000000001IAA")
	seeAll   = record.ID("0CPSa0000000002IAA")
)

// put writes rows of a standard object straight into its table: columns, then rows of values.
func put(t *testing.T, tx store.Tx, snap *catalog.Snapshot, object string, rows ...map[string]any) {
	t.Helper()
	o := snap.Object(object)
	var cols []store.Column
	var fields []*catalog.Field
	id := o.Field("Id")
	cols, fields = append(cols, id.StoreColumn()), append(fields, id)
	for _, f := range o.Fields {
		if f.Column != "" && f != id {
			cols, fields = append(cols, f.StoreColumn()), append(fields, f)
		}
	}
	for _, row := range rows {
		values := make([]record.Value, len(fields))
		for i, f := range fields {
			switch v := row[f.Name].(type) {
			case nil:
				if f.Type.Kind == record.Bool {
					values[i] = record.OfBool(false)
				}
			case string:
				values[i] = record.OfText(v)
			case bool:
				values[i] = record.OfBool(v)
			case record.ID:
				values[i] = record.OfID(v)
			case record.Value:
				values[i] = v
			}
		}
		if values[0].IsNull() {
			ids, err := tx.NewIDs(t.Context(), o.KeyPrefix, 1)
			if err != nil {
				t.Fatal(err)
			}
			values[0] = record.OfID(ids[0])
		}
		if err := tx.Insert(t.Context(), o.Table, cols, [][]record.Value{values}); err != nil {
			t.Fatal(err)
		}
	}
}

type rows = map[string]any

func load(t *testing.T, db store.DB, fill func(tx store.Tx, snap *catalog.Snapshot)) (*Access, *catalog.Snapshot) {
	t.Helper()
	snap, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var a *Access
	err = db.Write(t.Context(), store.Issue("", "test", "test"), func(tx store.Tx) error {
		for _, name := range []string{"User", "Profile", "PermissionSet", "PermissionSetGroup", "PermissionSetGroupComponent", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions", "SetupEntityAccess", "CustomPermission"} {
			o := snap.Object(name)
			table := store.Table{Name: o.Table, Columns: []store.Column{o.Field("Id").StoreColumn()}}
			for _, f := range o.Fields {
				if f.Column != "" && f.Name != "Id" {
					table.Columns = append(table.Columns, f.StoreColumn())
				}
			}
			if err := tx.CreateTable(t.Context(), table); err != nil {
				return err
			}
		}
		put(t, tx, snap, "User", rows{"Id": ann, "Username": "ann@example.org", "ProfileId": profile})
		put(t, tx, snap, "Profile", rows{"Id": profile, "Name": "Agent"})
		fill(tx, snap)
		a, err = Load(t.Context(), tx, snap, ann)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, snap
}

// TestRightsAreTheUnion holds that profile, permission sets and groups add up, and that nothing else grants.
func TestRightsAreTheUnion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		a, snap := load(t, db, func(tx store.Tx, snap *catalog.Snapshot) {
			put(t, tx, snap, "PermissionSet",
				rows{"Id": own, "Name": "own", "Label": "own", "ProfileId": profile, "IsOwnedByProfile": true, "PermissionsApiEnabled": true},
				rows{"Id": extra, "Name": "extra", "Label": "extra", "PermissionsRunReports": true},
				rows{"Id": grouped, "Name": "grouped", "Label": "grouped"},
				rows{"Id": expired, "Name": "expired", "Label": "expired", "PermissionsModifyAllData": true})
			put(t, tx, snap, "PermissionSetGroup", rows{"Id": group, "DeveloperName": "G", "MasterLabel": "G"})
			put(t, tx, snap, "PermissionSetGroupComponent", rows{"PermissionSetGroupId": group, "PermissionSetId": grouped})
			put(t, tx, snap, "PermissionSetAssignment",
				rows{"AssigneeId": ann, "PermissionSetId": extra},
				rows{"AssigneeId": ann, "PermissionSetGroupId": group},
				rows{"AssigneeId": ann, "PermissionSetId": expired, "ExpirationDate": record.OfDateTime(1000)})
			put(t, tx, snap, "ObjectPermissions",
				rows{"ParentId": own, "SobjectType": "Case", "PermissionsRead": true, "PermissionsCreate": true},
				rows{"ParentId": extra, "SobjectType": "Case", "PermissionsRead": true, "PermissionsEdit": true},
				rows{"ParentId": grouped, "SobjectType": "Account", "PermissionsRead": true})
			put(t, tx, snap, "FieldPermissions",
				rows{"ParentId": own, "SobjectType": "Case", "Field": "Case.Subject", "PermissionsRead": true},
				rows{"ParentId": extra, "SobjectType": "Case", "Field": "Case.Subject", "PermissionsRead": true, "PermissionsEdit": true},
				rows{"ParentId": own, "SobjectType": "Case", "Field": "Case.Priority", "PermissionsRead": true},
				rows{"ParentId": grouped, "SobjectType": "Account", "Field": "Account.BillingAddress", "PermissionsRead": true})
			put(t, tx, snap, "CustomPermission",
				rows{"Id": seeNames, "DeveloperName": "See_Names", "MasterLabel": "See names"},
				rows{"Id": seeAll, "DeveloperName": "See_All", "MasterLabel": "See all"})
			put(t, tx, snap, "SetupEntityAccess",
				rows{"ParentId": grouped, "SetupEntityId": seeNames, "SetupEntityType": "CustomPermission"},
				rows{"ParentId": expired, "SetupEntityId": seeAll, "SetupEntityType": "CustomPermission"})
		})
		for name, want := range map[string]bool{"see_names": true, "See_All": false, "": false} {
			if a.Custom(name) != want {
				t.Errorf("custom permission %q: %v", name, !want)
			}
		}
		want := map[string]Rights{
			"Case":        {Read: true, Create: true, Edit: true},
			"CaseComment": {Read: true, Create: true, Edit: true},
			"CaseHistory": {Read: true, Create: true, Edit: true},
			"Account":     {Read: true},
			"Contact":     {},
			"Task":        {Read: true, Create: true, Edit: true, Delete: true},
			"User":        {Read: true, ViewAll: true},
			"Profile":     {Read: true, ViewAll: true},
			"AuthSession": {},
		}
		for name, w := range want {
			if got := a.Object(snap.Object(name)); got != w {
				t.Errorf("%s: %+v, want %+v", name, got, w)
			}
		}
		fields := []struct {
			object, field string
			read, edit    bool
		}{
			{"Case", "Subject", true, true},
			{"Case", "Priority", true, false},
			{"Case", "Origin", false, false},
			{"Case", "Id", true, true},
			{"Case", "OwnerId", true, true},
			{"Account", "Name", true, false},
			{"Account", "BillingCity", true, false},
			{"Account", "Phone", false, false},
			{"Contact", "LastName", false, false},
			{"Task", "Subject", true, true},
		}
		for _, c := range fields {
			f := snap.Object(c.object).Field(c.field)
			if r, e := a.CanRead(f), a.CanEdit(f); r != c.read || e != c.edit {
				t.Errorf("%s.%s: read %v edit %v, want %v %v", c.object, c.field, r, e, c.read, c.edit)
			}
		}
		for p, want := range map[string]bool{"ApiEnabled": true, "runreports": true, "ModifyAllData": false, "ManageUsers": false} {
			if a.Has(p) != want {
				t.Errorf("has %s: %v", p, !want)
			}
		}
		other, err := standard.Snapshot() // the answers hold for another snapshot of the same org
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range snap.Objects() {
			if a.Object(o) != a.Object(other.Object(o.Name)) {
				t.Errorf("%s: rights differ between snapshots", o.Name)
			}
		}
	})
}

func TestAdministratorsMayDoEverything(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		a, snap := load(t, db, func(tx store.Tx, snap *catalog.Snapshot) {
			put(t, tx, snap, "PermissionSet", rows{"Id": own, "Name": "own", "Label": "own", "ProfileId": profile, "IsOwnedByProfile": true, "PermissionsModifyAllData": true})
		})
		if a.Object(snap.Object("Contact")) != everything || !a.CanEdit(snap.Object("Contact").Field("Birthdate")) || !a.Has("ManageUsers") {
			t.Error("an administrator is refused something")
		}
		if a.Custom("See_Names") {
			t.Error("an administrator has a custom permission that nobody gave")
		}
	})
}

func TestWhoHasNoPermissionSetHasNoData(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		a, snap := load(t, db, func(store.Tx, *catalog.Snapshot) {})
		for _, o := range snap.Objects() {
			if kindOf(o) == granted && a.Object(o) != (Rights{}) {
				t.Errorf("%s: %+v", o.Name, a.Object(o))
			}
		}
	})
}

func BenchmarkCanRead(b *testing.B) {
	snap, err := standard.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	a := &Access{user: ann, permissions: map[string]bool{}, objects: map[string]Rights{"case": {Read: true}}, fields: map[string]bool{"case.subject": true}}
	a.prepare(snap)
	f := snap.Object("Case").Field("Subject")
	for b.Loop() {
		if !a.CanRead(f) {
			b.Fatal("refused")
		}
	}
}
