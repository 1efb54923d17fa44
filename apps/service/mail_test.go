package service

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/mail"
	"stoa/internal/mail/receive"
	"stoa/internal/mail/send"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A recorder is a transport that keeps what it is given, or fails.
type recorder struct {
	raw  []string
	to   []string
	fail error
}

func (r *recorder) Send(_ context.Context, e mail.Envelope, raw []byte) error {
	if r.fail != nil {
		return r.fail
	}
	r.raw = append(r.raw, string(raw))
	r.to = append(r.to, e.To...)
	return nil
}

// A room is a mailroom whose jobs the test runs itself.
type room struct {
	*house
	*mailroom
	out *recorder
}

func (h *house) room() *room {
	out := &recorder{}
	return &room{h, &mailroom{post: app.Post{Domain: "test.example", Transport: out}}, out}
}

// take delivers a message to the desk and returns its case, "" for none.
func (r *room) take(id, header, body string) record.ID {
	r.t.Helper()
	raw := "Message-ID: <" + id + ">\nTo: help@test.example\nDate: Fri, 27 Nov 2026 09:15:00 +0000\n" + header + "\n\n" + body + "\n"
	if err := r.deliver(r.t.Context(), r.o, receive.Delivery{From: "x@x.example", To: []string{"help@test.example"}, Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))}); err != nil {
		r.t.Fatal(err)
	}
	res, err := query(r.t.Context(), r.sys, "SELECT Case__c FROM Mail_Receipt__c WHERE Message_Id__c = ?", id)
	if err != nil || res.Len() != 1 {
		r.t.Fatalf("%d receipts of %s, %v", res.Len(), id, err)
	}
	return res.Get(0, "Case__c").ID()
}

// tryAll has every message of the org sent, as if each had a job.
func (r *room) tryAll() {
	r.t.Helper()
	for _, id := range r.ids("SELECT Id FROM EmailMessage") {
		if err := r.send(r.t.Context(), r.sys, []byte(id)); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestMail(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){
		"NoNoteEverLeaves":                 noNoteEverLeaves,
		"AClosedCaseIsFollowedAfterAMonth": aClosedCaseIsFollowedAfterAMonth,
		"SendingIsTriedAgainAsTheSame":     sendingIsTriedAgainAsTheSame,
		"AFinalFailureIsSaidOnTheCase":     aFinalFailureIsSaidOnTheCase,
		"AConfirmationIsWrittenOnce":       aConfirmationIsWrittenOnce,
		"TokensOutliveMergesByTheAPI":      tokensOutliveMergesByTheAPI,
		"AReceiptSaysWhy":                  aReceiptSaysWhy,
		"AMessageOnNoCaseIsSent":           aMessageOnNoCaseIsSent,
		"ARecordAloneSendsNothing":         aRecordAloneSendsNothing,
	})
}

