package service

import (
	"context"
	"strings"

	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// ledgerFields are the fields of a receipt that a move changes.
const ledgerFields = "Case__c, Moved_From__c, Moved_By__c, Moved_At__c, Moved_Why__c, Settled__c"

func ledgerNames() []string { return strings.Split(ledgerFields, ", ") }

// maxLedger is how many receipts of a case Ledger returns. Source: Stoa's own.
const maxLedger = 200

// Ledger returns what the mail's ledger says of a case that the session sees and of those merged into it, the newest
// first: what came and went, where it was put, by which rule and by whom.
func Ledger(ctx context.Context, s *org.Session, on record.ID) ([]Receipt, error) {
	if err := sees(ctx, s, on); err != nil {
		return nil, err
	}
	ids, err := withMerged(ctx, s, on)
	if err != nil {
		return nil, err
	}
	return receipts(ctx, s, " WHERE Case__c IN ? ORDER BY At__c DESC, Id DESC LIMIT ?", ids, maxLedger)
}

// Unsure returns the receipts of messages on a case of which it was not sure where they belong, by message: whose
// sender was not on the case, or that named another one. Those that somebody has looked at are not among them.
func Unsure(ctx context.Context, s *org.Session, on record.ID) (map[record.ID]Receipt, error) {
	ids, err := withMerged(ctx, s, on)
	if err != nil {
		return nil, err
	}
	all, err := receipts(ctx, s, " WHERE Case__c IN ? AND Incoming__c = true AND Settled__c = false AND (Stranger__c = true OR Refused_Case__c != null) ORDER BY Id LIMIT ?", ids, maxLedger)
	if err != nil {
		return nil, err
	}
	by := make(map[record.ID]Receipt, len(all))
	for _, r := range all {
		if _, there := by[r.Message]; !there && r.Message != "" {
			by[r.Message] = r
		}
	}
	return by, nil
}

// receiptFields are what a Receipt is read from.
const receiptFields = `Id, Email_Message__c, Case__c, Case__r.Reference__c, Incoming__c, At__c, Message_Id__c, Subject__c, From__c, To__c, Size__c, Kind__c, Rule__c, Why__c, Outcome__c,
	Stranger__c, Standing__c, Authentication__c, Refused_Case__c, Refused_Case__r.Reference__c, Answered__c, No_Answer__c, Problems__c, Copies__c, Moved_From__c, Moved_From__r.Reference__c, Moved_By__r.Name, Moved_At__c, Moved_Why__c, Settled__c`

// receipts reads the ledger, which is the platform's own, for somebody who sees the cases that it is asked for.
func receipts(ctx context.Context, s *org.Session, where string, args ...any) ([]Receipt, error) {
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return nil, err
	}
	res, err := query(ctx, sys, "SELECT "+receiptFields+" FROM Mail_Receipt__c"+where, args...)
	if err != nil {
		return nil, err
	}
	all := make([]Receipt, res.Len())
	for i := range all {
		all[i] = receiptAt(res, i)
	}
	return all, nil
}

func receiptAt(res *record.Result, i int) Receipt {
	get := func(path ...string) string { return text(res.Get(i, path...)) }
	id := func(name string) record.ID { return res.Get(i, name).ID() }
	r := Receipt{
		row: id("Id"), Message: id("Email_Message__c"), Case: id("Case__c"), Reference: get("Case__r", "Reference__c"), Incoming: res.Get(i, "Incoming__c").Bool(),
		At: instant(res.Get(i, "At__c")), ID: get("Message_Id__c"), Subject: get("Subject__c"), From: get("From__c"), To: get("To__c"), Size: int(res.Get(i, "Size__c").Int()),
		Kind: get("Kind__c"), Rule: get("Rule__c"), Why: get("Why__c"), Outcome: get("Outcome__c"), Stranger: res.Get(i, "Stranger__c").Bool(), Proof: mail.Standing(get("Standing__c")), Checks: get("Authentication__c"),
		Named: id("Refused_Case__c"), NamedReference: get("Refused_Case__r", "Reference__c"), Answered: res.Get(i, "Answered__c").Bool(), NoAnswer: get("No_Answer__c"),
		Copies: int(res.Get(i, "Copies__c").Int()), Settled: res.Get(i, "Settled__c").Bool(), MovedFrom: get("Moved_From__r", "Reference__c"), MovedBy: get("Moved_By__r", "Name"),
		MovedAt: instant(res.Get(i, "Moved_At__c")), MovedWhy: get("Moved_Why__c"),
	}
	if p := get("Problems__c"); p != "" {
		r.Problems = strings.Split(p, "\n")
	}
	return r
}
