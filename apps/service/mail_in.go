package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"stoa/internal/mail"
	"stoa/internal/mail/receive"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The outcomes of a message, as Mail_Receipt__c keeps them.
const (
	outcomeNew      = "New case"
	outcomeAdded    = "Added"
	outcomeReopened = "Reopened"
	outcomeFollowUp = "Follow-up"
	outcomeKept     = "Kept" // the message is there and is on no case
	outcomeBounce   = "Bounce"
	outcomeSent     = "Sent"
	outcomeFailed   = "Failed"
)

// reopenFor is how long after it was closed a message opens a case again;
// later it starts a new one below the old.
const reopenFor = 30 * 24 * time.Hour

// An arrival is one message on its way to a case.
type arrival struct {
	room *mailroom
	tx   *org.Tx
	keys mail.Keyring
	d    receive.Delivery
	m    *mail.Message

	in       inboxes
	author   mail.Address
	class    mail.Class
	decision mail.Decision
	credible bool // the author may be the one that From names

	outcome   string
	on        record.ID // the case, "" for none
	message   record.ID
	answered  bool
	notAnswer string
}

// deliver keeps a message, in one transaction: the case, the message, its
// files, the receipt, and what follows of it. One that came before it knows again.
func (r *mailroom) deliver(ctx context.Context, o *org.Org, d receive.Delivery) error {
	keys, err := keyring(ctx, o)
	if err != nil {
		return err
	}
	m := mail.Parse(d.Raw)
	key := arrivalKey(m, d.Raw)
	s, err := o.Service(ctx, org.Actor{}, org.Mail, purposeIntake)
	if err != nil {
		return err
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		again, err := repeated(ctx, tx, key)
		if err != nil || again {
			return err
		}
		a := &arrival{room: r, tx: tx, keys: keys, d: d, m: m}
		if err := a.sort(ctx); err != nil {
			return err
		}
		if err := a.place(ctx); err != nil {
			return err
		}
		return a.receipt(ctx, key)
	})
}

// arrivalKey tells a message from every other. Without an id of its own the
// whole of it tells.
func arrivalKey(m *mail.Message, raw []byte) string {
	h := sha256.New()
	if m.ID != "" {
		fmt.Fprintf(h, "%s\n%s", m.ID, m.Hash)
	} else {
		h.Write(raw)
	}
	return "in:" + hex.EncodeToString(h.Sum(nil))
}

// repeated reports whether the message was kept before, and counts that it came again.
func repeated(ctx context.Context, tx *org.Tx, key string) (bool, error) {
	res, err := query(ctx, tx, "SELECT Id, Copies__c FROM Mail_Receipt__c WHERE Key__c = ?", key)
	if err != nil || res.Len() == 0 {
		return false, err
	}
	return true, amend(ctx, tx, changes("Mail_Receipt__c", res.Get(0, "Id").ID(), "Copies__c", int(res.Get(0, "Copies__c").Int())+1))
}

// sort finds out what the message is and where it belongs.
func (a *arrival) sort(ctx context.Context) error {
	var err error
	if a.in, err = loadInboxes(ctx, a.tx); err != nil {
		return err
	}
	a.author, _ = a.m.Author()
	recent, err := a.tx.Query(ctx, bind("SELECT COUNT() FROM Mail_Receipt__c WHERE From__c = ? AND At__c > ? AND Incoming__c = true", short(a.author.Addr, 255), a.tx.Now().Add(-time.Hour)), org.QueryOptions{})
	if err != nil {
		return err
	}
	a.class = mail.Classify(a.m, mail.Own{Domain: a.room.post.Domain, Addresses: a.in.knows, Recent: recent.Total})
	clues := a.keys.Clues(a.m, a.d.To)
	if err := whereMerged(ctx, a.tx, &clues); err != nil {
		return err
	}
	candidates, err := candidatesOf(ctx, a.tx, clues, a.in)
	if err != nil {
		return err
	}
	if a.credible, err = a.believed(ctx); err != nil {
		return err
	}
	a.decision = mail.Decide(a.m, clues, candidates, a.credible)
	return nil
}

