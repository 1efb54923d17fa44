package server_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"stoa/internal/mail"
	"stoa/internal/mail/receive"
	outbox "stoa/internal/mail/send"
	"stoa/internal/mail/verify"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// A desk is a running server that takes mail, and the mailbox of the world.
type desk struct {
	*servertest.Server
	box *outbox.Mailbox
}

const help, water = "help@harborview.example", "water@harborview.example"

// eachDesk runs f against a desk on each engine.
func eachDesk(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	eachJudgedDesk(t, nil, f)
}

// eachJudgedDesk is eachDesk where somebody judges what comes.
func eachJudgedDesk(t *testing.T, judge *verify.Judge, f func(t *testing.T, d *desk)) {
	t.Helper()
	run := func(set server.Settings) func(*testing.T) {
		return func(t *testing.T) {
			set.DataDir = t.TempDir()
			set.Mail = server.MailSettings{Listen: "127.0.0.1:0", Domain: "harborview.example", Mailbox: true, Judge: judge}
			d := &desk{Server: servertest.Start(t, set)}
			var err error
			if d.box, err = outbox.NewMailbox(filepath.Join(set.DataDir, "mailbox")); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.box.Close() })
			setting := d.Query(t, "SELECT Id FROM Service_Setting__c WHERE Name = 'Default'")[0]["Id"].(string)
			d.update(t, "Service_Setting__c", setting, map[string]any{"Sender_Address__c": help, "Sender_Name__c": "City of Harborview"})
			d.Create(t, "Group", map[string]any{"Name": "Water", "DeveloperName": "Water", "Type": "Queue", "Email": water})
			queue := d.Query(t, "SELECT Id FROM Group WHERE DeveloperName = 'Water'")[0]["Id"]
			d.Create(t, "QueueSobject", map[string]any{"QueueId": queue, "SobjectType": "Case"})
			f(t, d)
		}
	}
	t.Run("sqlite", run(server.Settings{}))
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		run(server.Settings{Database: database, Schema: schema})(t)
	})
}

// take sends a message by SMTP and returns what the server said.
func (d *desk) take(t *testing.T, from string, to []string, raw string) error {
	t.Helper()
	c, err := smtp.Dial(d.Mail)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.SendMail(from, to, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")))
}

// mail sends a message that must be taken.
func (d *desk) mail(t *testing.T, to, header, body string) {
	t.Helper()
	m := mail.Parse([]byte(header))
	from := ""
	if a, ok := m.Author(); ok {
		from = a.Addr
	}
	if err := d.take(t, from, []string{to}, header+"\nTo: "+to+"\nDate: Fri, 27 Nov 2026 09:15:00 +0000\n\n"+body+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) receipt(t *testing.T, id string) map[string]any {
	t.Helper()
	all := d.Query(t, "SELECT Id, Outcome__c, Rule__c, Kind__c, Case__c, Refused_Case__c, Answered__c, No_Answer__c, Copies__c, Stranger__c FROM Mail_Receipt__c WHERE Message_Id__c = '"+id+"'")
	if len(all) != 1 {
		t.Fatalf("%d receipts of %s", len(all), id)
	}
	return all[0]
}

// sent waits until the ledger knows that a message went: that is written after a mailbox has it.
func (d *desk) sent(t *testing.T, id string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(d.Query(t, "SELECT Id FROM Mail_Receipt__c WHERE Message_Id__c = '"+id+"'")) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no receipt of %s", id)
		}
	}
}

// arrived waits until the mailbox of addr has n messages and returns them, newest first.
func (d *desk) arrived(t *testing.T, addr string, n int) []*mail.Message {
	t.Helper()
	var list []outbox.Entry
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if list, err = d.box.List(addr); err != nil {
			t.Fatal(err)
		}
		if len(list) >= n || time.Now().After(deadline) {
			break
		}
	}
	if len(list) != n {
		t.Fatalf("%s has %d messages, not %d", addr, len(list), n)
	}
	var out []*mail.Message
	for _, e := range list {
		raw, err := d.box.Read(addr, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, mail.Parse(raw))
	}
	return out
}

func (d *desk) update(t *testing.T, object, id string, fields map[string]any) {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	if a := d.Do(t, servertest.Request{Method: "PATCH", Path: servertest.API + "/sobjects/" + object + "/" + id, Token: d.Token, Body: string(b)}); a.Status != http.StatusNoContent {
		t.Fatalf("update %s: %d %s", object, a.Status, a.Body)
	}
}

