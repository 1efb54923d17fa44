package org

import (
	"context"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/dml"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
)

// The profiles of people from outside. They grant nothing: what such people see, the scope of their session says.
const (
	GuestProfile     = "Site Guest User"
	CommunityProfile = "Customer Community User"
)

// The user types of people from outside, as the API names them.
const (
	GuestType     = "Guest"
	CommunityType = "CspLitePortal"
)

// External reports whether a is somebody from outside, whose sessions need a scope.
func (a Actor) External() bool { return a.UserType == GuestType || a.UserType == CommunityType }

const (
	metaGuest     = "guest"
	guestUsername = "guest@site.invalid"
)

// Prepare makes what every org has beyond its first rows and an older one may lack: the
// profiles of people from outside, and the guest in whose name a stranger's words are kept.
func (o *Org) Prepare(ctx context.Context) error {
	if o.SiteGuest() != "" {
		return nil
	}
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		b := &beginner{ctx: ctx, tx: tx, env: &dml.Env{
			Snapshot: o.catalog.Load(), Access: access.System(), Use: purpose.New("", "operation", string(System), "stoa"), User: o.Admin(),
		}}
		var guest record.ID
		for _, p := range []struct{ profile, license, userType string }{
			{GuestProfile, "Guest User License", GuestType}, {CommunityProfile, "Customer Community", CommunityType},
		} {
			text := record.OfText
			license := record.Draft{Object: "UserLicense"}
			license.Set("Name", text(p.license)).Set("MasterLabel", text(p.license)).Set("LicenseDefinitionKey", text("PID_"+p.userType)).Set("Status", text("Active"))
			license.Set("TotalLicenses", record.OfInt(10_000_000)).Set("UsedLicenses", record.OfInt(0)).Set("UsedLicensesLastUpdated", record.OfInstant(tx.Now()))
			profile := record.Draft{Object: "Profile"}
			profile.Set("Name", text(p.profile)).Set("UserType", text(p.userType)).Set("UserLicenseId", record.OfID(b.one(license)))
			id := b.one(profile)
			if p.userType != GuestType {
				continue
			}
			user := record.Draft{Object: "User"}
			user.Set("Username", text(guestUsername)).Set("LastName", text("Site Guest")).Set("Name", text("Site Guest")).Set("Email", text(guestUsername)).
				Set("Alias", text("guest")).Set("CommunityNickname", text("guest")).Set("IsActive", record.OfBool(true)).Set("ProfileId", record.OfID(id)).
				Set("UserType", text(GuestType)).Set("TimeZoneSidKey", text("UTC")).Set("LocaleSidKey", text("en_US")).Set("LanguageLocaleKey", text("en_US")).
				Set("EmailEncodingKey", text("UTF-8")).Set("DigestFrequency", text("N")).Set("DefaultGroupNotificationFrequency", text("N"))
			guest = b.one(user)
		}
		if b.err != nil {
			return b.err
		}
		return metaPut(ctx, tx, metaGuest, string(guest))
	})
	if err != nil {
		return err
	}
	return o.refresh(ctx)
}

// SiteGuest returns the user in whose name strangers write, "" before Prepare; Zone the org's time zone.
func (o *Org) SiteGuest() record.ID { return o.about.Load().guest }
func (o *Org) Zone() *time.Location { return o.about.Load().zone }

// Service returns a session of an app's own code in the name of a, the site's guest where a has no user: it
// sees and writes as System does, and audit fields and use entries say who asked. The app checks what a may ask for.
func (o *Org) Service(ctx context.Context, a Actor, ch Channel, why string) (*Session, error) {
	s, err := o.System(ctx, ch, why)
	if err != nil {
		return nil, err
	}
	if a.User == "" {
		a.User, a.Name, a.UserType = o.SiteGuest(), "Site Guest", GuestType
	}
	if a.Zone == nil {
		a.Zone = o.Zone()
	}
	if a.Language == "" {
		a.Language = "en_US"
	}
	if a.Locale == "" {
		a.Locale = "en_US"
	}
	s.actor, s.use = a, purpose.New(a.User, why, string(ch), a.App)
	return s, nil
}
