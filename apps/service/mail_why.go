package service

import (
	"context"
	"time"

	"stoa/internal/fault"
	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A Receipt is what became of a message that came or went, and why.
type Receipt struct {
	Message   record.ID
	Case      record.ID
	Reference string // of the case
	Incoming  bool
	At        time.Time
	ID        string // Message-ID
	Subject   string
	From, To  string // To: the addresses of the envelope
	Size      int    // bytes
	Kind      string // as mail.Kind; "" of one that went
	Rule, Why string // as mail.Decision
	Outcome   string
	Proof     mail.Standing
	Checks    string    // what SPF, DKIM and DMARC say
	Stranger  bool      // the sender was not on the case before
	Named     record.ID // a case that it names and that its sender is not on, "" for none
	Settled   bool      // somebody has looked at that
	Answered  bool      // by a program of ours
	NoAnswer  string    // why no program answered
	Problems  []string
	Copies    int       // how often it came again
	Raw       record.ID // version of the file with its bytes, "" of one that went

	NamedReference     string // of the case that it names
	MovedFrom, MovedBy string // reference and name, "" where nobody moved it
	MovedAt            time.Time
	MovedWhy           string

	row record.ID
}

// ReceiptOf returns the receipt of a message that the session sees, NOT_FOUND
// where there is no such message, or none is kept of it.
func ReceiptOf(ctx context.Context, s *org.Session, message record.ID) (Receipt, error) {
	none := fault.New(fault.NotFound, "There is no receipt of this message.")
	seen, err := query(ctx, s, "SELECT Id FROM EmailMessage WHERE Id = ?", message)
	if err != nil || seen.Len() == 0 {
		return Receipt{}, firstOf(err, none)
	}
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return Receipt{}, err
	}
	// A bounce names the message, too: the message's own receipt is the older one.
	all, err := receipts(ctx, s, " WHERE Email_Message__c = ? ORDER BY Id LIMIT 1", message)
	if err != nil || len(all) == 0 {
		return Receipt{}, firstOf(err, none)
	}
	r := all[0]
	r.Message = message
	raw, err := query(ctx, sys, "SELECT ContentDocument.LatestPublishedVersionId FROM ContentDocumentLink WHERE LinkedEntityId = ? LIMIT 1", r.row)
	if err == nil && raw.Len() > 0 {
		r.Raw = raw.Get(0, "ContentDocument", "LatestPublishedVersionId").ID()
	}
	return r, err
}

// Original returns the bytes of the message as they came.
func (r Receipt) Original(ctx context.Context, s *org.Session) ([]byte, error) {
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return nil, err
	}
	res, err := query(ctx, sys, "SELECT VersionData FROM ContentVersion WHERE Id = ?", r.Raw)
	if err != nil || res.Len() == 0 {
		return nil, firstOf(err, fault.New(fault.NotFound, "The bytes of this message are not kept."))
	}
	return []byte(res.Get(0, "VersionData").Text()), nil
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
