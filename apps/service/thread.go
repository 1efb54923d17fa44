package service

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A Kind says what an Entry of a thread is.
type Kind string

// The kinds of entries.
const (
	KindOpening Kind = "opening" // the case's description, where no message holds it
	KindMessage Kind = "message" // an EmailMessage
	KindComment Kind = "comment" // a published CaseComment
	KindNote    Kind = "note"    // a CaseComment that only staff sees
	KindEvent   Kind = "event"   // a Case_Event__c
)

// An Entry is one thing of a case's thread.
type Entry struct {
	ID      record.ID // of its row; the case itself for an opening
	Case    record.ID // that it was written on: another one than asked for after a merge
	Kind    Kind
	At      time.Time
	By      string    // name
	ByID    record.ID // user who wrote it, "" for citizens
	From    string    // address
	To, Cc  []string
	Subject string
	Body    string
	Staff   bool // written by the staff
	Public  bool
	Pending bool // held, and can still be taken back
	Bounced bool
	Letter  bool           // its body is Markdown
	Proof   mail.Standing  // of a citizen's message: how far it proves whose it is
	Event   string         // of an event: its kind
	Data    map[string]any // of an event
}

// Thread returns all of a case's thread that the session sees, oldest first, with those of the cases merged into it.
func Thread(ctx context.Context, s reader, id record.ID) ([]Entry, error) {
	ids, err := withMerged(ctx, s, id)
	if err != nil {
		return nil, err
	}
	return threadOf(ctx, s, ids)
}

// withMerged returns a case and those that were merged into it.
func withMerged(ctx context.Context, r reader, id record.ID) ([]record.ID, error) {
	ids := []record.ID{id}
	for at := 0; at < len(ids) && len(ids) < 200; at++ {
		res, err := query(ctx, r, "SELECT Id FROM Case WHERE Merged_Into__c = ? ORDER BY Id", ids[at])
		if err != nil {
			return nil, err
		}
		for i := range res.Len() {
			if m := res.Get(i, "Id").ID(); !slices.Contains(ids, m) {
				ids = append(ids, m)
			}
		}
	}
	return ids, nil
}

func threadOf(ctx context.Context, r reader, ids []record.ID) (all []Entry, err error) {
	for _, part := range []func(context.Context, reader, []record.ID) ([]Entry, error){openings, messages, comments, events} {
		more, err := part(ctx, r, ids)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.SortStableFunc(all, func(a, b Entry) int {
		return cmp.Or(a.At.Compare(b.At), opens(a)-opens(b), strings.Compare(string(a.ID), string(b.ID)))
	})
	return all, nil
}

// opens puts what a case began with before what came in the same second.
func opens(e Entry) int {
	if e.Kind == KindOpening {
		return 0
	}
	return 1
}

func openings(ctx context.Context, r reader, ids []record.ID) (all []Entry, err error) {
	res, err := query(ctx, r, "SELECT Id, Subject, Description, CreatedDate, SuppliedName, SuppliedEmail, Contact.Name, SourceId FROM Case WHERE Id IN ?", ids)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		if !res.Get(i, "SourceId").IsNull() || res.Get(i, "Description").IsNull() {
			continue // the message that it came from is in the thread
		}
		by := cmp.Or(text(res.Get(i, "SuppliedName")), text(res.Get(i, "Contact", "Name")))
		all = append(all, Entry{
			ID: res.Get(i, "Id").ID(), Case: res.Get(i, "Id").ID(), Kind: KindOpening, At: instant(res.Get(i, "CreatedDate")), By: by,
			From: text(res.Get(i, "SuppliedEmail")), Subject: text(res.Get(i, "Subject")), Body: text(res.Get(i, "Description")), Public: true,
		})
	}
	return all, nil
}

func messages(ctx context.Context, r reader, ids []record.ID) (all []Entry, err error) {
	res, err := query(ctx, r, `SELECT Id, ParentId, CreatedDate, MessageDate, CreatedById, CreatedBy.Name, FromName, FromAddress, ToAddress, CcAddress, Subject, TextBody,
		Incoming, IsExternallyVisible, Status, IsBounced, Automatic__c, Markdown__c, Standing__c FROM EmailMessage WHERE ParentId IN ? ORDER BY CreatedDate, Id`, ids)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		e := Entry{
			ID: res.Get(i, "Id").ID(), Case: res.Get(i, "ParentId").ID(), Kind: KindMessage, At: instant(res.Get(i, "MessageDate")),
			By: text(res.Get(i, "FromName")), From: text(res.Get(i, "FromAddress")), To: SplitAddresses(text(res.Get(i, "ToAddress"))),
			Cc: SplitAddresses(text(res.Get(i, "CcAddress"))), Subject: text(res.Get(i, "Subject")), Body: text(res.Get(i, "TextBody")),
			Staff: !res.Get(i, "Incoming").Bool(), Pending: text(res.Get(i, "Status")) == mailDraft, Bounced: res.Get(i, "IsBounced").Bool(), Letter: res.Get(i, "Markdown__c").Bool(),
			Proof: mail.Standing(text(res.Get(i, "Standing__c"))),
		}
		e.Public = res.Get(i, "IsExternallyVisible").Bool() && !e.Pending
		if e.At.IsZero() {
			e.At = instant(res.Get(i, "CreatedDate"))
		}
		if e.Staff && !res.Get(i, "Automatic__c").Bool() { // what a program wrote is nobody's
			e.ByID, e.By = res.Get(i, "CreatedById").ID(), cmp.Or(text(res.Get(i, "CreatedBy", "Name")), e.By)
		}
		all = append(all, e)
	}
	return all, nil
}

