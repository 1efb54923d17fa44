package org

import (
	"context"
	"fmt"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// NewOrg says how an org begins.
type NewOrg struct {
	Name          string
	AdminUsername string // also the e-mail address
	Seeded        bool   // a seed follows: the state is StateBegun until SetState ends it
}

// Create makes the tables of an empty store and the rows that every org begins with, in one transaction.
func (o *Org) Create(ctx context.Context, n NewOrg) error {
	if o.State() != StateNew || o.ID() != "" {
		return fmt.Errorf("create org: there is one already: %s", o.Name())
	}
	snap := o.catalog.Load()
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		if err := catalog.Apply(ctx, tx, nil, snap); err != nil {
			return err
		}
		b := &beginner{ctx: ctx, tx: tx, env: &dml.Env{
			Snapshot: snap, Access: access.System(), Use: purpose.New("", "operation", string(System), "stoa"),
		}}
		b.begin(n)
		if b.err != nil {
			return b.err
		}
		return o.loadAbout(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("create org: %w", err)
	}
	return nil
}

// SetState keeps how far the org's making is.
func (o *Org) SetState(ctx context.Context, state string) error {
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error { return metaPut(ctx, tx, metaState, state) })
	if err != nil {
		return err
	}
	return o.refresh(ctx)
}

// A beginner writes the first rows of an org; it stops at the first error.
type beginner struct {
	ctx context.Context
	tx  store.Tx
	env *dml.Env
	err error
}

func (b *beginner) begin(n NewOrg) {
	orgID := b.newID("00D")
	text := record.OfText
	about := record.Draft{Object: "Organization", ID: orgID}
	about.Set("Name", text(n.Name)).Set("OrganizationType", text("Developer Edition")).Set("InstanceName", text("STOA1")).Set("IsSandbox", record.OfBool(false)).
		Set("DefaultLocaleSidKey", text("en_US")).Set("LanguageLocaleKey", text("en_US")).Set("TimeZoneSidKey", text("UTC")).
		Set("FiscalYearStartMonth", record.OfInt(int64(time.January))).Set("Country", text("US")).Set("UiSkin", text("Theme3"))
	b.add(about)

	license := record.Draft{Object: "UserLicense"}
	license.Set("Name", text("Salesforce")).Set("MasterLabel", text("Salesforce")).Set("LicenseDefinitionKey", text("SFDC")).Set("Status", text("Active"))
	license.Set("TotalLicenses", record.OfInt(1_000_000)).Set("UsedLicenses", record.OfInt(0)).Set("UsedLicensesLastUpdated", record.OfInstant(b.tx.Now()))
	licenses := b.add(license)

	profiles := map[string]record.ID{}
	for _, p := range access.Profiles() {
		id := b.one(p.Profile(b.env.Snapshot, first(licenses)))
		set := b.one(p.PermissionSet(b.env.Snapshot, id))
		b.add(access.Grants(set, p.Rights, b.env.Snapshot.Objects()...)...)
		profiles[p.Name] = id
	}
	admin := record.Draft{Object: "User", ID: b.newID("005")}
	admin.Set("Username", text(n.AdminUsername)).Set("FirstName", text("Stoa")).Set("LastName", text("Administrator")).Set("Name", text("Stoa Administrator")).
		Set("Email", text(n.AdminUsername)).Set("Alias", text("admin")).Set("CommunityNickname", text("admin")).Set("IsActive", record.OfBool(true)).
		Set("ProfileId", record.OfID(profiles["System Administrator"])).Set("UserType", text("Standard")).Set("TimeZoneSidKey", text("UTC")).
		Set("LocaleSidKey", text("en_US")).Set("LanguageLocaleKey", text("en_US")).Set("EmailEncodingKey", text("UTF-8")).
		Set("DigestFrequency", text("D")).Set("DefaultGroupNotificationFrequency", text("N")).
		Set("CreatedById", record.OfID(admin.ID)).Set("LastModifiedById", record.OfID(admin.ID))
	b.env.User = admin.ID
	b.add(admin)
	b.add(standard.Rows()...)
	b.add(catalog.Reified(b.env.Snapshot.Objects()...)...)
	b.add(standard.ListViews(b.env.Snapshot.Objects()...)...)
	state := StateSeeded
	if n.Seeded {
		state = StateBegun
	}
	for key, value := range map[string]string{metaOrg: string(orgID), metaAdmin: string(admin.ID), metaState: state, metaTables: catalog.Fingerprint(b.env.Snapshot)} {
		if b.err == nil {
			b.err = metaPut(b.ctx, b.tx, key, value)
		}
	}
}

