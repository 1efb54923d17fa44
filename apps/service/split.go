package service

import (
	"context"
	"fmt"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

const kindSplit = "split"

// Split makes a citizen's message a case of its own, of the same person and service. An empty subject is the message's.
func Split(ctx context.Context, s *org.Session, message record.ID, subject string) (made record.ID, done Done, err error) {
	return Move(ctx, s, Moving{Message: message, Subject: subject})
}

// split makes a new case of a message, and adds to the step what takes that back.
func split(ctx context.Context, tx *org.Tx, said misplaced, subject, why string, st *step) (record.ID, error) {
	res, err := query(ctx, tx, "SELECT ContactId, AccountId, SuppliedName, SuppliedEmail, SuppliedPhone, Origin, Service__c, Language, Priority, OwnerId FROM Case WHERE Id = ?", said.from)
	if err != nil {
		return "", err
	}
	if res.Len() == 0 {
		return "", fault.New(fault.NotFound, "There is no such case.")
	}
	d := draft("Case", "Subject", cut(subject, 255), "Description", cut(said.body, 32_000))
	for _, name := range []string{"ContactId", "AccountId", "SuppliedName", "SuppliedEmail", "SuppliedPhone", "Origin", "Service__c", "Language", "Priority", "OwnerId"} {
		if v := res.Get(0, name); !v.IsNull() {
			d.Set(name, v)
		}
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	st.Made = append(st.Made, ids[0])
	if err := shift(ctx, tx, said, ids[0], why, st); err != nil {
		return "", err
	}
	// The message opens its case: the description does not show twice.
	if err := amend(ctx, tx.System(), changes("Case", ids[0], "SourceId", said.id)); err != nil {
		return "", err
	}
	if err := freshen(ctx, tx, said.from); err != nil {
		return "", err
	}
	return ids[0], tellMove(ctx, tx, said.from, ids[0], why, eventSplit, eventSplitFrom)
}

// Unsplit puts the message of a split case back and removes the case. Where more
// than the message is on it by now nothing happens, and the error says so.
func Unsplit(ctx context.Context, s *org.Session, made record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := visible(ctx, tx, made); err != nil {
			return err
		}
		res, err := query(ctx, tx.System(), "SELECT Id, Data__c FROM Undo__c WHERE Kind__c = ? AND Case__c = ? AND Done__c = false", kindSplit, made)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.InvalidOperation, "This case was not split from another one.")
		}
		st, err := unpack(text(res.Get(0, "Data__c")))
		if err != nil {
			return fmt.Errorf("split of %s: %w", made, err)
		}
		if err := takeBack(ctx, tx, res.Get(0, "Id").ID(), kindSplit, st); err != nil {
			return err
		}
		from := st.Moved[0].From
		tx.Announce(TopicCase(from), SaysMessage)
		return tell(ctx, tx, line{from, eventUnsplit, false, nil})
	})
}

// onlyMoved refuses to remove a case on which more was written than the messages that were moved there.
func (st *step) onlyMoved(ctx context.Context, tx *org.Tx) error {
	if len(st.Made) == 0 {
		return nil
	}
	messages := []record.ID{""}
	for _, m := range st.Moved {
		messages = append(messages, m.Message)
	}
	for _, object := range []string{"EmailMessage", "CaseComment"} {
		res, err := query(ctx, tx.System(), "SELECT Id FROM "+object+" WHERE ParentId IN ? AND Id NOT IN ?", st.Made, messages)
		if err != nil {
			return err
		}
		if res.Len() > 0 {
			return fault.New(fault.InvalidOperation, "More was written on the new case since; it can be merged, but the split cannot be undone.")
		}
	}
	return nil
}
