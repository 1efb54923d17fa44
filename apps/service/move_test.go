package service

import (
	"strings"
	"testing"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// fileOn returns how many files hang on a record.
func (h *house) fileOn(id record.ID) int {
	return len(h.ids("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = ?", id))
}

// aMessageMovesToItsCaseAndBack holds that a message takes its files and its line of the ledger along, that both cases
// and the ledger say who moved it and why, and that one undo brings all of it back.
func aMessageMovesToItsCaseAndBack(t *testing.T, h *house) {
	r := h.room()
	right := r.take("right@post.example", "From: Ada <ada@post.example>\nSubject: Lamp out", "It is dark.")
	wrong := r.take("wrong@post.example", "From: Bo <bo@post.example>\nSubject: A tree", "It fell.")
	const boundary = "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0"
	if got := r.take("stray@post.example", "From: Bo <bo@post.example>\nIn-Reply-To: <wrong@post.example>\nSubject: Re: A tree\n"+boundary,
		"--b\nContent-Type: text/plain\n\nAnd the lamp is dark, too.\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=lamp.txt\n\ndark\n--b--"); got != wrong {
		t.Fatalf("the answer is on %s", got)
	}
	stray := h.ids("SELECT Id FROM EmailMessage WHERE MessageIdentifier LIKE '%stray@post.example%'")[0]
	const stays = "Status, OwnerId, Priority, IsClosed, Reply_Due__c, Replied_At__c, Solve_Due__c, Paused_Since__c, Merged_Into__c"
	before, files := h.get(wrong, "Case", stays), h.fileOn(wrong)
	if files == 0 {
		t.Fatal("the case has no file")
	}
	to, done, err := Move(t.Context(), h.as(0), Moving{Message: stray, To: right, Why: "It is about the lamp."})
	if err != nil || to != right {
		t.Fatalf("moved to %s, %v", to, err)
	}
	if got := h.get(stray, "EmailMessage", "ParentId"); got != string(right) {
		t.Errorf("the message is on %s", got)
	}
	if h.fileOn(wrong) != 0 || h.fileOn(right) != files {
		t.Errorf("%d files are on the old case, %d on the new one", h.fileOn(wrong), h.fileOn(right))
	}
	if got := h.get(wrong, "Case", "Snippet__c"); got != "It fell." {
		t.Errorf("the list shows %q of the old case", got)
	}
	ledger, err := Ledger(t.Context(), h.as(1), right)
	if err != nil || len(ledger) != 2 {
		t.Fatalf("%d lines of the ledger, %v", len(ledger), err)
	}
	if l := ledger[0]; l.Message != stray || l.MovedBy != "Mara Staff" || l.MovedWhy != "It is about the lamp." || l.MovedFrom != h.get(wrong, "Case", "Reference__c") || l.Rule == "" {
		t.Errorf("the ledger says %+v", l)
	}
	if !strings.Contains(h.kinds(wrong), "moved") || !strings.Contains(h.kinds(right), "moved.from") {
		t.Errorf("lines %q and %q", h.kinds(wrong), h.kinds(right))
	}
	// What answers the message follows it, by the ledger.
	if got := r.take("after@post.example", "From: Bo <bo@post.example>\nIn-Reply-To: <stray@post.example>\nSubject: Re: Lamp", "Thank you."); got != right {
		t.Errorf("an answer to the moved message is on %s, not on %s", got, right)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.get(wrong, "Case", stays); got != before {
		t.Errorf("undone the old case is\n%s, not\n%s", got, before)
	}
	if h.fileOn(wrong) != files || h.fileOn(right) != 0 {
		t.Errorf("undone %d files are on the old case, %d on the new one", h.fileOn(wrong), h.fileOn(right))
	}
	if got := h.get(stray, "EmailMessage", "ParentId"); got != string(wrong) {
		t.Errorf("undone the message is on %s", got)
	}
	if l, err := ReceiptOf(t.Context(), h.as(1), stray); err != nil || l.MovedBy != "" || l.Case != wrong {
		t.Errorf("undone the ledger says %+v, %v", l, err)
	}
}

// anUnsureMessageSaysWhy holds that a message that named a case of somebody else is shown as unsure until somebody
// moves it or keeps it, and that the case that it made is part of the other one when nothing else is on it.
func anUnsureMessageSaysWhy(t *testing.T, h *house) {
	r := h.room()
	theirs := r.take("one@post.example", "From: Ada <ada.unsure@post.example>\nSubject: Lamp out", "It is dark.")
	strange := r.take("two@post.example", "From: Eve <eve@post.example>\nIn-Reply-To: <one@post.example>\nSubject: Re: Lamp out", "From my other address.")
	if strange == theirs {
		t.Fatal("a stranger writes into a case")
	}
	unsure, err := Unsure(t.Context(), h.as(0), strange)
	if err != nil || len(unsure) != 1 {
		t.Fatalf("%d unsure messages, %v", len(unsure), err)
	}
	var message record.ID
	for id, u := range unsure {
		if message = id; u.Named != theirs || u.Why == "" {
			t.Errorf("it is unsure as %+v", u)
		}
	}
	if err := KeepHere(t.Context(), h.as(0), message); err != nil {
		t.Fatal(err)
	}
	if unsure, err = Unsure(t.Context(), h.as(0), strange); err != nil || len(unsure) != 0 {
		t.Errorf("kept it is unsure still: %v, %v", unsure, err)
	}
	_, done, err := Move(t.Context(), h.as(0), Moving{Message: message, To: theirs})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.get(strange, "Case", "Status, Merged_Into__c"), "Merged|"+string(theirs); got != want {
		t.Errorf("the case that is empty now is %s, not %s", got, want)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.get(strange, "Case", "Status, Merged_Into__c"); got != "New|" {
		t.Errorf("undone it is %s", got)
	}
	sent := h.reply(0, ReplyIn{Case: theirs, Body: "We look.", Version: h.version(theirs)})
	for _, bad := range []Moving{{Message: message, To: strange}, {Message: message, To: h.staff[0]}, {Message: sent.Message, To: strange}, {Message: "02s000000000000AAA", To: theirs}} {
		if _, _, err := Move(t.Context(), h.as(0), bad); code(err) != fault.InvalidOperation && code(err) != fault.NotFound {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
