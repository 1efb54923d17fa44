package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Bounds of what is looked at to find a message's case.
const (
	maxClues        = 100
	maxParticipants = 1000
)

// found are the candidates by case, in the order in which clues led to them.
type found struct {
	by    map[record.ID]*mail.Candidate
	order []record.ID
}

func (f *found) at(id record.ID) *mail.Candidate {
	if f.by[id] == nil {
		f.by[id] = &mail.Candidate{Thread: id}
		f.order = append(f.order, id)
	}
	return f.by[id]
}

// candidatesOf finds the cases that a message's clues may lead to, and who is on them.
func candidatesOf(ctx context.Context, tx *org.Tx, c mail.Clues, in inboxes) ([]mail.Candidate, error) {
	f := &found{by: map[record.ID]*mail.Candidate{}}
	for _, id := range c.Threads() {
		if id.Prefix() == casePrefix {
			f.at(id)
		}
	}
	if err := f.byMessage(ctx, tx, c); err != nil {
		return nil, err
	}
	if c.ThreadIndex != "" {
		res, err := query(ctx, tx, "SELECT Case__c, Thread_Index__c FROM Mail_Receipt__c WHERE Thread_Index__c = ? AND Case__c != null ORDER BY Id", c.ThreadIndex)
		if err != nil {
			return nil, err
		}
		for i := range res.Len() { // Decide compares them: here their letter case counts
			x := f.at(res.Get(i, "Case__c").ID())
			x.ThreadIndexes = append(x.ThreadIndexes, text(res.Get(i, "Thread_Index__c")))
		}
	}
	return f.withPeople(ctx, tx, in)
}

// maxMerges is how many merges lead from a case to the one that it is part of now.
const maxMerges = 5

// whereMerged has the tokens of cases that the API merged lead to their
// masters: the cases themselves are in the bin. Those that the desk merged are still there.
func whereMerged(ctx context.Context, tx *org.Tx, c *mail.Clues) error {
	for range maxMerges {
		ids := c.Threads()
		if len(ids) == 0 {
			return nil
		}
		res, err := tx.Query(ctx, bind("SELECT Id, MasterRecordId FROM Case WHERE Id IN ? AND MasterRecordId != null", ids), org.QueryOptions{All: true, NoTotal: true})
		if err != nil || res.Len() == 0 {
			return err
		}
		for i := range res.Len() {
			was, is := res.Get(i, "Id").ID(), res.Get(i, "MasterRecordId").ID()
			for _, list := range [][]record.ID{c.ByAddress, c.BySubject, c.ByBody} {
				for k := range list {
					if list[k] == was {
						list[k] = is
					}
				}
			}
		}
	}
	return nil
}

// byMessage finds the cases of the messages that a message names.
func (f *found) byMessage(ctx context.Context, tx *org.Tx, c mail.Clues) error {
	ids := slices.Clone(c.MessageIDs[:min(len(c.MessageIDs), maxClues)])
	if c.Original != "" {
		ids = append(ids, c.Original)
	}
	if len(ids) == 0 {
		return nil
	}
	kept := make([]string, len(ids)) // as the ledger keeps them
	for i, id := range ids {
		kept[i] = short(id, 255)
	}
	res, err := query(ctx, tx, "SELECT Case__c, Message_Id__c FROM Mail_Receipt__c WHERE Message_Id__c IN ? AND Case__c != null ORDER BY Id", kept)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		x := f.at(res.Get(i, "Case__c").ID())
		for k := range kept {
			if kept[k] == text(res.Get(i, "Message_Id__c")) {
				x.MessageIDs = append(x.MessageIDs, ids[k])
			}
		}
	}
	return nil
}

// withPeople returns the candidates whose cases are there, with everybody who
// wrote to them or was written to, and not ourselves.
func (f *found) withPeople(ctx context.Context, tx *org.Tx, in inboxes) ([]mail.Candidate, error) {
	if len(f.order) == 0 {
		return nil, nil
	}
	join := func(id record.ID, addr string) {
		if x := f.by[id]; x != nil && addr != "" && !in.knows(addr) {
			x.Participants = append(x.Participants, addr)
		}
	}
	there := map[record.ID]bool{}
	res, err := query(ctx, tx, "SELECT Id, SuppliedEmail, Contact.Email FROM Case WHERE Id IN ?", f.order)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		id := res.Get(i, "Id").ID()
		there[id] = true
		join(id, text(res.Get(i, "SuppliedEmail")))
		join(id, text(res.Get(i, "Contact", "Email")))
	}
	res, err = query(ctx, tx, "SELECT ParentId, FromAddress, ToAddress, CcAddress FROM EmailMessage WHERE ParentId IN ? AND IsExternallyVisible = true AND Status != ? ORDER BY Id DESC LIMIT ?",
		f.order, mailDraft, maxParticipants)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		id := res.Get(i, "ParentId").ID()
		for _, field := range []string{"FromAddress", "ToAddress", "CcAddress"} {
			for _, a := range SplitAddresses(text(res.Get(i, field))) {
				join(id, a)
			}
		}
	}
	var out []mail.Candidate
	for _, id := range f.order {
		if there[id] {
			out = append(out, *f.by[id])
		}
	}
	return out, nil
}

// A standing is what a message needs to know of a case.
type standing struct {
	id, owner          record.ID
	reference, subject string
	closed             bool
	closedAt           time.Time
}

// standingOf returns a case, or the one that the desk merged it into.
func standingOf(ctx context.Context, tx *org.Tx, id record.ID) (standing, error) {
	id, err := survivorOf(ctx, tx, id)
	if err != nil {
		return standing{}, err
	}
	res, err := query(ctx, tx, "SELECT OwnerId, Reference__c, Subject, IsClosed, ClosedDate FROM Case WHERE Id = ?", id)
	if err != nil {
		return standing{}, err
	}
	if res.Len() == 0 {
		return standing{}, fmt.Errorf("case %s is not there", id)
	}
	return standing{
		id: id, owner: res.Get(0, "OwnerId").ID(), reference: text(res.Get(0, "Reference__c")), subject: text(res.Get(0, "Subject")),
		closed: res.Get(0, "IsClosed").Bool(), closedAt: instant(res.Get(0, "ClosedDate")),
	}, nil
}
