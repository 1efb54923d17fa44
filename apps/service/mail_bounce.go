package service

import (
	"context"
	"strings"

	"stoa/internal/mail"
)

// The kinds of lines that mail writes into a case.
const (
	eventMailRefused = "mail.refused" // a message names another case, which its sender is not on
	eventMailBounced = "mail.bounced"
	eventMailFailed  = "mail.failed"
)

// bounce marks the message that did not arrive, its recipient where the
// address is no good, and tells the case.
func (a *arrival) bounce(ctx context.Context) error {
	if a.decision.Thread != "" {
		c, err := standingOf(ctx, a.tx, a.decision.Thread)
		if err != nil {
			return err
		}
		a.on = c.id
	}
	if a.m.Report == nil {
		return nil
	}
	failed := a.m.Report.Failed()
	if len(failed) == 0 {
		return nil // delayed or delivered: the receipt says so
	}
	if err := a.bouncedMessage(ctx, failed[0]); err != nil {
		return err
	}
	if a.on == "" {
		return nil // it is about nothing of ours: nobody's address is marked on a stranger's word
	}
	for _, f := range failed {
		if err := tell(ctx, a.tx, line{a.on, eventMailBounced, false, []any{"to", f.Address, "why", cut(reasonOf(f), 500)}}); err != nil {
			return err
		}
		if err := a.undeliverable(ctx, f); err != nil {
			return err
		}
	}
	a.tx.Announce(TopicCase(a.on), SaysMessage)
	return nil
}

func reasonOf(f mail.Recipient) string { return strings.TrimSpace(f.Status + " " + f.Diagnostic) }

// bouncedMessage marks the message that the report is about, if it is on that case.
func (a *arrival) bouncedMessage(ctx context.Context, f mail.Recipient) error {
	id := a.m.Report.OriginalID
	if id == "" || a.on == "" {
		return nil
	}
	res, err := query(ctx, a.tx, "SELECT Email_Message__c FROM Mail_Receipt__c WHERE Message_Id__c = ? AND Incoming__c = false AND Email_Message__c != null", short(id, 255))
	if err != nil || res.Len() == 0 {
		return err
	}
	a.message = res.Get(0, "Email_Message__c").ID()
	return amend(ctx, a.tx, changes("EmailMessage", a.message, "IsBounced", true, "Delivery__c", deliveryBounced, "Delivery_Error__c", cut(reasonOf(f), 255)))
}

// undeliverable marks the case's contact where their address does not exist.
func (a *arrival) undeliverable(ctx context.Context, f mail.Recipient) error {
	addr := emailOr(f.Address, 80)
	if addr == "" || !f.Undeliverable() {
		return nil
	}
	res, err := query(ctx, a.tx, "SELECT ContactId FROM Case WHERE Id = ? AND Contact.Email = ?", a.on, addr)
	if err != nil || res.Len() == 0 {
		return err
	}
	return amend(ctx, a.tx, changes("Contact", res.Get(0, "ContactId").ID(), "EmailBouncedReason", cut(reasonOf(f), 255), "EmailBouncedDate", a.tx.Now()))
}
