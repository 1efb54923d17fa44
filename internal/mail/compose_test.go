package mail

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"stoa/internal/fault"
)

func draft() Draft {
	return Draft{
		ID: NewID("harborview.example"), Date: time.Date(2026, 11, 27, 9, 15, 0, 0, time.UTC),
		From: Address{"Harborview – Hilfe", "help@harborview.example"}, To: []Address{{"José Muñoz, Jr.", "jose@citizen.example"}},
		Cc: []Address{{"", "neighbour@citizen.example"}}, Bcc: []Address{{"", "archive@harborview.example"}},
		Subject: "Straßenlaterne: ¿cuándo? " + strings.Repeat("largo ", 30),
		Text:    "Dear José,\n\nthe lamp <b> was mended.\n.\nFrom here on it shines.\n",
		ReplyTo: Address{"Harborview", PlusAddress("help@harborview.example", keys().Token(lamp))},
		Files: []File{
			{Name: "../año\r\n.pdf", Type: "application/pdf", Content: []byte("%PDF-1.4 x")},
			{Name: "map.png", Type: "image/png", ContentID: "map@x", Inline: true, Content: []byte("\x89PNG\r\n\x1a\n")},
		},
		InReplyTo: "second@citizen.example", References: []string{"first@citizen.example"},
		Automatic: "auto-replied", Unsubscribe: "https://harborview.example/u/1", Language: "es",
	}
}

// TestComposedMessageReadsAsItWasMeant reads with Parse what Compose wrote.
func TestComposedMessageReadsAsItWasMeant(t *testing.T) {
	t.Parallel()
	d := draft()
	raw, err := d.Compose()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("a line of %d bytes, or without CRLF: %.80q", len(line), line)
		}
	}
	m := Parse(raw)
	if m.ID != d.ID || m.Subject != strings.TrimSpace(d.Subject) || !m.Date.Equal(d.Date) {
		t.Errorf("id %q, subject %q, date %v", m.ID, m.Subject, m.Date)
	}
	if diff := cmp.Diff(d.To, m.To) + cmp.Diff(d.Cc, m.Cc) + cmp.Diff([]Address{d.From}, m.From) + cmp.Diff([]Address{d.ReplyTo}, m.ReplyTo); diff != "" {
		t.Error(diff)
	}
	if len(m.Bcc) > 0 || bytes.Contains(raw, []byte("archive@")) {
		t.Error("a blind copy can be seen")
	}
	if strings.TrimSpace(m.Text) != strings.TrimSpace(d.Text) {
		t.Errorf("text %q", m.Text)
	}
	if !strings.Contains(m.HTML, "the lamp &lt;b&gt; was mended.<br>") {
		t.Errorf("html %q", m.HTML)
	}
	if diff := cmp.Diff([]string{"first@citizen.example", "second@citizen.example"}, m.References); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-replied", "List-Unsubscribe": "<https://harborview.example/u/1>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "In-Reply-To": "<second@citizen.example>", "Content-Language": "es",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(m.Files) != 2 {
		t.Fatalf("%d files", len(m.Files))
	}
	names := map[string]bool{}
	for _, f := range m.Files {
		names[f.Name+" "+f.Type] = true
	}
	if !names["año.pdf application/pdf"] || !names["map.png image/png"] {
		t.Errorf("files %v", names)
	}
	if c := Classify(m, own()); c.Kind != KindLoop {
		t.Errorf("our own message coming back is a %s", c.Kind)
	}
	e := d.Envelope()
	if e.From != d.ReplyTo.Addr || len(e.To) != 3 {
		t.Errorf("envelope %+v", e)
	}
}

// TestNothingInADraftAddsAField tries to break out of every field.
func TestNothingInADraftAddsAField(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"x\r\nBcc: v@evil.example", "x\nBcc: v@evil.example", "x\rBcc: v@evil.example", "x\x00", "x\u2028Bcc: v@evil.example", "a>\r\n <b"} {
		for name, set := range map[string]func(*Draft){
			"subject":     func(d *Draft) { d.Subject = evil },
			"name":        func(d *Draft) { d.To[0].Name = evil },
			"to":          func(d *Draft) { d.To[0].Addr = evil + "@citizen.example" },
			"to list":     func(d *Draft) { d.To[0].Addr = "a@citizen.example, " + evil },
			"from":        func(d *Draft) { d.From.Addr = "a@b.example" + evil },
			"reply-to":    func(d *Draft) { d.ReplyTo.Addr = evil + "@b.example" },
			"id":          func(d *Draft) { d.ID = evil },
			"in-reply-to": func(d *Draft) { d.InReplyTo = evil },
			"references":  func(d *Draft) { d.References = []string{evil} },
			"automatic":   func(d *Draft) { d.Automatic = evil },
			"unsubscribe": func(d *Draft) { d.Unsubscribe = evil },
			"language":    func(d *Draft) { d.Language = evil },
		} {
			d := draft()
			set(&d)
			_, err := d.Compose()
			if f := fault.From(err); err == nil || f.Code == fault.UnknownException {
				t.Errorf("%s = %q: %v", name, evil, err)
			}
		}
		d := draft()
		d.Files[0].Name, d.Text = evil, evil
		raw, err := d.Compose()
		if err != nil {
			t.Fatal(err)
		}
		if m := Parse(raw); len(m.Bcc) > 0 {
			t.Errorf("a file name or a text added a recipient: %q", evil)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ana@citizen.example", "a.b+c@x-y.example", "josé@ciudad.example", "o'neil@x.example", "root@localhost"} {
		if err := CheckAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "ana", "ana@", "@x.example", "a@b", "a b@x.example", "<a@x.example>", "Ana <a@x.example>", "a@x.example,b@x.example",
		"a@[127.0.0.1]", "a@x.example\n", "a..b@x.example", "a@x@y.example", strings.Repeat("a", 65) + "@x.example", "a@" + strings.Repeat("x", 260) + ".example", "a\u202e@x.example"} {
		if err := CheckAddress(bad); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

func TestSignatureVerifies(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner("harborview.example", "desk", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	d := draft()
	raw, err := d.Compose()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	lookup := &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "desk._domainkey.harborview.example" {
			t.Errorf("asked for %s", name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}}
	for name, c := range map[string]struct {
		raw  []byte
		good bool
	}{
		"as it was sent":             {signed, true},
		"with another body":          {bytes.Replace(signed, []byte("mended"), []byte("broken"), 1), false},
		"with a second sender added": {append([]byte("From: evil@evil.example\r\n"), signed...), false},
	} {
		v, err := dkim.VerifyWithOptions(bytes.NewReader(c.raw), lookup)
		if err != nil || len(v) != 1 || (v[0].Err == nil) != c.good {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestManyReferencesAreShortenedInTheMiddle(t *testing.T) {
	t.Parallel()
	d := draft()
	d.References = nil
	for i := range 100 {
		d.References = append(d.References, string(rune('a'+i%26))+strings.Repeat("x", i)+"@citizen.example")
	}
	raw, err := d.Compose()
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	if len(m.References) != maxReference || m.References[0] != d.References[0] || m.References[maxReference-1] != d.InReplyTo {
		t.Errorf("%d references, the first %s, the last %s", len(m.References), m.References[0], m.References[len(m.References)-1])
	}
}