// TestMailBecomesACaseAndAnAnswerComesBackToIt is the whole way: a citizen
// writes, gets a confirmation in their language, answers it, and all is one case.
func TestMailBecomesACaseAndAnAnswerComesBackToIt(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		contact := d.Create(t, "Contact", map[string]any{"LastName": "Ruiz", "FirstName": "Ana", "Email": "ana@citizen.example"})
		begun := time.Now()
		d.mail(t, help, "From: Ana Ruiz <ana@citizen.example>\nSubject: Farola\nMessage-ID: <1@citizen.example>\nContent-Language: es\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
			"--b\nContent-Type: text/plain; charset=utf-8\n\nLa farola no funciona.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=mapa.pdf\n\n%PDF-1.4 x\n--b--")
		got := d.Query(t, "SELECT Id, CaseNumber, Subject, Description, Origin, SuppliedEmail, ContactId, Reference__c, Last_From__c, Thread_Version__c, Replied_At__c, SourceId FROM Case")
		if took := time.Since(begun); len(got) != 1 || took > 10*time.Second {
			t.Fatalf("%d cases after %v", len(got), took)
		}
		c := got[0]
		if c["Subject"] != "Farola" || c["Description"] != "La farola no funciona." || c["Origin"] != "Email" || c["ContactId"] != contact || c["Last_From__c"] != "Citizen" {
			t.Errorf("case %v", c)
		}
		r := d.receipt(t, "1@citizen.example")
		if r["Outcome__c"] != "New case" || r["Rule__c"] != "none" || r["Kind__c"] != "personal" || r["Case__c"] != c["Id"] || r["Answered__c"] != true {
			t.Errorf("receipt %v", r)
		}
		messages := d.Query(t, "SELECT Id, TextBody, Status, FromAddress, ToAddress, MessageIdentifier, HasAttachment FROM EmailMessage WHERE Incoming = true")
		if len(messages) != 1 || messages[0]["Id"] != c["SourceId"] || messages[0]["MessageIdentifier"] != "1@citizen.example" || messages[0]["HasAttachment"] != true {
			t.Errorf("messages %v", messages)
		}
		files := d.Query(t, fmt.Sprintf("SELECT ContentDocument.Title, ContentDocument.FileExtension FROM ContentDocumentLink WHERE LinkedEntityId = '%s'", c["Id"]))
		if len(files) != 1 {
			t.Errorf("files on the case: %v", files)
		}
		raw := d.Query(t, fmt.Sprintf("SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '%s'", r["Id"]))
		if len(raw) != 1 {
			t.Errorf("the bytes of the message: %v", raw)
		}

		confirmation := d.arrived(t, "ana@citizen.example", 1)[0]
		d.sent(t, confirmation.ID)
		if !strings.Contains(confirmation.Text, "Gracias por su mensaje") || !strings.Contains(confirmation.Text, c["Reference__c"].(string)) {
			t.Errorf("the confirmation says %q", confirmation.Text)
		}
		if confirmation.Header.Get("Auto-Submitted") != "auto-replied" || confirmation.InReplyTo[0] != "1@citizen.example" || confirmation.From[0].Addr != help {
			t.Errorf("the confirmation's header is %v", confirmation.Header)
		}
		to := confirmation.ReplyTo[0].Addr
		if !strings.HasPrefix(to, "help+") {
			t.Fatalf("answers go to %s", to)
		}
		if again := d.Query(t, "SELECT Replied_At__c, Thread_Version__c, Last_From__c FROM Case")[0]; again["Replied_At__c"] != nil || again["Last_From__c"] != "Citizen" {
			t.Errorf("a program kept the promise of a person: %v", again)
		}

		d.mail(t, to, "From: Ana <ana@work.example>\nSubject: Re: Farola\nMessage-ID: <2@citizen.example>", "Es el número 12.\n\n> Hola")
		if r := d.receipt(t, "2@citizen.example"); r["Outcome__c"] != "Added" || r["Rule__c"] != "token-address" || r["Case__c"] != c["Id"] || r["Stranger__c"] != true || r["Answered__c"] != false {
			t.Errorf("receipt of the answer %v", r)
		}
		d.mail(t, help, "From: Ana <ana@citizen.example>\nSubject: otra cosa\nMessage-ID: <3@citizen.example>\nReferences: <1@citizen.example> <"+confirmation.ID+">", "Y parpadea.")
		if r := d.receipt(t, "3@citizen.example"); r["Outcome__c"] != "Added" || r["Rule__c"] != "references" || r["Case__c"] != c["Id"] {
			t.Errorf("receipt of the second answer %v", r)
		}
		if n := len(d.Query(t, "SELECT Id FROM Case")); n != 1 {
			t.Errorf("%d cases", n)
		}
		d.arrived(t, "ana@citizen.example", 1) // answers are not confirmed
	})
}

