package service

import (
	"cmp"
	"context"
	"fmt"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

const kindSplit = "split"

// Split makes a citizen's message a case of its own, of the same person and service. An empty subject is the message's.
func Split(ctx context.Context, s *org.Session, message record.ID, subject string) (made record.ID, done Done, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := query(ctx, tx, "SELECT ParentId, Subject, TextBody, Incoming FROM EmailMessage WHERE Id = ?", message)
		if err != nil {
			return err
		}
		if res.Len() == 0 || !res.Get(0, "Incoming").Bool() || res.Get(0, "ParentId").ID().Prefix() != casePrefix {
			return fault.New(fault.InvalidOperation, "Only a citizen's message on a case can become a case.")
		}
		from := res.Get(0, "ParentId").ID()
		done, err = undoable(ctx, tx, kindSplit, []record.ID{from}, forever, func(st *step) error {
			made, err = split(ctx, tx, from, message, cmp.Or(subject, text(res.Get(0, "Subject")), snippet(text(res.Get(0, "TextBody")))), text(res.Get(0, "TextBody")))
			st.Made, st.Moved = []record.ID{made}, []moved{{message, from}}
			return err
		})
		if err != nil {
			return err
		}
		_, err = org.Must(tx.System().Update(ctx, []record.Draft{changes("Undo__c", done.Undo, "Case__c", made)}, org.WriteOptions{}))
		return err
	})
	return made, done, err
}

func split(ctx context.Context, tx *org.Tx, from, message record.ID, subject, body string) (record.ID, error) {
	res, err := query(ctx, tx, "SELECT Reference__c, ContactId, AccountId, SuppliedName, SuppliedEmail, SuppliedPhone, Origin, Service__c, Language, Priority, OwnerId FROM Case WHERE Id = ?", from)
	if err != nil {
		return "", err
	}
	if res.Len() == 0 {
		return "", fault.New(fault.NotFound, "There is no such case.")
	}
	d := draft("Case", "Subject", cut(subject, 255), "Description", cut(body, 32_000))
	for _, name := range []string{"ContactId", "AccountId", "SuppliedName", "SuppliedEmail", "SuppliedPhone", "Origin", "Service__c", "Language", "Priority", "OwnerId"} {
		if v := res.Get(0, name); !v.IsNull() {
			d.Set(name, v)
		}
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	sys := tx.System()
	if _, err := org.Must(sys.Update(ctx, []record.Draft{changes("EmailMessage", message, "ParentId", ids[0], "RelatedToId", ids[0])}, org.WriteOptions{})); err != nil {
		return "", err
	}
	// The message opens its case: the description does not show twice.
	if _, err := org.Must(sys.Update(ctx, []record.Draft{changes("Case", ids[0], "SourceId", message)}, org.WriteOptions{})); err != nil {
		return "", err
	}
	if err := bumpThreads(ctx, tx, from); err != nil {
		return "", err
	}
	made, err := query(ctx, sys, "SELECT Reference__c FROM Case WHERE Id = ?", ids[0])
	if err != nil {
		return "", err
	}
	tx.Announce(TopicCase(from), SaysMessage)
	return ids[0], tell(ctx, tx, line{from, eventSplit, false, []any{"case", string(ids[0]), "reference", text(made.Get(0, "Reference__c"))}},
		line{ids[0], eventSplitFrom, false, []any{"case", string(from), "reference", text(res.Get(0, "Reference__c"))}})
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
