package service

import (
	"cmp"
	"context"
	"slices"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

const kindMove = "move"

// A Moving is a citizen's message that is on the wrong case.
type Moving struct {
	Message record.ID
	To      record.ID // "" for a new case, of the same person and service
	Subject string    // of the new case; "" for the message's
	Why     string    // in the words of whoever moves it, at most 255 characters
}

// Move takes a message, with its files and its line of the ledger, to another case or to a new one, and says so on
// both. A case of which nothing is left becomes part of the other one. It can be taken back like everything else.
func Move(ctx context.Context, s *org.Session, m Moving) (to record.ID, done Done, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		said, err := movable(ctx, tx, m.Message)
		if err != nil {
			return err
		}
		if m.To == "" {
			to, done, err = moveToNew(ctx, tx, said, m)
			return err
		}
		to, done, err = moveToOther(ctx, tx, said, m)
		return err
	})
	return to, done, err
}

// A misplaced is a message that moves.
type misplaced struct {
	id, from      record.ID
	subject, body string
}

// movable returns a message that the unit's user sees and that can move: what a citizen wrote on a case.
func movable(ctx context.Context, tx *org.Tx, message record.ID) (misplaced, error) {
	res, err := query(ctx, tx, "SELECT ParentId, Subject, TextBody, Incoming FROM EmailMessage WHERE Id = ?", message)
	if err != nil {
		return misplaced{}, err
	}
	if res.Len() == 0 || !res.Get(0, "Incoming").Bool() || res.Get(0, "ParentId").ID().Prefix() != casePrefix {
		return misplaced{}, fault.New(fault.InvalidOperation, "Only a citizen's message on a case can move to another case.")
	}
	return misplaced{message, res.Get(0, "ParentId").ID(), text(res.Get(0, "Subject")), text(res.Get(0, "TextBody"))}, nil
}

// moveToNew makes a case of a message.
func moveToNew(ctx context.Context, tx *org.Tx, said misplaced, m Moving) (made record.ID, done Done, err error) {
	done, err = undoable(ctx, tx, kindSplit, []record.ID{said.from}, forever, func(st *step) error {
		made, err = split(ctx, tx, said, cmp.Or(m.Subject, said.subject, snippet(said.body)), m.Why, st)
		return err
	})
	if err != nil {
		return "", Done{}, err
	}
	_, err = org.Must(tx.System().Update(ctx, []record.Draft{changes("Undo__c", done.Undo, "Case__c", made)}, org.WriteOptions{}))
	return made, done, err
}

// moveToOther puts a message on a case that is there.
func moveToOther(ctx context.Context, tx *org.Tx, said misplaced, m Moving) (to record.ID, done Done, err error) {
	if err := visible(ctx, tx, m.To); err != nil {
		return "", Done{}, err
	}
	if to, err = survivorOf(ctx, tx.System(), m.To); err != nil {
		return "", Done{}, err
	}
	if to == said.from {
		return "", Done{}, fault.New(fault.InvalidOperation, "The message is on this case already.")
	}
	done, err = undoable(ctx, tx, kindMove, []record.ID{said.from, to}, forever, func(st *step) error {
		if err := mayChange(ctx, tx, said.from, to); err != nil {
			return err
		}
		if err := shift(ctx, tx, said, to, m.Why, st); err != nil {
			return err
		}
		if err := settleMove(ctx, tx, said.from, to); err != nil {
			return err
		}
		return tellMove(ctx, tx, said.from, to, m.Why, eventMovedTo, eventMovedFrom)
	})
	return to, done, err
}