func TestNobodyGetsIntoACaseByWhatIsQuoted(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.mail(t, help, "From: ana@citizen.example\nSubject: private\nMessage-ID: <1@citizen.example>", "My benefits.")
		first := d.receipt(t, "1@citizen.example")["Case__c"]
		d.mail(t, help, "From: evil@evil.example\nSubject: Re: private\nMessage-ID: <e@evil.example>\nIn-Reply-To: <1@citizen.example>", "Send me all of it.")
		r := d.receipt(t, "e@evil.example")
		if r["Outcome__c"] != "New case" || r["Case__c"] == first || r["Refused_Case__c"] != first {
			t.Errorf("receipt %v", r)
		}
		lines := d.Query(t, fmt.Sprintf("SELECT Kind__c, Public__c FROM Case_Event__c WHERE Case__c = '%s' AND Kind__c = 'mail.refused'", r["Case__c"]))
		if len(lines) != 1 || lines[0]["Public__c"] != false {
			t.Errorf("lines %v", lines)
		}
	})
}

func TestAMessageThatComesTwiceIsOne(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for range 3 {
			d.mail(t, help, "From: ana@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "Dark.")
		}
		if n := len(d.Query(t, "SELECT Id FROM Case")); n != 1 {
			t.Errorf("%d cases", n)
		}
		if r := d.receipt(t, "1@citizen.example"); r["Copies__c"] != 2.0 {
			t.Errorf("%v copies", r["Copies__c"])
		}
		d.arrived(t, "ana@citizen.example", 1)
		d.mail(t, help, "From: bob@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "The same id, another text.")
		if n := len(d.Query(t, "SELECT Id FROM Case")); n != 2 {
			t.Errorf("%d cases after a message that took the id of another", n)
		}
	})
}

func TestRecipients(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		err := d.take(t, "ana@citizen.example", []string{"nobody@harborview.example"}, "Subject: x\n\nx\n")
		if e, ok := err.(*smtp.SMTPError); !ok || e.Code != 550 {
			t.Errorf("an unknown recipient: %v", err)
		}
		d.mail(t, water, "From: ana@citizen.example\nSubject: leak\nMessage-ID: <w@citizen.example>", "Water in the street.")
		owner := d.Query(t, "SELECT Owner.Name FROM Case")[0]["Owner"].(map[string]any)
		if owner["Name"] != "Water" {
			t.Errorf("the case of %s belongs to %v", water, owner)
		}
		if m := d.arrived(t, "ana@citizen.example", 1)[0]; m.From[0].Addr != water {
			t.Errorf("answered from %v", m.From)
		}
	})
}

func TestMachinesAreNotAnswered(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for i, c := range []struct{ header, outcome string }{
			{"Auto-Submitted: auto-replied\nSubject: Out of office", "Kept"},
			{"Precedence: bulk\nSubject: offer", "New case"},
			{"X-Auto-Response-Suppress: All\nSubject: question", "New case"},
			{"List-Id: <x.example>\nSubject: [x] hello", "New case"},
		} {
			id := fmt.Sprintf("m%d@machine.example", i)
			d.mail(t, help, fmt.Sprintf("From: m%d@machine.example\nMessage-ID: <%s>\n%s", i, id, c.header), "Text")
			if r := d.receipt(t, id); r["Outcome__c"] != c.outcome || r["Answered__c"] != false || r["No_Answer__c"] == nil {
				t.Errorf("%s: %v", c.header, r)
			}
		}
		for i := range 25 {
			d.mail(t, help, fmt.Sprintf("From: flood@machine.example\nMessage-ID: <f%d@machine.example>\nSubject: %d", i, i), "Again")
		}
		d.arrived(t, "flood@machine.example", 20)
		time.Sleep(50 * time.Millisecond)
		d.arrived(t, "flood@machine.example", 20)
	})
}