// believed reports whether the author may be the one that From names. Whoever has proved it before is asked to prove it again:
// mail that does not is of somebody who knows the address. That the DNS does not answer is held against nobody.
func (a *arrival) believed(ctx context.Context) (bool, error) {
	v := a.d.Verdict
	switch {
	case v.Standing == mail.Forged:
		return false, nil
	case v.Standing != mail.Unproven, v.SPF == mail.TempError, v.DKIM == mail.TempError, v.DMARC == mail.TempError:
		return true, nil
	}
	res, err := query(ctx, a.tx, "SELECT Id FROM Mail_Receipt__c WHERE From__c = ? AND Incoming__c = true AND Standing__c = ? LIMIT 1", short(a.author.Addr, 255), string(mail.Proven))
	return err == nil && res.Len() == 0, err
}

// place puts the message where it belongs.
func (a *arrival) place(ctx context.Context) error {
	switch {
	case a.class.Kind == mail.KindLoop:
		a.outcome, a.notAnswer = outcomeKept, a.class.WhyNot
		return nil
	case a.class.Kind == mail.KindBounce:
		a.outcome, a.notAnswer = outcomeBounce, a.class.WhyNot
		return a.bounce(ctx)
	case a.class.Kind == mail.KindAutoReply && a.decision.Thread == "":
		// Somebody's absence is news on a case, and no reason for one.
		a.outcome, a.notAnswer = outcomeKept, a.class.WhyNot
		return nil
	}
	made, err := a.toCase(ctx)
	if err != nil {
		return err
	}
	if err := a.keep(ctx); err != nil {
		return err
	}
	if made { // the message holds what the description says
		if err := amend(ctx, a.tx, changes("Case", a.on, "SourceId", a.message)); err != nil {
			return err
		}
	}
	if a.decision.Refused != "" {
		if err := tell(ctx, a.tx, line{a.on, eventMailRefused, false, []any{"case", string(a.decision.Refused), "why", a.decision.Why}}); err != nil {
			return err
		}
	}
	return a.answer(ctx)
}

// toCase finds the case that goes on, or makes one.
func (a *arrival) toCase(ctx context.Context) (made bool, err error) {
	if a.decision.Thread == "" {
		a.outcome = outcomeNew
		return true, a.newCase(ctx, "")
	}
	c, err := standingOf(ctx, a.tx, a.decision.Thread)
	if err != nil {
		return false, err
	}
	a.on = c.id
	switch {
	case !c.closed || a.class.Kind == mail.KindAutoReply:
		a.outcome = outcomeAdded
	case a.tx.Now().Sub(c.closedAt) <= reopenFor:
		a.outcome = outcomeReopened // by the message itself: see afterMessage
	default:
		a.outcome = outcomeFollowUp
		return true, a.newCase(ctx, c.id)
	}
	return false, nil
}

// newCase makes a case of the message; parent is the one that it follows, "" for none.
func (a *arrival) newCase(ctx context.Context, parent record.ID) error {
	said := mail.NewText(a.m.Text)
	subject := a.m.Subject
	if subject == "" {
		subject = snippet(said)
	}
	if subject == "" {
		subject = "(no subject)"
	}
	d := draft("Case", "Subject", cut(subject, 255), "Description", cut(said, 32_000), "Origin", "Email", "Language", language(spokenIn(a.m)),
		"SuppliedName", cut(a.author.Name, 80), "SuppliedEmail", emailOr(a.author.Addr, 80), "ParentId", parent, "OwnerId", a.in.queueOf(a.d.To))
	if addr := emailOr(a.author.Addr, 80); addr != "" && a.credible { // a forger's case is not put among somebody's own
		contact, err := contactOf(ctx, a.tx, addr, a.author.Name)
		if err != nil {
			return err
		}
		if contact != "" {
			d.Set("ContactId", record.OfID(contact))
		}
	}
	var err error
	a.on, err = put(ctx, a.tx, d)
	return err
}

// maxBody is the length of the bodies of an EmailMessage, in characters. Source: its description.
const maxBody = 131_072

