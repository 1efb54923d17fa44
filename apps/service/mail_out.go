package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"stoa/internal/mail"
	"stoa/internal/mail/send"
	"stoa/internal/org"
	"stoa/internal/record"
)

// JobSend is the job that sends an EmailMessage; its key and its body are the message's id.
const JobSend = "service.send"

// The states of EmailMessage.Delivery__c, for messages that go out.
const (
	deliveryWaiting = "Waiting"
	deliverySent    = "Sent"
	deliveryFailed  = "Failed"
	deliveryBounced = "Bounced"
)

// A message that the other side does not take now is tried again for two days,
// as RFC 5321 4.5.4.1 asks; sendAttempts is more than fit into them.
const (
	giveUpAfter  = 48 * time.Hour
	sendAttempts = 100
)

// Dispatch has a message leave the house at a time, at once where that is zero:
// an EmailMessage of a case, not Incoming, IsExternallyVisible, with the Status
// 3 (Sent). Nothing else sends anything; a record that says so alone does not.
func Dispatch(ctx context.Context, tx *org.Tx, message record.ID, at time.Time) error {
	if err := amend(ctx, tx.System(), changes("EmailMessage", message, "Delivery__c", deliveryWaiting)); err != nil {
		return err
	}
	return tx.Enqueue(ctx, org.Job{Kind: JobSend, Key: string(message), Due: at, Body: []byte(message)})
}

// An outgoing is a message as the job finds it.
type outgoing struct {
	id, on  record.ID
	draft   mail.Draft
	created time.Time
}

// send is the job. It may run twice: the message id is fixed before the first
// attempt, so that whoever gets a second copy knows it for one.
func (r *mailroom) send(ctx context.Context, s *org.Session, body []byte) error {
	id := record.ID(body)
	keys, err := keyring(ctx, s.Org())
	if err != nil {
		return err
	}
	out, ok, err := r.prepare(ctx, s, keys, id)
	if err != nil || !ok {
		return err
	}
	raw, err := out.draft.Compose()
	if err == nil && r.post.Signer != nil && mail.Domain(out.draft.From.Addr) == r.post.Signer.Domain() {
		raw, err = r.post.Signer.Sign(raw)
	}
	if err != nil {
		return out.failed(ctx, s, err)
	}
	err = r.post.Transport.Send(ctx, out.draft.Envelope(), raw)
	switch {
	case err == nil:
		return out.sent(ctx, s, len(raw))
	case send.Permanent(err) || out.draft.Date.Sub(out.created) > giveUpAfter:
		return out.failed(ctx, s, err)
	default:
		return err
	}
}

// prepare reads the message and gives it its id; ok is false where it is not to be sent, or not any more.
func (r *mailroom) prepare(ctx context.Context, s *org.Session, keys mail.Keyring, id record.ID) (out outgoing, ok bool, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		out, ok = outgoing{id: id}, false
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := query(ctx, tx, `SELECT ParentId, Subject, TextBody, HtmlBody, FromAddress, FromName, ToAddress, CcAddress, BccAddress, MessageIdentifier, Automatic__c, CreatedDate
			FROM EmailMessage WHERE Id = ? AND Incoming = false AND IsExternallyVisible = true AND Status = ? AND Delivery__c = ?`, id, mailSent, deliveryWaiting)
		if err != nil || res.Len() == 0 {
			return err
		}
		in, err := loadInboxes(ctx, tx)
		if err != nil {
			return err
		}
		out.on, out.created = res.Get(0, "ParentId").ID(), instant(res.Get(0, "CreatedDate"))
		if out.draft, err = composed(ctx, tx, res, in); err != nil {
			return err
		}
		out.draft.ID, out.draft.Date = text(res.Get(0, "MessageIdentifier")), tx.Now()
		if out.draft.ID == "" {
			out.draft.ID = mail.NewID(r.post.Domain)
			if err := amend(ctx, tx, changes("EmailMessage", id, "MessageIdentifier", out.draft.ID)); err != nil {
				return err
			}
		}
		if out.on.Prefix() == casePrefix {
			out.draft.ReplyTo = mail.Address{Name: out.draft.From.Name, Addr: mail.PlusAddress(out.draft.From.Addr, keys.Token(out.on))}
		}
		if err := out.follow(ctx, tx); err != nil {
			return err
		}
		ok = true
		out.draft.Files, err = filesOf(ctx, tx, id)
		return err
	})
	return out, ok, err
}

// composed reads what the message says. It is sent from an address of ours:
// the one that the writer chose, or that of the case's queue.
func composed(ctx context.Context, tx *org.Tx, res *record.Result, in inboxes) (mail.Draft, error) {
	d := mail.Draft{
		From: mail.Address{Addr: text(res.Get(0, "FromAddress")), Name: text(res.Get(0, "FromName"))},
		To:   people(res.Get(0, "ToAddress")), Cc: people(res.Get(0, "CcAddress")), Bcc: people(res.Get(0, "BccAddress")),
		Subject: text(res.Get(0, "Subject")), Text: text(res.Get(0, "TextBody")),
	}
	if !in.knows(d.From.Addr) {
		d.From = in.sender
		if on := res.Get(0, "ParentId").ID(); on != "" {
			owner, err := query(ctx, tx, "SELECT OwnerId FROM Case WHERE Id = ?", on)
			if err != nil {
				return d, err
			}
			if owner.Len() > 0 {
				d.From = in.from(owner.Get(0, "OwnerId").ID())
			}
		}
	}
	if h := text(res.Get(0, "HtmlBody")); h != "" {
		d.HTML = mail.SafeHTML(h, mail.HTMLOptions{}).HTML
		if d.Text == "" {
			d.Text = mail.TextOf(h)
		}
	}
	if res.Get(0, "Automatic__c").Bool() {
		d.Automatic = "auto-replied"
	}
	return d, nil
}