func TestClosedAndMergedCases(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.mail(t, help, "From: ana@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "Dark.")
		first := d.receipt(t, "1@citizen.example")["Case__c"].(string)
		d.update(t, "Case", first, map[string]any{"Status": "Closed"})
		d.mail(t, help, "From: ana@citizen.example\nSubject: Re: lamp\nMessage-ID: <2@citizen.example>\nIn-Reply-To: <1@citizen.example>", "Dark again.")
		if r := d.receipt(t, "2@citizen.example"); r["Outcome__c"] != "Reopened" || r["Case__c"] != first {
			t.Errorf("%v", r)
		}
		if c := d.Query(t, "SELECT Status, IsClosed FROM Case WHERE Id = '"+first+"'")[0]; c["IsClosed"] != false {
			t.Errorf("the case is %v", c)
		}
		d.mail(t, help, "From: ana@citizen.example\nSubject: other lamp\nMessage-ID: <3@citizen.example>", "Another one.")
		second := d.receipt(t, "3@citizen.example")["Case__c"].(string)
		d.update(t, "Case", first, map[string]any{"Status": "Merged", "Merged_Into__c": second})
		d.mail(t, help, "From: ana@citizen.example\nSubject: Re: lamp\nMessage-ID: <4@citizen.example>\nIn-Reply-To: <1@citizen.example>", "Still dark.")
		if r := d.receipt(t, "4@citizen.example"); r["Outcome__c"] != "Added" || r["Case__c"] != second {
			t.Errorf("a message to a merged case: %v", r)
		}
	})
}

func TestBounceMarksTheMessageAndTheContact(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		contact := d.Create(t, "Contact", map[string]any{"LastName": "Ruiz", "Email": "ana@citizen.example"})
		d.mail(t, help, "From: ana@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "Dark.")
		sent := d.arrived(t, "ana@citizen.example", 1)[0]
		d.sent(t, sent.ID)
		waitFor(t, func() bool { return len(d.Query(t, "SELECT Id FROM EmailMessage WHERE Delivery__c = 'Sent'")) == 1 })
		raw, err := os.ReadFile("../mail/testdata/eml/bounce.eml")
		if err != nil {
			t.Fatal(err)
		}
		dsn := strings.NewReplacer("stoa.zyxwvutsrqponmlkjihgfedcba@harborview.example", sent.ID, "gone@citizen.example", "ana@citizen.example", "\r\n", "\n").Replace(string(raw))
		if err := d.take(t, "", []string{sent.ReplyTo[0].Addr}, dsn); err != nil {
			t.Fatal(err)
		}
		if m := d.Query(t, "SELECT IsBounced, Delivery__c FROM EmailMessage WHERE Incoming = false")[0]; m["IsBounced"] != true || m["Delivery__c"] != "Bounced" {
			t.Errorf("the message is %v", m)
		}
		if c := d.Query(t, "SELECT EmailBouncedReason, IsEmailBounced FROM Contact WHERE Id = '"+contact+"'")[0]; c["EmailBouncedReason"] == nil {
			t.Errorf("the contact is %v", c)
		}
		if r := d.receipt(t, "dsn@mx.example"); r["Outcome__c"] != "Bounce" || r["Answered__c"] != false {
			t.Errorf("%v", r)
		}
		if n := len(d.Query(t, "SELECT Id FROM Case")); n != 1 {
			t.Errorf("%d cases", n)
		}
	})
}

// TestEveryDifficultMessageIsKept sends the whole corpus: each is taken, has a
// receipt, and its bytes are there.
func TestEveryDifficultMessageIsKept(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		files, err := filepath.Glob("../mail/testdata/eml/*.eml")
		if err != nil || len(files) < 60 {
			t.Fatal(err, len(files))
		}
		c, err := smtp.Dial(d.Mail)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		seen := map[string]bool{}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			m := mail.Parse(raw)
			key := m.ID + m.Hash
			if m.ID == "" {
				key = string(raw)
			}
			seen[key] = true
			if err := c.SendMail("corpus@citizen.example", []string{help}, strings.NewReader(string(raw))); err != nil {
				t.Errorf("%s: %v", filepath.Base(f), err)
			}
		}
		a := d.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/query?q=SELECT+COUNT()+FROM+Mail_Receipt__c+WHERE+Incoming__c=true", Token: d.Token})
		if want := fmt.Sprintf(`"totalSize":%d,`, len(seen)); !strings.Contains(a.Body, want) {
			t.Errorf("%s receipts, not %s", a.Body, want)
		}
	})
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen")
		}
	}
}