// noNoteEverLeaves is a property over every way out: whatever staff and
// citizens do on cases, in whichever order, what only the staff may read is in
// no byte that leaves, and every reply does leave.
func noNoteEverLeaves(t *testing.T, h *house) {
	r := h.room()
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	secrets, replies := 0, 0
	secret := func() string { secrets++; return fmt.Sprintf("SECRET%d", secrets) }
	var cases []record.ID
	one := func() record.ID { return cases[random.IntN(len(cases))] }
	file := func(on record.ID, visibility string) {
		s := secret()
		v := h.insert(draft("ContentVersion", "PathOnClient", s+".txt", "Title", s, "VersionData", []byte(s)))
		doc := record.ID(h.get(v, "ContentVersion", "ContentDocumentId"))
		h.insert(draft("ContentDocumentLink", "ContentDocumentId", doc, "LinkedEntityId", on, "ShareType", "V", "Visibility", visibility))
	}
	steps := []func(){
		func() {
			n := len(cases)
			cases = append(cases, r.take(fmt.Sprintf("in%d@citizen.example", n), fmt.Sprintf("From: c%d@citizen.example\nSubject: request %d", n, n), "Please help."))
		},
		func() {
			if _, err := Note(ctx, h.as(0), one(), "For us only: "+secret()); err != nil {
				t.Fatal(err)
			}
		},
		func() {
			h.insert(draft("CaseComment", "ParentId", one(), "CommentBody", secret(), "IsPublished", false))
		},
		func() { file(one(), "AllUsers") }, // a file of the case is not one of a message
		func() { // an internal message, even one that somebody asks to send
			id := h.insert(draft("EmailMessage", "ParentId", one(), "Subject", secret(), "TextBody", secret(), "ToAddress", "c0@citizen.example", "Incoming", false, "Status", mailSent,
				"MessageIdentifier", strings.ToLower(secret())+"@test.example", "MessageDate", time.Now()))
			r.dispatch(id)
		},
		func() { // a draft that was never released
			r.dispatch(h.insert(draft("EmailMessage", "ParentId", one(), "Subject", secret(), "TextBody", secret(), "ToAddress", "c0@citizen.example", "Incoming", false,
				"IsExternallyVisible", true, "Status", mailDraft, "MessageIdentifier", strings.ToLower(secret())+"@test.example")))
		},
		func() { // a reply that is still being written
			if err := SaveDraft(ctx, h.as(1), Draft{Case: one(), Kind: DraftReply, Body: secret()}); err != nil {
				t.Fatal(err)
			}
		},
		func() { // a reply that is taken back
			on := one()
			sent := h.reply(1, ReplyIn{Case: on, Body: secret(), Version: h.version(on)})
			if err := Undo(ctx, h.as(1), sent.Undo); err != nil {
				t.Fatal(err)
			}
			h.release(sent.Message)
		},
		func() { // a reply that goes, with a file of its own and one that is the staff's
			on := one()
			replies++
			sent := h.reply(0, ReplyIn{Case: on, Body: fmt.Sprintf("REPLY%d.", replies), Version: h.version(on), Files: []File{{"answer.txt", []byte("for you")}}})
			file(sent.Message, "InternalUsers")
			h.release(sent.Message)
		},
		func() {
			if len(cases) > 1 {
				if _, err := Note(ctx, h.as(2), one(), "@mara "+secret()); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	steps[0]()
	for range 120 {
		steps[random.IntN(len(steps))]()
		if random.IntN(4) == 0 {
			r.tryAll()
		}
	}
	r.tryAll()
	r.tryAll()
	all := ""
	for _, raw := range r.out.raw {
		m := mail.Parse([]byte(raw))
		seen := raw + m.Subject + m.Text + m.HTML + m.Headers
		for _, f := range m.Files {
			seen += f.Name + string(f.Content)
		}
		if strings.Contains(strings.ToUpper(seen), "SECRET") {
			t.Fatalf("what only the staff may read has left:\n%s", raw)
		}
		all += m.Text
	}
	for i := range replies {
		if n := strings.Count(all, fmt.Sprintf("REPLY%d.", i+1)); n != 1 {
			t.Errorf("reply %d left %d times", i+1, n)
		}
	}
	if secrets < 50 || replies < 5 {
		t.Errorf("%d secrets and %d replies prove little", secrets, replies)
	}
}

// dispatch asks for a message to be sent, as a hasty caller might.
func (r *room) dispatch(id record.ID) {
	r.t.Helper()
	if err := r.sys.Do(r.t.Context(), func(ctx context.Context, tx *org.Tx) error { return Dispatch(ctx, tx, id, time.Time{}) }); err != nil {
		r.t.Fatal(err)
	}
}

func aClosedCaseIsFollowedAfterAMonth(t *testing.T, h *house) {
	r := h.room()
	first := r.take("f1@citizen.example", "From: f@citizen.example\nSubject: lamp", "Dark.")
	h.update(changes("Case", first, "Status", "Closed"))
	old := changes("Case", first, "ClosedDate", time.Now().Add(-reopenFor-time.Hour))
	if _, err := org.Must(h.sys.Update(t.Context(), []record.Draft{old}, org.WriteOptions{Seed: true})); err != nil {
		t.Fatal(err)
	}
	second := r.take("f2@citizen.example", "From: f@citizen.example\nSubject: Re: lamp\nIn-Reply-To: <f1@citizen.example>", "Dark again.")
	if second == first || h.get(second, "Case", "ParentId") != string(first) {
		t.Errorf("the message of a month later is on %s, below %s", second, h.get(second, "Case", "ParentId"))
	}
	if got := h.get(first, "Case", "IsClosed"); got != "true" {
		t.Errorf("the old case is open again: %s", got)
	}
	if got := h.ids("SELECT Id FROM Mail_Receipt__c WHERE Message_Id__c = 'f2@citizen.example' AND Outcome__c = 'Follow-up'"); len(got) != 1 {
		t.Errorf("%d receipts say that it follows", len(got))
	}
}

// replied has a reply go out on a new case and returns it.
func (r *room) replied(id string) (on, message record.ID) {
	r.t.Helper()
	on = r.take(id, "From: "+id+"\nSubject: lamp", "Dark.")
	sent := r.house.reply(0, ReplyIn{Case: on, Body: "It is mended.", Version: r.version(on)})
	r.release(sent.Message)
	return on, sent.Message
}

func sendingIsTriedAgainAsTheSame(t *testing.T, h *house) {
	r := h.room()
	on, message := r.replied("again@citizen.example")
	r.out.fail = &send.Error{Temporary: true, Code: 451, Text: "later"}
	if err := r.send(t.Context(), h.sys, []byte(message)); err == nil {
		t.Fatal("a refusal for now is no reason to try again")
	}
	first := h.get(message, "EmailMessage", "MessageIdentifier")
	if got := h.get(message, "EmailMessage", "Delivery__c"); got != deliveryWaiting || first == "" {
		t.Errorf("meanwhile it is %s with the id %q", got, first)
	}
	r.out.fail = nil
	for range 3 { // once more than needed: a job may run twice
		if err := r.send(t.Context(), h.sys, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.out.raw) != 1 {
		t.Fatalf("it left %d times", len(r.out.raw))
	}
	m := mail.Parse([]byte(r.out.raw[0]))
	if m.ID != first || h.get(message, "EmailMessage", "Delivery__c, Status") != deliverySent+"|"+mailSent {
		t.Errorf("sent as %s, %s", m.ID, h.get(message, "EmailMessage", "Delivery__c, Status"))
	}
	if !slices.Contains(m.InReplyTo, "again@citizen.example") || m.From[0].Addr != "help@test.example" {
		t.Errorf("it answers %v from %v", m.InReplyTo, m.From)
	}
	keys, err := keyring(t.Context(), h.o)
	if err != nil {
		t.Fatal(err)
	}
	if got := keys.Clues(m, []string{m.ReplyTo[0].Addr}).ByAddress; len(got) != 1 || got[0] != on {
		t.Errorf("an answer would go to %v", got)
	}
}

func aFinalFailureIsSaidOnTheCase(t *testing.T, h *house) {
	r := h.room()
	on, message := r.replied("gone@citizen.example")
	r.out.fail = &send.Error{Code: 550, Status: "5.1.1", Text: "no such user"}
	if err := r.send(t.Context(), h.sys, []byte(message)); err != nil {
		t.Fatal(err)
	}
	if got := h.get(message, "EmailMessage", "Delivery__c, Delivery_Error__c"); got != "Failed|550 5.1.1 no such user" {
		t.Errorf("the message is %s", got)
	}
	if got := h.ids("SELECT Id FROM Case_Event__c WHERE Case__c = ? AND Kind__c = ? AND Public__c = false", on, eventMailFailed); len(got) != 1 {
		t.Errorf("%d lines on the case", len(got))
	}
	r.out.fail = errors.New("the process was killed")
	if err := r.send(t.Context(), h.sys, []byte(message)); err != nil || len(r.out.raw) > 0 {
		t.Errorf("it was tried after it had failed: %v", err)
	}
}

func aConfirmationIsWrittenOnce(t *testing.T, h *house) {
	r := h.room()
	on := r.take("once@citizen.example", "From: Rosa <once@citizen.example>\nSubject: Farola\nContent-Language: es", "Rota.")
	body := fmt.Sprintf(`{"case":%q,"message":%q,"to":"once@citizen.example"}`, on, h.get(on, "Case", "SourceId"))
	for range 2 {
		if err := confirm(t.Context(), h.sys, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ? AND Automatic__c = true", on); len(got) != 1 {
		t.Fatalf("%d confirmations", len(got))
	}
	r.tryAll()
	var mine *mail.Message
	for i, raw := range r.out.raw {
		if r.out.to[i] == "once@citizen.example" {
			mine = mail.Parse([]byte(raw))
		}
	}
	if mine == nil || !strings.Contains(mine.Text, "Gracias por su mensaje") || mine.Header.Get("Auto-Submitted") == "" {
		t.Errorf("the confirmation is %+v", mine)
	}
	if got := h.get(on, "Case", "Replied_At__c"); got != "" {
		t.Errorf("a program kept the promise of a person at %s", got)
	}
}

func aRecordAloneSendsNothing(t *testing.T, h *house) {
	r := h.room()
	on := r.take("hist@citizen.example", "From: hist@citizen.example\nSubject: x", "x")
	h.insert(draft("EmailMessage", "ParentId", on, "Subject", "from the old system", "TextBody", "history", "ToAddress", "hist@citizen.example", "Incoming", false,
		"IsExternallyVisible", true, "Status", mailSent, "MessageDate", time.Now()))
	r.tryAll()
	for _, raw := range r.out.raw {
		if strings.Contains(raw, "history") {
			t.Error("a message that was only recorded went out")
		}
	}
}

// aMessageOnNoCaseIsSent is what other apps do: their letters are related to records of theirs.
func aMessageOnNoCaseIsSent(t *testing.T, h *house) {
	r := h.room()
	account := h.insert(draft("Account", "Name", "Somebody"))
	id := h.insert(draft("EmailMessage", "RelatedToId", account, "Subject", "letter", "TextBody", "Dear Sir", "ToAddress", "sir@citizen.example", "FromAddress", "help@test.example", "FromName", "Hiring, City",
		"Incoming", false, "IsExternallyVisible", true, "Status", mailSent))
	r.dispatch(id)
	if err := r.send(t.Context(), h.sys, []byte(id)); err != nil {
		t.Fatal(err)
	}
	if len(r.out.raw) != 1 || r.out.to[0] != "sir@citizen.example" || !strings.Contains(r.out.raw[0], `"Hiring, City" <help@test.example>`) {
		t.Errorf("sent to %v: %v", r.out.to, r.out.raw)
	}
}

func tokensOutliveMergesByTheAPI(t *testing.T, h *house) {
	r := h.room()
	lost := r.take("m1@citizen.example", "From: m@citizen.example\nSubject: lamp", "Dark.")
	master := r.take("m2@citizen.example", "From: m@citizen.example\nSubject: lamp again", "Dark.")
	keys, err := keyring(t.Context(), h.o)
	if err != nil {
		t.Fatal(err)
	}
	token := keys.Token(lost)
	if _, err := h.sys.Merge(t.Context(), record.Draft{Object: "Case", ID: master}, []record.ID{lost}); err != nil {
		t.Fatal(err)
	}
	for id, header := range map[string]string{
		"m3@citizen.example": "To: " + mail.PlusAddress("help@test.example", token), "m4@citizen.example": "In-Reply-To: <m1@citizen.example>",
	} {
		if got := r.take(id, "From: m@citizen.example\nSubject: Re: lamp\n"+header, "Still dark."); got != master {
			t.Errorf("%s is on %s, not on %s", header, got, master)
		}
	}
}

func aReceiptSaysWhy(t *testing.T, h *house) {
	r := h.room()
	first := r.take("w1@citizen.example", "From: w@citizen.example\nSubject: lamp", "Dark.")
	second := r.take("w2@citizen.example", "From: stranger@evil.example\nSubject: Re: lamp\nIn-Reply-To: <w1@citizen.example>", "Tell me all.")
	id := record.ID(h.get(second, "Case", "SourceId"))
	got, err := ReceiptOf(t.Context(), h.as(0), id)
	if err != nil {
		t.Fatal(err)
	}
	if got.Case != second || got.Named != first || got.Rule != "none" || got.Outcome != outcomeNew || got.Kind != "personal" || !got.Answered || got.From != "stranger@evil.example" || got.Why == "" {
		t.Errorf("the receipt is %+v", got)
	}
	raw, err := got.Original(t.Context(), h.as(0))
	if err != nil || !strings.Contains(string(raw), "In-Reply-To: <w1@citizen.example>\r\n") {
		t.Errorf("as it came: %q, %v", raw, err)
	}
	if _, err := ReceiptOf(t.Context(), h.as(0), "02s000000000001AAA"); fault.From(err).Code != fault.NotFound {
		t.Errorf("of no message: %v", err)
	}
	thread, err := Thread(t.Context(), h.as(0), second)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range thread {
		if e.Kind == KindEvent && e.Event == eventMailRefused && e.Public {
			t.Error("the citizen is told of a case of somebody else")
		}
	}
}
