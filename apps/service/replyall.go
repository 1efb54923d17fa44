package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// maxReplyAll is how many citizens one answer goes to at once. Source: Stoa's own.
const maxReplyAll = 200

const kindReplyAll = "send.all"

// An Incident is a child of a problem case, as the answer to all of them is prepared.
type Incident struct {
	Case               record.ID
	Reference, Subject string
	Person, Address    string // Address is "" where nothing can be sent
	Status             string
	Closed             bool
	Version            int    // of its thread
	Text               string // what its citizen would get
}

// Incidents returns the children of a problem case that the session sees, each with what its citizen would get of a text.
func Incidents(ctx context.Context, s *org.Session, problem record.ID, body string) ([]Incident, error) {
	if err := sees(ctx, s, problem); err != nil {
		return nil, err
	}
	res, err := query(ctx, s, "SELECT Id, Reference__c, Subject, SuppliedName, SuppliedEmail, Contact.Name, Contact.Email, Status, IsClosed, Thread_Version__c FROM Case WHERE ParentId = ? AND Merged_Into__c = null ORDER BY CreatedDate, Id LIMIT ?",
		problem, maxReplyAll+1)
	if err != nil {
		return nil, err
	}
	all := make([]Incident, res.Len())
	for i := range all {
		get := func(path ...string) string { return text(res.Get(i, path...)) }
		in := Incident{Case: res.Get(i, "Id").ID(), Reference: get("Reference__c"), Subject: get("Subject"), Person: get("Contact", "Name"), Address: get("SuppliedEmail"), Status: get("Status"),
			Closed: res.Get(i, "IsClosed").Bool(), Version: int(res.Get(i, "Thread_Version__c").Int())}
		if in.Person == "" {
			in.Person = get("SuppliedName")
		}
		if in.Address == "" {
			in.Address = get("Contact", "Email")
		}
		in.Person = cmp.Or(in.Person, in.Address, in.Reference)
		if in.Text, err = fillFor(ctx, s, in.Case, body); err != nil {
			return nil, err
		}
		all[i] = in
	}
	return all, nil
}

// fillFor fills the merge fields of a text for a case.
func fillFor(ctx context.Context, s *org.Session, on record.ID, body string) (string, error) {
	if !strings.Contains(body, "{!") {
		return body, nil
	}
	lang, err := languageOf(ctx, s, on)
	if err != nil {
		return "", err
	}
	f, err := newFiller(ctx, s, on, lang, body)
	if err != nil {
		return "", err
	}
	return f.fill(body, asText), nil
}

// A ReplyAllIn is one answer to the citizens of many cases.
type ReplyAllIn struct {
	Problem  record.ID
	Versions map[record.ID]int // of the cases that are answered, by the version of the thread that was read
	Body     string            // merge fields are filled for each
	Then     string            // status of those cases afterwards, "" to leave it
}

// ReplyAll answers the citizens of the incidents of a problem: to all of them or to none. One Undo takes all of it back.
func ReplyAll(ctx context.Context, s *org.Session, in ReplyAllIn) (done Done, sent int, err error) {
	switch {
	case strings.TrimSpace(in.Body) == "":
		return Done{}, 0, fault.New(fault.RequiredFieldMissing, "Write something.").On("TextBody")
	case len(in.Versions) == 0:
		return Done{}, 0, fault.New(fault.RequiredFieldMissing, "Choose at least one case to answer.")
	case len(in.Versions) > maxReplyAll:
		return Done{}, 0, fault.New(fault.LimitExceeded, "At most %d cases are answered at once.", maxReplyAll)
	}
	all, err := Incidents(ctx, s, in.Problem, in.Body)
	if err != nil {
		return Done{}, 0, err
	}
	all = slices.DeleteFunc(all, func(i Incident) bool { _, chosen := in.Versions[i.Case]; return !chosen })
	if len(all) < len(in.Versions) {
		return Done{}, 0, fault.New(fault.InvalidOperation, "One of the cases does not belong to this problem any more.")
	}
	ids := []record.ID{in.Problem}
	for _, i := range all {
		ids = append(ids, i.Case)
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = undoable(ctx, tx, kindReplyAll, ids, sendHold, func(st *step) error {
			for _, i := range all {
				one := &step{}
				if _, err := reply(ctx, tx, ReplyIn{Case: i.Case, Body: i.Text, Version: in.Versions[i.Case], Then: in.Then}, one); err != nil {
					return whose(i, err)
				}
				st.Made = append(st.Made, one.Made...)
			}
			st.Draft = &Draft{Case: in.Problem, Kind: DraftReply, Body: in.Body}
			if err := dropDraft(ctx, tx, in.Problem, DraftReply); err != nil {
				return err
			}
			return tell(ctx, tx, line{in.Problem, eventRepliedAll, false, []any{"n", len(all)}})
		})
		return err
	})
	return done, len(all), err
}

// whose says in which case an answer was held back.
func whose(i Incident, err error) error {
	switch e := err.(type) { //nolint:errorlint // reply returns these as they are
	case *Stale:
		return fault.New(fault.InvalidOperation, "Nothing is sent: something is new on %s. Read it and send again.", i.Reference)
	case *Unconfirmed:
		return fault.New(fault.InvalidOperation, "Nothing is sent: %s has an address that is not on the case.", i.Reference)
	case *fault.Error:
		return fault.New(e.Code, "Nothing is sent to anybody: %s: %s", i.Reference, e.Message)
	default:
		return fmt.Errorf("reply to all: %w", err)
	}
}
