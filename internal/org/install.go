package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/metadata"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Package is metadata in source format, as Install puts it into an org.
type Package = metadata.Package

// ReadPackage reads a source folder.
var ReadPackage = metadata.Read

// A ProfileGrant gives a profile rights on objects that a package brings, and on all of their fields.
type ProfileGrant struct {
	Profile  string
	Rights   Rights
	Objects  []string
	ReadOnly []string // fields that Rights let nobody edit: Case.Reply_Due__c
}

// metaPackage begins the keys under which the org keeps which packages it has.
const metaPackage = "package/"

// Install puts a package into the org, in one transaction, and does nothing where the org has it already.
// What the org has changed of it stays: grants are only given where a profile has none on the object or field.
func (o *Org) Install(ctx context.Context, name string, p *Package, grants []ProfileGrant) error {
	sum, err := fingerprint(p, grants)
	if err != nil {
		return fmt.Errorf("install %s: %w", name, err)
	}
	same, first := false, false
	err = o.db.Read(ctx, o.ticket(), func(tx store.Tx) error {
		meta, err := metaGet(ctx, tx)
		same, first = meta[metaPackage+name] == sum, meta[metaPackage+name] == ""
		return err
	})
	if err != nil || same {
		return err
	}
	o.shape.Lock()
	defer o.shape.Unlock()
	var next *catalog.Snapshot
	err = o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		if next, err = o.change(ctx, tx, p.Changes...); err != nil {
			return err
		}
		in := &installer{ctx: ctx, tx: tx, env: &dml.Env{
			Snapshot: next, Access: access.System(), Use: purpose.New("", "operation", string(System), "stoa"), User: o.Admin(),
		}, found: map[metadata.Ref]record.ID{}}
		for _, r := range p.Rows {
			if err := in.put(r); err != nil {
				return err
			}
		}
		for _, w := range p.Wholes {
			if !first {
				break // what an org has added since is its own
			}
			if err := in.prune(w); err != nil {
				return err
			}
		}
		for _, g := range grants {
			if err := in.grant(g); err != nil {
				return err
			}
		}
		if err := o.touch(ctx, tx); err != nil {
			return err
		}
		return metaPut(ctx, tx, metaPackage+name, sum)
	})
	if err != nil {
		return fmt.Errorf("install %s: %w", name, err)
	}
	return o.refresh(ctx)
}

// change applies changes to the catalog in the caller's transaction.
func (o *Org) change(ctx context.Context, tx store.Tx, changes ...catalog.Change) (*catalog.Snapshot, error) {
	std, err := standard.Snapshot()
	if err != nil {
		return nil, err
	}
	now, err := catalog.Load(ctx, tx, std)
	if err != nil || len(changes) == 0 {
		return now, err
	}
	next, err := now.With(changes...)
	if err != nil {
		return nil, err
	}
	if err := catalog.Apply(ctx, tx, now, next); err != nil {
		return nil, err
	}
	if err := catalog.Save(ctx, tx, next); err != nil {
		return nil, err
	}
	if err := o.reify(ctx, tx, now, next); err != nil {
		return nil, err
	}
	if err := metaPut(ctx, tx, metaCatalog, fmt.Sprint(next.Version, " ")); err != nil {
		return nil, err
	}
	tx.AfterCommit(func() { o.catalog.Store(next) })
	return next, nil
}

// fingerprint tells one state of a package from another.
func fingerprint(p *Package, grants []ProfileGrant) (string, error) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	if err := enc.Encode(p.Changes); err != nil {
		return "", err
	}
	for _, r := range p.Rows {
		fmt.Fprintf(h, "%s %v %v %v\n", r.Object, r.Key, r.Kept, r.Parents)
		for _, f := range r.Draft.Fields {
			fmt.Fprintf(h, "%s=%s\n", f.Name, f.Value.String())
		}
	}
	if err := enc.Encode(p.Wholes); err != nil {
		return "", err
	}
	if err := enc.Encode(grants); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// An installer writes the rows of a package.
type installer struct {
	ctx   context.Context
	tx    store.Tx
	env   *dml.Env
	found map[metadata.Ref]record.ID
}

