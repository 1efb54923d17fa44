package service

import (
	"testing"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// aQuestionGoesToThePublicOnlyWithConsent holds what the desk does for it; that the community takes it is tested there.
func aQuestionGoesToThePublicOnlyWithConsent(t *testing.T, h *house) {
	h.update(changes("Service_Setting__c", h.ids("SELECT Id FROM Service_Setting__c")[0], "Site_Address__c", "https://city.example"))
	id := h.made()
	p := Publication{Case: id, Title: "Who repairs lamps?", Question: "The lamp at █████ is dark.", Answer: "We do."}
	if _, _, err := Offer(t.Context(), h.as(0), p); code(err) != fault.InvalidOperation {
		t.Errorf("a question that is open is offered: %v", err)
	}
	if _, err := SetStatus(t.Context(), h.as(0), []record.ID{id}, "Solved"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Publication{{Case: id, Answer: "x"}, {Case: id, Title: "x"}} {
		if _, _, err := Offer(t.Context(), h.as(0), bad); code(err) != fault.RequiredFieldMissing {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	row, done, err := Offer(t.Context(), h.as(0), p)
	if err != nil {
		t.Fatal(err)
	}
	asked := h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ? AND Status = ?", id, mailDraft)
	if len(asked) != 1 {
		t.Fatalf("%d messages ask", len(asked))
	}
	// Taken back, nobody is asked and nothing waits.
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.get(row, "Publication__c", "State__c"); got != PublicationWithdrawn {
		t.Errorf("taken back it is %s", got)
	}
	row, _, err = Offer(t.Context(), h.as(0), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := Consent(t.Context(), h.citizen(), h.made(), row, true); code(err) != fault.NotFound {
		t.Errorf("somebody else says yes: %v", err)
	}
	if err := Withdraw(t.Context(), h.as(1), id, row); err != nil {
		t.Fatal(err)
	}
	if err := Consent(t.Context(), h.citizen(), id, row, true); code(err) != fault.NotFound {
		t.Errorf("what was taken back is agreed to: %v", err)
	}
	article, err := DraftArticle(t.Context(), h.as(0), p)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.get(article, articleObject, "Title, PublishStatus, Category__c, Answer__c"); got != "Who repairs lamps?|Draft|street-light|We do." {
		t.Errorf("the draft is %s", got)
	}
	all, err := PublicationsOf(t.Context(), h.as(1), id)
	if err != nil || len(all) != 2 || all[0].State != PublicationWithdrawn {
		t.Errorf("of the case are %+v, %v", all, err)
	}
}

// whatACaseKnowsIsBlackedOut holds that the people, places and files of a case are found in what is written about it.
func whatACaseKnowsIsBlackedOut(t *testing.T, h *house) {
	contact := h.insert(draft("Contact", "FirstName", "Rhea", "LastName", "Oldcastle", "MailingStreet", "171 Dovecote", "MailingPostalCode", "02134", "Email", "rhea@post.example"))
	id := h.insert(draft("Case", "Subject", "Lamp", "Description", "Dark.", "ContactId", contact, "SuppliedName", "R. Oldcastle"))
	if _, err := FromCitizen(t.Context(), h.citizen(), id, "See the photo.", []File{{"porch.jpg", []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	k, err := KnownOf(t.Context(), h.as(0), id)
	if err != nil {
		t.Fatal(err)
	}
	text := "Rhea of 171 Dovecote sent porch.jpg; oldcastle wrote."
	if got := Redact(text, Finds(text, k), nil); got != "█████ of █████ sent █████; █████ wrote." {
		t.Errorf("%q", got)
	}
}
