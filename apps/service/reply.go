package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A ReplyIn is an answer to a citizen.
type ReplyIn struct {
	Case      record.ID
	Body      string   // Markdown
	To, Cc    []string // no To: the citizen's address
	Files     []File
	Version   int      // of the thread that was read before the answer was written
	Anyway    bool     // send although something new came meanwhile
	Confirmed []string // addresses that are not on the case yet and that are meant
	Then      string   // status of the case afterwards, "" to leave it
}

// Sent is a reply that waits to go out. Until Until, Undo takes it back.
type Sent struct {
	Message record.ID
	Done
}

// Stale is the error of a reply to a thread on which something is new: nobody sends unknowingly what was overtaken.
type Stale struct {
	Version int
	News    []Entry // that the writer has not read
}

func (e *Stale) Error() string { return fmt.Sprintf("%d entries are new on this case", len(e.News)) }

// Unconfirmed is the error of a reply to addresses that are not on the case.
type Unconfirmed struct{ Addresses []string }

func (e *Unconfirmed) Error() string {
	return "not on this case yet: " + strings.Join(e.Addresses, ", ")
}

// Reply answers a case. The message is held for a while, in which it can be taken back, and then goes out.
func Reply(ctx context.Context, s *org.Session, in ReplyIn) (sent Sent, err error) {
	if strings.TrimSpace(in.Body) == "" {
		return Sent{}, fault.New(fault.RequiredFieldMissing, "Write something.").On("TextBody")
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sent.Done, err = undoable(ctx, tx, "send", []record.ID{in.Case}, sendHold, func(st *step) error {
			sent.Message, err = reply(ctx, tx, in, st)
			return err
		})
		return err
	})
	return sent, err
}

// reply writes a reply in the caller's unit of work. The case is locked.
func reply(ctx context.Context, tx *org.Tx, in ReplyIn, st *step) (record.ID, error) {
	if err := visible(ctx, tx, in.Case); err != nil {
		return "", err
	}
	if err := guardVersion(ctx, tx, in); err != nil {
		return "", err
	}
	res, err := query(ctx, tx.System(), "SELECT Subject, Reference__c, SuppliedEmail, Contact.Email FROM Case WHERE Id = ?", in.Case)
	if err != nil {
		return "", err
	}
	if len(in.To) == 0 {
		for _, a := range []string{text(res.Get(0, "SuppliedEmail")), text(res.Get(0, "Contact", "Email"))} {
			if a != "" && len(in.To) == 0 {
				in.To = []string{a}
			}
		}
	}
	if err := guardRecipients(ctx, tx, in); err != nil {
		return "", err
	}
	set, err := loadSetting(ctx, tx.System())
	if err != nil {
		return "", err
	}
	subject := text(res.Get(0, "Subject"))
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	if ref := text(res.Get(0, "Reference__c")); !strings.Contains(subject, ref) {
		subject += " [" + ref + "]"
	}
	out := draft("EmailMessage", "ParentId", in.Case, "Subject", subject, "TextBody", in.Body, "FromName", sender(tx, set), "FromAddress", set.from,
		"ToAddress", addresses(in.To), "CcAddress", addresses(in.Cc), "Incoming", false, "IsExternallyVisible", true, "Status", mailDraft, "MessageDate", tx.Now().Add(sendHold))
	page := kit.LetterHTML(in.Body)
	out.Set("HtmlBody", record.OfText(page))
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{out}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	if page != "" {
		if err := amend(ctx, tx.System(), changes("EmailMessage", ids[0], "Markdown__c", true)); err != nil {
			return "", err
		}
	}
	if err := attach(ctx, tx, ids[0], in.Files); err != nil {
		return "", err
	}
	if len(in.Files) > 0 { // the platform keeps this one; files hang on a message only after it is there
		has := changes("EmailMessage", ids[0], "HasAttachment", true)
		if _, err := org.Must(tx.System().Update(ctx, []record.Draft{has}, org.WriteOptions{Seed: true})); err != nil {
			return "", err
		}
	}
	if err := dropDraft(ctx, tx, in.Case, DraftReply); err != nil {
		return "", err
	}
	st.Made = append(st.Made, ids[0])
	st.Draft = &Draft{Case: in.Case, Kind: DraftReply, Body: in.Body, To: in.To, Cc: in.Cc, Version: in.Version}
	if in.Then != "" {
		if err := change(ctx, tx, []record.ID{in.Case}, "Status", record.OfText(in.Then)); err != nil {
			return "", err
		}
	}
	return ids[0], hold(ctx, tx, ids[0])
}

// sender is the name that a message comes from: who writes, and for whom.
func sender(tx *org.Tx, set setting) string {
	if set.sender == "" {
		return tx.Actor().Name
	}
	return tx.Actor().Name + ", " + set.sender
}

// guardVersion refuses a reply by somebody who has not read all of the thread.
func guardVersion(ctx context.Context, tx *org.Tx, in ReplyIn) error {
	res, err := query(ctx, tx.System(), "SELECT Thread_Version__c FROM Case WHERE Id = ?", in.Case)
	if err != nil {
		return err
	}
	now := int(res.Get(0, "Thread_Version__c").Int())
	if in.Anyway || now == in.Version {
		return nil
	}
	all, err := Thread(ctx, tx, in.Case)
	if err != nil {
		return err
	}
	news := slices.DeleteFunc(all, func(e Entry) bool { return e.Kind == KindEvent || e.Kind == KindOpening })
	return &Stale{Version: now, News: news[max(0, len(news)-max(now-in.Version, 1)):]}
}

// guardRecipients refuses what is no address, and addresses that nobody meant.
func guardRecipients(ctx context.Context, tx *org.Tx, in ReplyIn) error {
	if len(in.To) == 0 {
		return fault.New(fault.RequiredFieldMissing, "This case has no e-mail address to reply to.").On("ToAddress")
	}
	known, err := Addresses(ctx, tx.System(), in.Case)
	if err != nil {
		return err
	}
	ok := map[string]bool{}
	for _, a := range append(known, in.Confirmed...) {
		ok[strings.ToLower(a)] = true
	}
	var strange []string
	for _, a := range slices.Concat(in.To, in.Cc) {
		if !validAddress(a) {
			return fault.New(fault.InvalidEmail, "%s is not an e-mail address.", a).On("ToAddress")
		}
		if !ok[strings.ToLower(a)] {
			strange = append(strange, a)
		}
	}
	if len(strange) > 0 {
		return &Unconfirmed{strange}
	}
	return nil
}

// Addresses returns the addresses on a case: the citizen's, and those that messages came from or went to.
func Addresses(ctx context.Context, r reader, on record.ID) ([]string, error) {
	ids, err := withMerged(ctx, r, on)
	if err != nil {
		return nil, err
	}
	res, err := query(ctx, r, "SELECT SuppliedEmail, Contact.Email FROM Case WHERE Id IN ?", ids)
	if err != nil {
		return nil, err
	}
	var all []string
	for i := range res.Len() {
		all = append(all, text(res.Get(i, "SuppliedEmail")), text(res.Get(i, "Contact", "Email")))
	}
	res, err = query(ctx, r, "SELECT FromAddress, ToAddress, CcAddress FROM EmailMessage WHERE ParentId IN ? AND Status != ?", ids, mailDraft)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		all = append(all, text(res.Get(i, "FromAddress")), text(res.Get(i, "ToAddress")), text(res.Get(i, "CcAddress")))
	}
	return SplitAddresses(strings.Join(all, ";")), nil
}