func (in *installer) put(r metadata.Row) error {
	d := record.Draft{Object: r.Object}
	d.Fields = append(d.Fields, r.Draft.Fields...)
	for field, ref := range r.Parents {
		id, err := in.find(ref)
		if err != nil {
			return err
		}
		if id == "" {
			return fmt.Errorf("%s: there is no %s with %s = %s", r.Object, ref.Object, ref.Field, ref.Value)
		}
		d.Set(field, record.OfID(id))
	}
	o := in.env.Snapshot.Object(r.Object)
	q := store.NewSQL(in.tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(" FROM ").Table(o.Table).Raw(" WHERE ")
	for i, k := range r.Key {
		if i > 0 {
			q.Raw(" AND ")
		}
		f := o.Field(k)
		q.Name(f.Column).Raw(" = ").ColArg(f.StoreColumn(), valueOf(d, k))
	}
	there, err := store.Fetch(in.ctx, in.tx, q.Raw(" ORDER BY ").Name(store.IDColumn).Raw(" LIMIT 1"), store.Out{Class: store.ID})
	if err != nil {
		return err
	}
	if there.Len() == 0 {
		_, err := seed(in.ctx, in.tx, in.env, []record.Draft{d})
		return err
	}
	if r.Kept {
		return nil
	}
	d.ID = there.ID(0, 0)
	res, err := dml.Update(in.ctx, in.tx, in.env, []record.Draft{d}, dml.Options{Seed: true})
	if err == nil && !res[0].OK() {
		err = fmt.Errorf("%s %v: %w", r.Object, r.Key, res[0].Errors[0])
	}
	return err
}

// prune removes the rows that a whole does not have.
func (in *installer) prune(w metadata.Whole) error {
	o := in.env.Snapshot.Object(w.Object)
	f := o.Field(w.Field)
	q := store.NewSQL(in.tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(", ").Name(f.Column).Raw(" FROM ").Table(o.Table)
	there, err := store.Fetch(in.ctx, in.tx, q, store.Out{Class: store.ID}, store.Out{Class: store.Text})
	if err != nil {
		return err
	}
	var gone []record.ID
	for i := range there.Len() {
		if !slices.Contains(w.Values, there.Value(i, 1).Text()) {
			gone = append(gone, there.ID(i, 0))
		}
	}
	return in.tx.Delete(in.ctx, o.Table, gone)
}

func valueOf(d record.Draft, field string) record.Value {
	for _, f := range d.Fields {
		if f.Name == field {
			return f.Value
		}
	}
	return record.Value{}
}

// find returns the id of the row that a reference names, "" if there is none.
func (in *installer) find(ref metadata.Ref) (record.ID, error) {
	if id, ok := in.found[ref]; ok {
		return id, nil
	}
	o := in.env.Snapshot.Object(ref.Object)
	f := o.Field(ref.Field)
	q := store.NewSQL(in.tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name(f.Column).Raw(" = ").
		ColArg(f.StoreColumn(), record.OfText(ref.Value)).Raw(" ORDER BY ").Name(store.IDColumn).Raw(" LIMIT 1")
	p, err := store.Fetch(in.ctx, in.tx, q, store.Out{Class: store.ID})
	if err != nil || p.Len() == 0 {
		return "", err
	}
	in.found[ref] = p.ID(0, 0)
	return p.ID(0, 0), nil
}

// grant gives a profile's own permission set the rights on objects and fields on which it has none yet.
func (in *installer) grant(g ProfileGrant) error {
	profile, err := in.find(metadata.Ref{Object: "Profile", Field: "Name", Value: g.Profile})
	if err != nil {
		return err
	}
	q := store.NewSQL(in.tx.Dialect()).Raw("SELECT ").Name(store.IDColumn).Raw(" FROM ").Table("PermissionSet").Raw(" WHERE ").Name("ProfileId").Raw(" = ").Arg(store.ID, record.OfID(profile))
	p, err := store.Fetch(in.ctx, in.tx, q, store.Out{Class: store.ID})
	if err != nil {
		return err
	}
	if profile == "" || p.Len() == 0 {
		return nil // the org has done away with the profile
	}
	set := p.ID(0, 0)
	var of []*catalog.Object
	for _, name := range g.Objects {
		o := in.env.Snapshot.Object(name)
		if o == nil {
			return fmt.Errorf("grant: there is no object %s", name)
		}
		of = append(of, o)
	}
	has := map[string]bool{}
	for table, column := range map[string]string{"ObjectPermissions": "SobjectType", "FieldPermissions": "Field"} {
		q := store.NewSQL(in.tx.Dialect()).Raw("SELECT ").Name(column).Raw(" FROM ").Table(table).Raw(" WHERE ").Name("ParentId").Raw(" = ").Arg(store.ID, record.OfID(set))
		p, err := store.Fetch(in.ctx, in.tx, q, store.Out{Class: store.Text})
		if err != nil {
			return err
		}
		for i := range p.Len() {
			has[catalog.Fold(p.Value(i, 0).Text())] = true
		}
	}
	var missing []record.Draft
	for _, d := range access.Grants(set, g.Rights, of...) {
		name := valueOf(d, "Field")
		if name.IsNull() {
			name = valueOf(d, "SobjectType")
		}
		if slices.Contains(g.ReadOnly, name.Text()) {
			d.Set("PermissionsEdit", record.OfBool(false))
		}
		if !has[catalog.Fold(name.Text())] {
			missing = append(missing, d)
		}
	}
	_, err = seed(in.ctx, in.tx, in.env, missing)
	return err
}
