package access

import (
	"context"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Load reads the access of a user from profile, permission sets and permission set groups.
func Load(ctx context.Context, tx store.Tx, snap *catalog.Snapshot, user record.ID) (*Access, error) {
	a := &Access{user: user, permissions: map[string]bool{}, custom: map[string]bool{}, objects: map[string]Rights{}, fields: map[string]bool{}}
	sets, err := a.loadSets(ctx, tx, snap)
	if err != nil || len(sets) == 0 {
		return a, err
	}
	if err := a.loadCustom(ctx, tx, sets); err != nil {
		return a, err
	}
	if a.permissions["modifyalldata"] {
		a.all = true
		return a, nil
	}
	if err := a.loadObjects(ctx, tx, sets); err != nil {
		return a, err
	}
	if err := a.loadFields(ctx, tx, sets); err != nil {
		return a, err
	}
	a.prepare(snap)
	return a, nil
}

// loadSets finds the permission sets that hold for the user, the profile's own among them, and their user permissions.
func (a *Access) loadSets(ctx context.Context, tx store.Tx, snap *catalog.Snapshot) ([]record.ID, error) {
	var names, columns []string
	out := []store.Out{{Class: store.ID}}
	for _, f := range snap.Object("PermissionSet").Fields {
		if name, ok := strings.CutPrefix(f.Name, "Permissions"); ok && f.Column != "" && f.Type.Kind == record.Bool {
			names, columns, out = append(names, catalog.Fold(name)), append(columns, f.Column), append(out, store.Out{Class: store.Bool})
		}
	}
	q := store.NewSQL(tx.Dialect()).Raw("SELECT s.").Name("Id")
	for _, c := range columns {
		q.Raw(", s.").Name(c)
	}
	assigned := func(column string) {
		q.Raw("SELECT a.").Name(column).Raw(" FROM ").Table("PermissionSetAssignment").Raw(" a WHERE a.").Name("AssigneeId").Raw(" = ").Arg(store.ID, record.OfID(a.user)).
			Raw(" AND (a.").Name("ExpirationDate").Raw(" IS NULL OR a.").Name("ExpirationDate").Raw(" > ").Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(")")
	}
	if snap.Object("PermissionSetAssignment").Field("ExpirationDate") == nil {
		assigned = func(column string) {
			q.Raw("SELECT a.").Name(column).Raw(" FROM ").Table("PermissionSetAssignment").Raw(" a WHERE a.").Name("AssigneeId").Raw(" = ").Arg(store.ID, record.OfID(a.user))
		}
	}
	q.Raw(" FROM ").Table("PermissionSet").Raw(" s WHERE s.").Name("ProfileId").Raw(" = (SELECT u.").Name("ProfileId").Raw(" FROM ").Table("User").
		Raw(" u WHERE u.").Name("Id").Raw(" = ").Arg(store.ID, record.OfID(a.user)).Raw(") OR s.").Name("Id").Raw(" IN (")
	assigned("PermissionSetId")
	q.Raw(") OR s.").Name("Id").Raw(" IN (SELECT c.").Name("PermissionSetId").Raw(" FROM ").Table("PermissionSetGroupComponent").Raw(" c WHERE c.").
		Name("PermissionSetGroupId").Raw(" IN (")
	assigned("PermissionSetGroupId")
	q.Raw("))")
	p, err := fill(ctx, tx, q, out)
	if err != nil {
		return nil, err
	}
	var sets []record.ID
	for i := range p.Len() {
		sets = append(sets, p.ID(i, 0))
		for k, name := range names {
			if p.Value(i, k+1).Bool() {
				a.permissions[name] = true
			}
		}
	}
	return sets, nil
}

// loadCustom reads the custom permissions that the sets give.
func (a *Access) loadCustom(ctx context.Context, tx store.Tx, sets []record.ID) error {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT p.").Name("DeveloperName").Raw(" FROM ").Table("SetupEntityAccess").Raw(" a JOIN ").Table("CustomPermission").
		Raw(" p ON p.").Name("Id").Raw(" = a.").Name("SetupEntityId").Raw(" WHERE a.").Name("ParentId").In(sets)
	tx.Dialect().Live(q.Raw(" AND "), "p")
	p, err := fill(ctx, tx, q, []store.Out{{Class: store.Text}})
	if err != nil {
		return err
	}
	for i := range p.Len() {
		a.custom[catalog.Fold(p.Value(i, 0).Text())] = true
	}
	return nil
}

func (a *Access) loadObjects(ctx context.Context, tx store.Tx, sets []record.ID) error {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name("SobjectType").Raw(", ").Name("PermissionsRead").Raw(", ").Name("PermissionsCreate").
		Raw(", ").Name("PermissionsEdit").Raw(", ").Name("PermissionsDelete").Raw(", ").Name("PermissionsViewAllRecords").Raw(", ").
		Name("PermissionsModifyAllRecords").Raw(" FROM ").Table("ObjectPermissions").Raw(" WHERE ").Name("ParentId").In(sets)
	b := store.Out{Class: store.Bool}
	p, err := fill(ctx, tx, q, []store.Out{{Class: store.Text}, b, b, b, b, b, b})
	if err != nil {
		return err
	}
	for i := range p.Len() {
		is := func(col int) bool { return p.Value(i, col).Bool() }
		name := catalog.Fold(p.Value(i, 0).Text())
		r := a.objects[name]
		r.ModifyAll = r.ModifyAll || is(6)
		r.ViewAll = r.ViewAll || is(5) || is(6)
		r.Delete = r.Delete || is(4) || is(6)
		r.Edit = r.Edit || is(3) || is(6)
		r.Create = r.Create || is(2)
		r.Read = r.Read || is(1) || is(5) || is(6)
		a.objects[name] = r
	}
	return nil
}

func (a *Access) loadFields(ctx context.Context, tx store.Tx, sets []record.ID) error {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name("Field").Raw(", ").Name("PermissionsRead").Raw(", ").Name("PermissionsEdit").
		Raw(" FROM ").Table("FieldPermissions").Raw(" WHERE ").Name("ParentId").In(sets)
	p, err := fill(ctx, tx, q, []store.Out{{Class: store.Text}, {Class: store.Bool}, {Class: store.Bool}})
	if err != nil {
		return err
	}
	for i := range p.Len() {
		edit := p.Value(i, 2).Bool()
		if edit || p.Value(i, 1).Bool() {
			key := catalog.Fold(p.Value(i, 0).Text())
			a.fields[key] = a.fields[key] || edit
		}
	}
	return nil
}

func fill(ctx context.Context, tx store.Tx, q *store.SQL, out []store.Out) (*record.Page, error) {
	rows, err := tx.Query(ctx, q, out)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(len(out), 64)
	for {
		done, err := rows.Fill(p, 4096)
		if err != nil || done {
			return p, err
		}
	}
}