// maxThread is how many messages of a case References may name.
const maxThread = 20

// follow names the messages that this one follows: only those that the other side has seen, too.
func (out *outgoing) follow(ctx context.Context, tx *org.Tx) error {
	if out.on == "" { // of another app: what it is on has no thread
		return nil
	}
	res, err := query(ctx, tx, `SELECT MessageIdentifier, Incoming FROM EmailMessage WHERE ParentId = ? AND IsExternallyVisible = true AND Status != ? AND MessageIdentifier != null AND Id != ?
		ORDER BY MessageDate DESC, Id DESC LIMIT ?`, out.on, mailDraft, out.id, maxThread)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		id := strings.Trim(text(res.Get(i, "MessageIdentifier")), "<>") // imports keep the brackets
		if !plainID(id) {
			continue
		}
		if out.draft.InReplyTo == "" && res.Get(i, "Incoming").Bool() {
			out.draft.InReplyTo = id
		}
		out.draft.References = append(out.draft.References, id)
	}
	slices.Reverse(out.draft.References)
	return nil
}

// plainID reports whether a message id, which a stranger made, can be written into a field.
func plainID(id string) bool {
	for _, r := range id {
		if r <= ' ' || r >= 0x7f || r == '<' || r == '>' {
			return false
		}
	}
	return id != "" && len(id) <= 255
}

// filesOf reads the files that hang on the message itself. Those of the case do not go out.
func filesOf(ctx context.Context, tx *org.Tx, message record.ID) ([]mail.File, error) {
	res, err := query(ctx, tx, "SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = ? AND Visibility != 'InternalUsers' ORDER BY Id LIMIT ?", message, maxFiles)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	var docs []record.ID
	for i := range res.Len() {
		docs = append(docs, res.Get(i, "ContentDocumentId").ID())
	}
	if res, err = query(ctx, tx, "SELECT PathOnClient, VersionData FROM ContentVersion WHERE IsLatest = true AND ContentDocumentId IN ? ORDER BY Id", docs); err != nil {
		return nil, err
	}
	var out []mail.File
	for i := range res.Len() {
		content := []byte(res.Get(i, "VersionData").Text())
		out = append(out, mail.File{Name: text(res.Get(i, "PathOnClient")), Type: mail.MediaType(content, ""), Content: content})
	}
	return out, nil
}

// sent notes that the message went, in the ledger too, so that an answer finds it.
func (out *outgoing) sent(ctx context.Context, s *org.Session, size int) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := amend(ctx, tx, changes("EmailMessage", out.id, "Delivery__c", deliverySent, "Delivery_Error__c", nil, "FromAddress", out.draft.From.Addr)); err != nil {
			return err
		}
		if out.on != "" {
			tx.Announce(TopicCase(out.on), SaysMessage)
		}
		return out.ledger(ctx, tx, outcomeSent, "", size)
	})
}

// failed notes on the case that the message will not go.
func (out *outgoing) failed(ctx context.Context, s *org.Session, cause error) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := amend(ctx, tx, changes("EmailMessage", out.id, "Delivery__c", deliveryFailed, "Delivery_Error__c", cut(cause.Error(), 255))); err != nil {
			return err
		}
		if err := out.ledger(ctx, tx, outcomeFailed, cause.Error(), 0); err != nil || out.on.Prefix() != casePrefix {
			return err
		}
		tx.Announce(TopicCase(out.on), SaysMessage)
		return tell(ctx, tx, line{out.on, eventMailFailed, false, []any{"to", joined(out.draft.To), "why", cut(cause.Error(), 500)}})
	})
}

// ledger writes the receipt of a message that went, or will not. One that is sent twice has one.
func (out *outgoing) ledger(ctx context.Context, tx *org.Tx, outcome, why string, size int) error {
	d := draft("Mail_Receipt__c", "Key__c", "out:"+string(out.id), "Incoming__c", false, "At__c", tx.Now(), "Message_Id__c", short(out.draft.ID, 255),
		"From__c", out.draft.From.Addr, "To__c", joined(slices.Concat(out.draft.To, out.draft.Cc, out.draft.Bcc)), "Subject__c", cut(out.draft.Subject, 255),
		"Size__c", size, "Copies__c", 0, "Outcome__c", outcome, "Why__c", cut(why, 255), "Email_Message__c", out.id)
	if out.on.Prefix() == casePrefix {
		d.Set("Case__c", record.OfID(out.on))
	}
	_, err := org.Must(tx.Upsert(ctx, "Key__c", []record.Draft{d}, org.WriteOptions{AllOrNone: true, AllowTruncate: true}))
	return err
}
