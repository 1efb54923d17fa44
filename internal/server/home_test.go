package server_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	outbox "stoa/internal/mail/send"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// TestLettersLeadHomeWhateverHostIsAskedFor asks for letters under a host of one's own choosing: whoever could say where their
// links lead could have somebody else's sign-in link sent to a server of his.
func TestLettersLeadHomeWhateverHostIsAskedFor(t *testing.T) {
	run := func(set server.Settings) func(*testing.T) {
		return func(t *testing.T) {
			set.DataDir = t.TempDir()
			set.Mail = server.MailSettings{Listen: "127.0.0.1:0", Domain: "harborview.example", Mailbox: true}
			lettersLeadHome(t, servertest.Start(t, set), filepath.Join(set.DataDir, "mailbox"))
		}
	}
	t.Run("sqlite", run(server.Settings{}))
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		run(server.Settings{Database: database, Schema: schema})(t)
	})
}

func lettersLeadHome(t *testing.T, s *servertest.Server, mailbox string) {
	box, err := outbox.NewMailbox(mailbox)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	d := &desk{Server: s, box: box}
	setting := s.Query(t, "SELECT Id FROM Service_Setting__c WHERE Name = 'Default'")[0]["Id"].(string)
	d.update(t, "Service_Setting__c", setting, map[string]any{"Sender_Address__c": help, "Sender_Name__c": "City of Harborview"})
	for host, email := range map[string]string{"": "ada@post.example", "evil.example": "bo@post.example"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/signin", strings.NewReader(url.Values{"email": {email}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("a link for %s: %d", email, resp.StatusCode)
		}
	}
	d.mail(t, help, "From: Cy <cy@post.example>\nSubject: A lamp\nMessage-ID: <lamp@post.example>", "It is dark.")
	for addr, path := range map[string]string{"ada@post.example": "/signin/", "bo@post.example": "/signin/", "cy@post.example": "/track/"} {
		text := d.arrived(t, addr, 1)[0].Text
		if !strings.Contains(text, s.URL+path) {
			t.Errorf("the letter to %s leads to %s", addr, text)
		}
	}
}
