package service

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"stoa/internal/i18n"
	"stoa/internal/mail"
	"stoa/internal/mail/send"
	"stoa/internal/org"
	"stoa/internal/record"
)

// jobLink mails somebody the link of their case.
const jobLink = "service.link"

// A linkWish is the body of the job: what somebody typed who has lost the link.
type linkWish struct {
	Reference string    `json:"reference"`
	Email     string    `json:"email"`
	Language  string    `json:"language"`
	At        time.Time `json:"at"`
}

// MailLink has the link of a case mailed to an address, if the case is that
// person's. It looks at nothing itself: how long it takes says nothing of what there is.
func MailLink(ctx context.Context, s *org.Session, reference, email, lang string) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		body, err := json.Marshal(linkWish{reference, email, lang, tx.Now()})
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		return tx.Enqueue(ctx, org.Job{Kind: jobLink, Key: reference + " " + record.Fold(email), Body: body})
	})
}

// link is the job. The letter stands in no record: it opens the case.
func (r *mailroom) link(ctx context.Context, s *org.Session, body []byte) error {
	var w linkWish
	if err := json.Unmarshal(body, &w); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	res, err := query(ctx, s, "SELECT Id, SuppliedEmail, Contact.Email FROM Case WHERE Reference__c = ?", w.Reference)
	if err != nil || res.Len() == 0 {
		return err
	}
	if e := record.Fold(w.Email); e != record.Fold(text(res.Get(0, "SuppliedEmail"))) && e != record.Fold(text(res.Get(0, "Contact", "Email"))) {
		return nil
	}
	set, err := loadSetting(ctx, s)
	if err != nil || set.from == "" || set.site == "" {
		return err
	}
	key, err := TrackKey(ctx, s.Org(), res.Get(0, "Id").ID())
	if err != nil {
		return err
	}
	words, path := i18n.For(w.Language), "/track/"+key
	if w.Language != "" && w.Language != "en" {
		path = "/" + w.Language + path
	}
	d := mail.Draft{ID: mail.NewID(r.post.Domain), Date: w.At, From: mail.Address{Addr: set.from, Name: set.sender}, To: []mail.Address{{Addr: w.Email}},
		Subject: words.T("track.mail.subject", "reference", w.Reference), Text: words.T("track.mail.text", "reference", w.Reference, "link", set.site+path),
		Automatic: "auto-generated", Language: w.Language}
	raw, err := d.Compose()
	if err == nil && r.post.Signer != nil && mail.Domain(set.from) == r.post.Signer.Domain() {
		raw, err = r.post.Signer.Sign(raw)
	}
	if err != nil {
		return err
	}
	if err := r.post.Transport.Send(ctx, d.Envelope(), raw); err != nil && !send.Permanent(err) {
		return err
	}
	return nil
}
