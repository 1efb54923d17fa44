package community

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// contactOf returns the contact of the citizen who has signed in.
func contactOf(v *page.Visit) (record.ID, error) {
	s, err := v.Surface.Org().Service(v.Ctx(), v.Visitor, org.Portal, why)
	if err != nil {
		return "", err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT ContactId FROM User WHERE Id = ?", v.Visitor.User)
	if err != nil || res.Len() == 0 {
		return "", err
	}
	return reference(res.Get(0, "ContactId")), nil
}

// validAddress reports whether s is an e-mail address and nothing else.
func validAddress(s string) bool { return mail.CheckAddress(s) == nil && len(s) <= 70 }

// member returns the community user of an address, made with its contact where
// there is none. Somebody of the staff signs in elsewhere: ok is false.
func member(ctx context.Context, s *org.Session, address, lang string) (user record.ID, ok bool, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) (err error) {
		user, ok, err = memberIn(ctx, tx.System(), address, lang)
		return err
	})
	return user, ok, err
}

func memberIn(ctx context.Context, tx *org.Tx, address, lang string) (user record.ID, ok bool, err error) {
	res, err := app.Query(ctx, tx, "SELECT Id, IsActive, UserType, ContactId FROM User WHERE Email = ? ORDER BY CreatedDate, Id", address)
	if err != nil {
		return "", false, err
	}
	for i := range res.Len() {
		if app.Text(res.Get(i, "UserType")) == org.CommunityType {
			return res.Get(i, "Id").ID(), res.Get(i, "IsActive").Bool(), claim(ctx, tx, address, reference(res.Get(i, "ContactId")))
		}
	}
	if res.Len() > 0 {
		return "", false, nil
	}
	contact, err := contactFor(ctx, tx, address)
	if err != nil {
		return "", false, err
	}
	if res, err = app.Query(ctx, tx, "SELECT Id FROM Profile WHERE Name = ?", org.CommunityProfile); err != nil {
		return "", false, err
	}
	if res.Len() == 0 {
		return "", false, fmt.Errorf("there is no profile %s", org.CommunityProfile)
	}
	nickname, err := freeNickname(ctx, tx)
	if err != nil {
		return "", false, err
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("User", "Username", address+".community", "LastName", nickname, "Email", address, "Alias", "citizen",
		"CommunityNickname", nickname, "ProfileId", res.Get(0, "Id").ID(), "ContactId", contact, "IsActive", true, "TimeZoneSidKey", "America/New_York",
		"LocaleSidKey", "en_US", "LanguageLocaleKey", languageKey(lang), "EmailEncodingKey", "UTF-8")}, org.WriteOptions{}))
	if err != nil {
		return "", false, err
	}
	return ids[0], true, claim(ctx, tx, address, contact)
}

// claim gives a contact the cases that came from an address before there was one. Whoever used the link has shown that the address is theirs.
func claim(ctx context.Context, tx *org.Tx, address string, contact record.ID) error {
	if contact == "" {
		return nil
	}
	res, err := app.Query(ctx, tx, "SELECT Id FROM Case WHERE SuppliedEmail = ? AND ContactId = null ORDER BY CreatedDate DESC LIMIT 200", address)
	if err != nil {
		return err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		drafts = append(drafts, app.Changes("Case", res.Get(i, "Id").ID(), "ContactId", contact))
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{}))
	return err
}

// languageKey is the platform's name of a language of the site.
func languageKey(lang string) string {
	if lang == "es" {
		return "es"
	}
	return "en_US"
}

// contactFor returns the contact with an address, the one who was there first, or makes one.
func contactFor(ctx context.Context, tx *org.Tx, address string) (record.ID, error) {
	res, err := app.Query(ctx, tx, "SELECT Id FROM Contact WHERE Email = ? ORDER BY CreatedDate, Id LIMIT 1", address)
	if err != nil {
		return "", err
	}
	if res.Len() > 0 {
		return res.Get(0, "Id").ID(), nil
	}
	name, _, _ := strings.Cut(address, "@")
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Contact", "LastName", app.Cut(name, 80), "Email", address)}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// freeNickname returns one that says nothing of the person, until they choose another.
func freeNickname(ctx context.Context, tx *org.Tx) (string, error) {
	for range 20 {
		name := fmt.Sprintf("Resident %d", 1000+rand.IntN(999_000)) // no secret
		res, err := app.Query(ctx, tx, "SELECT Id FROM User WHERE CommunityNickname = ?", name)
		if err != nil || res.Len() == 0 {
			return name, err
		}
	}
	return "", fault.New(fault.UnknownException, "No nickname is free.")
}