// mayChange refuses cases that the unit's user may not change: it writes what stands there.
func mayChange(ctx context.Context, tx *org.Tx, cases ...record.ID) error {
	res, err := query(ctx, tx, "SELECT Id, Status FROM Case WHERE Id IN ?", cases)
	if err != nil {
		return err
	}
	drafts := make([]record.Draft, res.Len())
	for i := range drafts {
		drafts[i] = changes("Case", res.Get(i, "Id").ID(), "Status", res.Get(i, "Status"))
	}
	if len(drafts) < len(cases) {
		return fault.New(fault.NotFound, "There is no such case.")
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// shift moves a message, its files and its receipt, and adds to the step what takes that back.
func shift(ctx context.Context, tx *org.Tx, said misplaced, to record.ID, why string, st *step) error {
	sys := tx.System()
	if err := amend(ctx, sys, changes("EmailMessage", said.id, "ParentId", to, "RelatedToId", to)); err != nil {
		return err
	}
	if err := carryFiles(ctx, sys, said.id, said.from, to); err != nil {
		return err
	}
	m := moved{Message: said.id, From: said.from, To: to}
	res, err := query(ctx, sys, "SELECT Id, "+ledgerFields+" FROM Mail_Receipt__c WHERE Email_Message__c = ? AND Case__c = ? ORDER BY Id LIMIT 1", said.id, said.from)
	if err != nil {
		return err
	}
	if res.Len() > 0 {
		m.Receipt, m.Was = res.Get(0, "Id").ID(), map[string]kept{}
		for _, name := range ledgerNames() {
			m.Was[name] = keep(res.Get(0, name))
		}
		err = amend(ctx, sys, changes("Mail_Receipt__c", m.Receipt, "Case__c", to, "Moved_From__c", said.from, "Moved_By__c", tx.Actor().User,
			"Moved_At__c", tx.Now(), "Moved_Why__c", cut(why, 255), "Settled__c", true))
	}
	st.Moved = append(st.Moved, m)
	return err
}

// unshift puts a message back where it was.
func unshift(ctx context.Context, sys *org.Tx, m moved) error {
	if err := amend(ctx, sys, changes("EmailMessage", m.Message, "ParentId", m.From, "RelatedToId", m.From)); err != nil {
		return err
	}
	if m.To != "" {
		if err := carryFiles(ctx, sys, m.Message, m.To, m.From); err != nil {
			return err
		}
	}
	if m.Receipt == "" {
		return nil
	}
	d := record.Draft{Object: "Mail_Receipt__c", ID: m.Receipt}
	for _, name := range ledgerNames() {
		d.Set(name, m.Was[name].value())
	}
	return amend(ctx, sys, d)
}

// carryFiles has the files of a message hang on another case than before: who reads the old one reads them no longer.
func carryFiles(ctx context.Context, sys *org.Tx, message, from, to record.ID) error {
	res, err := query(ctx, sys, "SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = ?", message)
	if err != nil || res.Len() == 0 {
		return err
	}
	var docs []record.ID
	for i := range res.Len() {
		docs = append(docs, res.Get(i, "ContentDocumentId").ID())
	}
	links, err := query(ctx, sys, "SELECT Id, LinkedEntityId, ContentDocumentId, ShareType, Visibility FROM ContentDocumentLink WHERE LinkedEntityId IN ? AND ContentDocumentId IN ?", []record.ID{from, to}, docs)
	if err != nil {
		return err
	}
	var old []record.ID
	var fresh []record.Draft
	there := map[record.ID]bool{}
	for i := range links.Len() {
		if links.Get(i, "LinkedEntityId").ID() == to {
			there[links.Get(i, "ContentDocumentId").ID()] = true
		}
	}
	for i := range links.Len() {
		if links.Get(i, "LinkedEntityId").ID() != from {
			continue
		}
		old = append(old, links.Get(i, "Id").ID())
		if doc := links.Get(i, "ContentDocumentId").ID(); !there[doc] {
			there[doc] = true
			fresh = append(fresh, draft("ContentDocumentLink", "ContentDocumentId", doc, "LinkedEntityId", to, "ShareType", links.Get(i, "ShareType"), "Visibility", links.Get(i, "Visibility")))
		}
	}
	if _, err := org.Must(sys.Insert(ctx, fresh, org.WriteOptions{AllOrNone: true})); err != nil {
		return err
	}
	_, err = org.Must(sys.Delete(ctx, old, org.WriteOptions{AllOrNone: true}))
	return err
}

// settleMove brings both cases up to date: the one that the message left is merged where nothing else is on it, the
// other one is opened where a citizen's message would open it.
func settleMove(ctx context.Context, tx *org.Tx, from, to record.ID) error {
	left := 0
	for _, object := range []string{"EmailMessage", "CaseComment"} {
		res, err := query(ctx, tx.System(), "SELECT Id FROM "+object+" WHERE ParentId = ? LIMIT 1", from)
		if err != nil {
			return err
		}
		left += res.Len()
	}
	if left == 0 {
		if err := change(ctx, tx, []record.ID{from}, "Status", record.OfText("Merged")); err != nil {
			return err
		}
		if err := change(ctx, tx.System(), []record.ID{from}, "Merged_Into__c", record.OfID(to)); err != nil {
			return err
		}
	}
	res, err := query(ctx, tx.System(), "SELECT Status, IsClosed FROM Case WHERE Id = ?", to)
	if err != nil {
		return err
	}
	if wakes(text(res.Get(0, "Status")), res.Get(0, "IsClosed").Bool()) {
		if err := change(ctx, tx, []record.ID{to}, "Status", record.OfText("Open")); err != nil {
			return err
		}
	}
	return freshen(ctx, tx, from, to)
}

// freshen has lists show what is the last word on cases now, and counts the versions of their threads up.
func freshen(ctx context.Context, tx *org.Tx, cases ...record.ID) error {
	for _, id := range cases {
		all, err := threadOf(ctx, tx.System(), []record.ID{id})
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(e Entry) bool { return !e.Public || e.Kind == KindEvent })
		d := changes("Case", id, "Last_Message_At__c", nil, "Last_From__c", nil, "Snippet__c", nil)
		if len(all) > 0 {
			last := all[len(all)-1]
			from := "Citizen"
			if last.Staff {
				from = "Staff"
			}
			d = changes("Case", id, "Last_Message_At__c", last.At, "Last_From__c", from, "Snippet__c", snippet(last.Body))
		}
		if err := amend(ctx, tx.System(), d); err != nil {
			return err
		}
		tx.Announce(TopicCase(id), SaysMessage)
		tx.Announce(TopicCases, string(id))
	}
	return bumpThreads(ctx, tx, cases...)
}

// tellMove writes on both cases that a message moved.
func tellMove(ctx context.Context, tx *org.Tx, from, to record.ID, why, left, came string) error {
	res, err := query(ctx, tx.System(), "SELECT Id, Reference__c FROM Case WHERE Id IN ?", []record.ID{from, to})
	if err != nil {
		return err
	}
	refs := map[record.ID]string{}
	for i := range res.Len() {
		refs[res.Get(i, "Id").ID()] = text(res.Get(i, "Reference__c"))
	}
	say := func(other record.ID) []any {
		pairs := []any{"case", string(other), "reference", refs[other]}
		if why != "" {
			pairs = append(pairs, "why", why)
		}
		return pairs
	}
	return tell(ctx, tx, line{from, left, false, say(to)}, line{to, came, false, say(from)})
}

// KeepHere says that an unsure message is right where it is.
func KeepHere(ctx context.Context, s *org.Session, message record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		said, err := movable(ctx, tx, message)
		if err != nil {
			return err
		}
		if err := mayChange(ctx, tx, said.from); err != nil {
			return err
		}
		sys := tx.System()
		res, err := query(ctx, sys, "SELECT Id FROM Mail_Receipt__c WHERE Email_Message__c = ? AND Settled__c = false", message)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			if err := amend(ctx, sys, changes("Mail_Receipt__c", res.Get(i, "Id").ID(), "Settled__c", true)); err != nil {
				return err
			}
		}
		tx.Announce(TopicCase(said.from), SaysMessage)
		return tell(ctx, tx, line{said.from, eventKeptHere, false, []any{"from", cut(said.subject, 200)}})
	})
}