func (b *beginner) newID(prefix string) record.ID {
	if b.err != nil {
		return ""
	}
	var ids []record.ID
	if ids, b.err = b.tx.NewIDs(b.ctx, prefix, 1); b.err != nil {
		return ""
	}
	return ids[0]
}

func (b *beginner) one(d record.Draft) record.ID { return first(b.add(d)) }

// add writes drafts and returns their ids.
func (b *beginner) add(drafts ...record.Draft) []record.ID {
	if b.err != nil {
		return nil
	}
	ids, err := seed(b.ctx, b.tx, b.env, drafts)
	b.err = err
	return ids
}

// seed writes the org's own rows as they are given and returns their ids. One that is refused is an error.
func seed(ctx context.Context, tx store.Tx, env *dml.Env, drafts []record.Draft) ([]record.ID, error) {
	var ids []record.ID
	for len(drafts) > 0 {
		n := min(dml.MaxBatch, len(drafts))
		res, err := dml.Insert(ctx, tx, env, drafts[:n], dml.Options{Seed: true, KeepIDs: true})
		if err != nil {
			return nil, err
		}
		for i, r := range res {
			if !r.OK() {
				return nil, fmt.Errorf("seed %s: %w", drafts[i].Object, r.Errors[0])
			}
			ids = append(ids, r.ID)
		}
		drafts = drafts[n:]
	}
	return ids, nil
}

func first(ids []record.ID) record.ID {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// metaCatalog holds the version of the catalog, so that other processes notice a new one.
const metaCatalog = "catalog"

// Change changes the catalog: objects, fields, value sets. Queries go on meanwhile, by the catalog that they began with.
func (s *Session) Change(ctx context.Context, changes ...catalog.Change) error {
	if !s.Can("CustomizeApplication") {
		return fault.New(fault.InsufficientAccess, "Changing objects and fields needs the permission Customize Application.")
	}
	if s.within != nil { // which holds the shape as it is
		return fault.New(fault.InvalidOperation, "Objects and fields are not changed together with records.")
	}
	s.org.shape.Lock()
	defer s.org.shape.Unlock()
	return s.org.db.Write(ctx, s.use.Ticket(), func(tx store.Tx) error {
		_, err := s.org.change(ctx, tx, changes...)
		return err
	})
}

// reify keeps the rows of EntityDefinition and FieldDefinition in step with the objects that changed, and gives new ones their list views.
func (o *Org) reify(ctx context.Context, tx store.Tx, was, now *catalog.Snapshot) error {
	gone, rows := catalog.Reify(was, now)
	for _, object := range []string{"FieldDefinition", "EntityDefinition"} {
		if err := tx.Delete(ctx, now.Object(object).Table, gone[object]); err != nil {
			return err
		}
	}
	env := &dml.Env{Snapshot: now, Access: access.System(), Use: purpose.New("", "operation", string(System), "stoa"), User: o.Admin()}
	if _, err := seed(ctx, tx, env, rows); err != nil {
		return err
	}
	var fresh []*catalog.Object
	for _, object := range now.Objects() {
		if was.Object(object.Name) == nil {
			fresh = append(fresh, object)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return beginListViews(ctx, tx, env, fresh)
}