func comments(ctx context.Context, r reader, ids []record.ID) (all []Entry, err error) {
	res, err := query(ctx, r, "SELECT Id, ParentId, CreatedDate, CreatedById, CreatedBy.Name, CreatedBy.UserType, IsPublished, CommentBody FROM CaseComment WHERE ParentId IN ? ORDER BY CreatedDate, Id", ids)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		e := Entry{
			ID: res.Get(i, "Id").ID(), Case: res.Get(i, "ParentId").ID(), Kind: KindNote, At: instant(res.Get(i, "CreatedDate")), By: text(res.Get(i, "CreatedBy", "Name")),
			ByID: res.Get(i, "CreatedById").ID(), Body: text(res.Get(i, "CommentBody")), Public: res.Get(i, "IsPublished").Bool(),
			Staff: !org.Actor{UserType: text(res.Get(i, "CreatedBy", "UserType"))}.External(),
		}
		if e.Public {
			e.Kind = KindComment
		}
		all = append(all, e)
	}
	return all, nil
}

func events(ctx context.Context, r reader, ids []record.ID) (all []Entry, err error) {
	res, err := query(ctx, r, "SELECT Id, Case__c, CreatedDate, CreatedById, CreatedBy.Name, Kind__c, Data__c, Public__c FROM Case_Event__c WHERE Case__c IN ? ORDER BY CreatedDate, Id", ids)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		e := Entry{
			ID: res.Get(i, "Id").ID(), Case: res.Get(i, "Case__c").ID(), Kind: KindEvent, At: instant(res.Get(i, "CreatedDate")), By: text(res.Get(i, "CreatedBy", "Name")),
			ByID: res.Get(i, "CreatedById").ID(), Staff: true, Public: res.Get(i, "Public__c").Bool(), Event: text(res.Get(i, "Kind__c")),
		}
		if err := json.Unmarshal([]byte(text(res.Get(i, "Data__c"))), &e.Data); err != nil {
			e.Data = nil // a line that somebody else wrote: its kind says enough
		}
		all = append(all, e)
	}
	return all, nil
}

// PublicThread returns what the citizen of a case may read of it, oldest first:
// public messages and comments, and public lines, and nothing else. Of a case
// that was merged into another one, it shows that one's to the same person only.
// r reads in the name of the app: see org.Org.Service.
func PublicThread(ctx context.Context, r reader, id record.ID) ([]Entry, error) {
	ids, err := withMerged(ctx, r, id)
	if err != nil {
		return nil, err
	}
	if survivor, err := survivorOf(ctx, r, id); err != nil {
		return nil, err
	} else if survivor != id {
		if ids, err = withMerged(ctx, r, survivor); err != nil {
			return nil, err
		}
	}
	if ids, err = ofSamePerson(ctx, r, id, ids); err != nil {
		return nil, err
	}
	all, err := threadOf(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(e Entry) bool { return !e.Public || e.Pending })
	for i := range all {
		e := &all[i]
		e.ByID, e.To, e.Cc, e.Proof = "", nil, nil, ""
		switch {
		case e.Kind == KindEvent:
			e.By = ""
			if other, _ := e.Data["case"].(string); other != "" && !slices.Contains(ids, record.ID(other)) {
				e.Data = nil // another citizen's case
			}
			delete(e.Data, "case")
		case e.Staff:
			e.From = ""
		}
	}
	return all, nil
}

// ofSamePerson returns those of some cases that belong to the citizen of one: the same contact, or the same address.
func ofSamePerson(ctx context.Context, r reader, one record.ID, ids []record.ID) ([]record.ID, error) {
	res, err := query(ctx, r, "SELECT Id, ContactId, SuppliedEmail FROM Case WHERE Id IN ?", append(slices.Clone(ids), one))
	if err != nil {
		return nil, err
	}
	type person struct{ contact, address string }
	people := map[record.ID]person{}
	for i := range res.Len() {
		people[res.Get(i, "Id").ID()] = person{text(res.Get(i, "ContactId")), record.Fold(text(res.Get(i, "SuppliedEmail")))}
	}
	me := people[one]
	same := []record.ID{one}
	for _, id := range ids {
		p := people[id]
		if id != one && (me.contact != "" && p.contact == me.contact || me.address != "" && p.address == me.address) {
			same = append(same, id)
		}
	}
	return same, nil
}