// keep writes the EmailMessage and its files.
func (a *arrival) keep(ctx context.Context) error {
	m := a.m
	body := m.HTML
	if len(body) > maxBody { // half of a page is no page; the receipt's file has all of it
		body = ""
	}
	at := m.Date
	if now := a.tx.Now(); at.IsZero() || at.After(now) {
		at = now
	}
	d := draft("EmailMessage", "ParentId", a.on, "Incoming", true, "IsExternallyVisible", true, "Status", mailNew, "Automatic__c", a.class.Kind == mail.KindAutoReply, "Standing__c", string(a.d.Verdict.Standing),
		"Subject", cut(m.Subject, 3000), "TextBody", cut(m.Text, maxBody), "HtmlBody", body, "Headers", short(m.Headers, maxBody),
		"FromName", cut(a.author.Name, 1000), "FromAddress", emailOr(a.author.Addr, 1000), "ToAddress", joined(m.To), "CcAddress", joined(m.Cc),
		"MessageIdentifier", short(m.ID, 765), "ClientThreadIdentifier", m.ThreadIndex, "MessageDate", at)
	if len(m.References) > 0 {
		d.Set("ThreadIdentifier", record.OfText(short(m.References[0], 765)))
	}
	var err error
	if a.message, err = put(ctx, a.tx, d); err != nil {
		return err
	}
	return a.files(ctx)
}

// maxFiles is how many files of one message are kept as files of their own; the receipt's has all.
const maxFiles = 100

// files keeps the files of the message on it and on its case.
func (a *arrival) files(ctx context.Context) error {
	if len(a.m.Files) == 0 {
		return nil
	}
	var versions []record.Draft
	for _, f := range a.m.Files[:min(len(a.m.Files), maxFiles)] {
		d := draft("ContentVersion", "PathOnClient", f.Name, "Title", f.Name, "VersionData", f.Content, "FirstPublishLocationId", a.message)
		if f.ContentID != "" {
			d.Set("Description", record.OfText(short("cid:"+f.ContentID, 1000)))
		}
		versions = append(versions, d)
	}
	ids, err := org.Must(a.tx.Insert(ctx, versions, org.WriteOptions{AllOrNone: true, AllowTruncate: true}))
	if err != nil {
		return err
	}
	res, err := query(ctx, a.tx, "SELECT ContentDocumentId FROM ContentVersion WHERE Id IN ?", ids)
	if err != nil {
		return err
	}
	var links []record.Draft
	for i := range res.Len() {
		links = append(links, draft("ContentDocumentLink", "ContentDocumentId", res.Get(i, "ContentDocumentId"), "LinkedEntityId", a.on, "ShareType", "V", "Visibility", "AllUsers"))
	}
	if _, err = org.Must(a.tx.Insert(ctx, links, org.WriteOptions{AllOrNone: true})); err != nil {
		return err
	}
	_, err = org.Must(a.tx.Update(ctx, []record.Draft{changes("EmailMessage", a.message, "HasAttachment", true)}, org.WriteOptions{Seed: true}))
	return err
}

// receipt writes what became of the message and keeps its bytes.
func (a *arrival) receipt(ctx context.Context, key string) error {
	why := a.decision.Why
	if a.outcome == outcomeKept || a.outcome == outcomeBounce {
		why = a.class.Why
	}
	var problems []string
	for _, p := range a.m.Problems {
		problems = append(problems, p.Code+": "+p.Detail)
	}
	id, err := put(ctx, a.tx, draft("Mail_Receipt__c", "Key__c", key, "Incoming__c", true, "At__c", a.tx.Now(), "Copies__c", 0,
		"Message_Id__c", short(a.m.ID, 255), "Thread_Index__c", a.m.ThreadIndex, "Subject__c", cut(a.m.Subject, 255), "From__c", short(a.author.Addr, 255),
		"To__c", cut(strings.Join(a.d.To, "; "), maxAddresses), "Size__c", len(a.d.Raw), "Kind__c", string(a.class.Kind), "Rule__c", string(a.decision.Rule), "Why__c", cut(why, 255),
		"Outcome__c", a.outcome, "Case__c", a.on, "Email_Message__c", a.message, "Refused_Case__c", a.decision.Refused, "Stranger__c", a.decision.Stranger && a.on != "",
		"Answered__c", a.answered, "No_Answer__c", cut(a.notAnswer, 255), "Problems__c", cut(strings.Join(problems, "\n"), 4000),
		"Standing__c", string(a.d.Verdict.Standing), "Authentication__c", cut(a.d.Verdict.String(), 255)))
	if err != nil {
		return err
	}
	_, err = put(ctx, a.tx, draft("ContentVersion", "PathOnClient", "message.eml", "Title", "message.eml", "VersionData", a.d.Raw, "FirstPublishLocationId", id))
	return err
}
