package service

import (
	"context"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A Draft is what somebody is writing on a case: one reply and one note a person and case.
type Draft struct {
	Case    record.ID `json:"case"`
	Kind    string    `json:"kind"` // Reply or Note
	Body    string    `json:"body"`
	To      []string  `json:"to,omitempty"`
	Cc      []string  `json:"cc,omitempty"`
	Version int       `json:"version"` // of the thread that its writer has read

	Owner record.ID `json:"-"` // whose it is, as Drafts returns it
	Name  string    `json:"-"`
}

// The kinds of drafts.
const (
	DraftReply = "Reply"
	DraftNote  = "Note"
)

// SaveDraft keeps a draft of the session's user; an empty one is removed.
func SaveDraft(ctx context.Context, s *org.Session, d Draft) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := visible(ctx, tx, d.Case); err != nil {
			return err
		}
		if strings.TrimSpace(d.Body) == "" {
			return dropDraft(ctx, tx, d.Case, d.Kind)
		}
		return saveDraft(ctx, tx, d)
	})
}

func saveDraft(ctx context.Context, tx *org.Tx, d Draft) error {
	row := draft("Draft__c", "Key__c", draftKey(tx, d.Case, d.Kind), "Case__c", d.Case, "Kind__c", d.Kind, "OwnerId", tx.Actor().User, "Version__c", d.Version)
	row.Set("Body__c", record.OfText(d.Body)).Set("To__c", record.OfText(addresses(d.To))).Set("Cc__c", record.OfText(addresses(d.Cc)))
	_, err := org.Must(tx.System().Upsert(ctx, "Key__c", []record.Draft{row}, org.WriteOptions{}))
	return err
}

func dropDraft(ctx context.Context, tx *org.Tx, on record.ID, kind string) error {
	res, err := query(ctx, tx.System(), "SELECT Id FROM Draft__c WHERE Key__c = ?", draftKey(tx, on, kind))
	if err != nil || res.Len() == 0 {
		return err
	}
	_, err = org.Must(tx.System().Delete(ctx, []record.ID{res.Get(0, "Id").ID()}, org.WriteOptions{}))
	return err
}

func draftKey(tx *org.Tx, on record.ID, kind string) string {
	return string(on) + "/" + string(tx.Actor().User) + "/" + kind
}

// Drafts returns everybody's drafts on a case, the newest first: a team sees who writes what.
func Drafts(ctx context.Context, s *org.Session, on record.ID) ([]Draft, error) {
	res, err := query(ctx, s, "SELECT Kind__c, Body__c, To__c, Cc__c, Version__c, OwnerId, Owner.Name FROM Draft__c WHERE Case__c = ? ORDER BY LastModifiedDate DESC, Id", on)
	if err != nil {
		return nil, err
	}
	all := make([]Draft, res.Len())
	for i := range all {
		all[i] = Draft{
			Case: on, Kind: text(res.Get(i, "Kind__c")), Body: text(res.Get(i, "Body__c")), To: SplitAddresses(text(res.Get(i, "To__c"))),
			Cc: SplitAddresses(text(res.Get(i, "Cc__c"))), Version: int(res.Get(i, "Version__c").Int()),
			Owner: res.Get(i, "OwnerId").ID(), Name: text(res.Get(i, "Owner", "Name")),
		}
	}
	return all, nil
}

// addresses is how messages keep several addresses; SplitAddresses reads it, and what people type.
func addresses(all []string) string { return strings.Join(all, "; ") }

// SplitAddresses returns the addresses of a text that parts them by semicolons or commas, each once.
func SplitAddresses(s string) (all []string) {
	seen := map[string]bool{}
	for a := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == ',' || r == '\n' }) {
		if a = strings.TrimSpace(a); a != "" && !seen[strings.ToLower(a)] {
			seen[strings.ToLower(a)] = true
			all = append(all, a)
		}
	}
	return all
}

// visible refuses a case that the unit's user does not see.
func visible(ctx context.Context, tx *org.Tx, id record.ID) error {
	res, err := query(ctx, tx, "SELECT Id FROM Case WHERE Id = ?", id)
	if err == nil && res.Len() == 0 {
		return fault.New(fault.NotFound, "There is no such case.")
	}
	return err
}