// TestTheMailboxPageWritesAndReads writes as a resident on the page, without
// script, and finds both sides there; and nobody from elsewhere sees it.
func TestTheMailboxPageWritesAndReads(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		form := "from=ana%40citizen.example&name=Ana&to=help%40harborview.example&subject=Lamp&text=It+is+dark.&answers="
		a := d.Do(t, servertest.Request{Method: "POST", Path: "/mailbox/write", Body: form, Header: []string{"Content-Type", "application/x-www-form-urlencoded"}})
		if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/mailbox/ana@citizen.example" {
			t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
		}
		d.arrived(t, "ana@citizen.example", 2)
		a = d.Do(t, servertest.Request{Method: "GET", Path: "/mailbox/ana@citizen.example"})
		if a.Status != http.StatusOK || !strings.Contains(a.Body, "It is dark.") || !strings.Contains(a.Body, "We have your message: Lamp") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		for _, bad := range []string{"from=x&to=help%40harborview.example&text=x", "from=a%40b.example&to=help%40harborview.example&text=", "from=a%40b.example&to=nobody%40harborview.example&text=x"} {
			a := d.Do(t, servertest.Request{Method: "POST", Path: "/mailbox/write", Body: bad, Header: []string{"Content-Type", "application/x-www-form-urlencoded"}})
			if a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", bad, a.Status)
			}
		}
		for _, path := range []string{"/mailbox/nobody@citizen.example", "/mailbox/ana@citizen.example/..%2f..%2fstoa.db", "/mailbox/ana@citizen.example/x.eml/source"} {
			if a := d.Do(t, servertest.Request{Method: "GET", Path: path}); a.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
	})
	s := servertest.Start(t, server.Settings{})
	if a := s.Do(t, servertest.Request{Method: "GET", Path: "/mailbox"}); a.Status == http.StatusOK && strings.Contains(a.Body, "Mailbox of the demonstration") {
		t.Error("a server that is no demonstration shows a mailbox")
	}
}

// TestMailLeavesByTheRelaySigned has a confirmation go through a relay to a
// server that speaks SMTP, with a signature that its public key verifies.
func TestMailLeavesByTheRelaySigned(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan receive.Delivery, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go receive.Serve(ctx, l, receive.Settings{ //nolint:errcheck // it ends with the test
		Domain:  "relay.example",
		Known:   func(context.Context, string) (bool, error) { return true, nil },
		Deliver: func(_ context.Context, d receive.Delivery) error { got <- d; return nil },
	}, time.Second)
	d := &desk{Server: servertest.Start(t, server.Settings{Mail: server.MailSettings{
		Listen: "127.0.0.1:0", Domain: "harborview.example", DKIMKey: key,
		Relay: &outbox.Relay{Addr: l.Addr().String(), Security: outbox.Plaintext, AllowPrivate: true},
	}})}
	setting := d.Query(t, "SELECT Id FROM Service_Setting__c WHERE Name = 'Default'")[0]["Id"].(string)
	d.update(t, "Service_Setting__c", setting, map[string]any{"Sender_Address__c": help, "Sender_Name__c": "City of Harborview"})
	d.mail(t, help, "From: ana@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "Dark.")
	var sent receive.Delivery
	select {
	case sent = <-got:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came through the relay")
	}
	if sent.To[0] != "ana@citizen.example" || !strings.HasPrefix(sent.From, "help+") || sent.Helo != "harborview.example" {
		t.Errorf("the envelope is %q to %q by %s", sent.From, sent.To, sent.Helo)
	}
	v, err := dkim.VerifyWithOptions(bytes.NewReader(sent.Raw), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}})
	if err != nil || len(v) != 1 || v[0].Err != nil || v[0].Domain != "harborview.example" {
		t.Errorf("the signature: %+v, %v", v, err)
	}
	waitFor(t, func() bool { return len(d.Query(t, "SELECT Id FROM EmailMessage WHERE Delivery__c = 'Sent'")) == 1 })
}

// TestWithoutARelayAReplyIsMarkedAsFailed tells the staff instead of waiting for ever.
func TestWithoutARelayAReplyIsMarkedAsFailed(t *testing.T) {
	t.Parallel()
	d := &desk{Server: servertest.Start(t, server.Settings{Mail: server.MailSettings{Listen: "127.0.0.1:0"}})}
	setting := d.Query(t, "SELECT Id FROM Service_Setting__c WHERE Name = 'Default'")[0]["Id"].(string)
	d.update(t, "Service_Setting__c", setting, map[string]any{"Sender_Address__c": help})
	d.mail(t, help, "From: ana@citizen.example\nSubject: lamp\nMessage-ID: <1@citizen.example>", "Dark.")
	waitFor(t, func() bool { return len(d.Query(t, "SELECT Id FROM Case_Event__c WHERE Kind__c = 'mail.failed'")) == 1 })
}
