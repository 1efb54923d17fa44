package mail

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// own is who we are in the corpus.
func own() Own {
	return Own{Domain: "harborview.example", Addresses: func(a string) bool { return Domain(a) == "harborview.example" }}
}

func corpus(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/eml/*.eml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d messages in the corpus, %v", len(files), err)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestCorpus holds what is read of every difficult message: golden.txtar has a
// section a message. UPDATE=1 rewrites it.
func TestCorpus(t *testing.T) {
	golden, err := txtar.ParseFile("testdata/golden.txtar")
	if err != nil && os.Getenv("UPDATE") == "" {
		t.Fatal(err)
	}
	want := map[string]string{}
	if golden != nil {
		for _, f := range golden.Files {
			want[f.Name] = string(f.Data)
		}
	}
	now := &txtar.Archive{Comment: []byte("What is read of testdata/eml. UPDATE=1 go test ./internal/mail rewrites it.\n")}
	for _, file := range corpus(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		got := describe(Parse(read(t, file)))
		now.Files = append(now.Files, txtar.File{Name: name, Data: []byte(got)})
		if os.Getenv("UPDATE") == "" {
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("testdata/golden.txtar", txtar.Format(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// describe writes what matters of a message, a line a fact.
func describe(m *Message) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		if s := fmt.Sprintf(format, args...); s != "" && s != "[]" {
			fmt.Fprintf(&b, "%s: %s\n", name, s)
		}
	}
	line("id", "%s", m.ID)
	line("from", "%s", people(m.From))
	line("to", "%s", people(m.To))
	line("cc", "%s", people(m.Cc))
	line("reply-to", "%s", people(m.ReplyTo))
	line("subject", "%s", m.Subject)
	if !m.Date.IsZero() {
		line("date", "%s", m.Date.Format(time.RFC3339))
	}
	line("in-reply-to", "%v", m.InReplyTo)
	line("references", "%v", m.References)
	line("thread-index", "%s", m.ThreadIndex)
	line("signed", "%s", m.Signed)
	c := Classify(m, own())
	line("kind", "%s", c.Kind)
	line("because", "%s", c.Why)
	line("no answer", "%s", c.WhyNot)
	if m.Report != nil {
		line("report on", "%s", m.Report.OriginalID)
		for _, r := range m.Report.Recipients {
			line("report", "%s %s %s undeliverable=%t %q", r.Address, r.Action, r.Status, r.Undeliverable(), r.Diagnostic)
		}
	}
	for _, f := range m.Files {
		line("file", "%q %s declared=%s inline=%t id=%q bytes=%d", f.Name, f.Type, f.Declared, f.Inline, f.ContentID, len(f.Content))
	}
	for _, p := range m.Problems {
		line("problem", "%s: %s", p.Code, p.Detail)
	}
	if m.FromHTML {
		line("text", "from html")
	}
	for _, s := range Fold(m.Text) {
		fmt.Fprintf(&b, "[%s]\n", s.Kind)
		for l := range strings.SplitSeq(strings.TrimSuffix(s.Text, "\n"), "\n") {
			b.WriteString(strings.TrimRight("| "+l, " ") + "\n")
		}
	}
	if m.HTML != "" && len(m.HTML) < 5000 {
		safe := SafeHTML(m.HTML, HTMLOptions{Inline: func(id string) string { return "/file/" + id }, Placeholder: "picture"})
		fmt.Fprintf(&b, "[html, %d remote]\n%s\n", safe.Remote, strings.TrimSpace(safe.HTML))
	}
	return b.String()
}

func people(list []Address) string {
	var out []string
	for _, a := range list {
		if a.Name != "" {
			out = append(out, fmt.Sprintf("%q <%s>", a.Name, a.Addr))
			continue
		}
		out = append(out, a.Addr)
	}
	return strings.Join(out, ", ")
}

// FuzzParse holds for every sequence of bytes what the store and the pages
// rely on: text is valid, of one line where it must be, folding loses nothing,
// and what is shown has no script.
func FuzzParse(f *testing.F) {
	for _, file := range corpus(f) {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			return
		}
		m := Parse(raw)
		checkMessage(t, m)
	})
}

func checkMessage(t *testing.T, m *Message) {
	t.Helper()
	for _, s := range append([]string{m.ID, m.Subject}, append(m.InReplyTo, m.References...)...) {
		if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
			t.Fatalf("a header value with control characters: %q", s)
		}
	}
	for _, s := range []string{m.Text, m.HTML, m.Headers} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || strings.ContainsRune(s, '\r') {
			t.Fatal("text is not clean UTF-8")
		}
	}
	for _, x := range m.Files {
		if x.Name != FileName(x.Name) || x.Name == "" || len(x.Name) > maxFileName || strings.ContainsAny(x.Name, "/\\\x00") {
			t.Fatalf("a file name that is not safe: %q", x.Name)
		}
	}
	var joined strings.Builder
	for _, s := range Fold(m.Text) {
		joined.WriteString(s.Text)
	}
	if joined.String() != m.Text {
		t.Fatal("folding lost text")
	}
	lower := strings.ToLower(SafeHTML(m.HTML, HTMLOptions{}).HTML)
	for _, bad := range []string{"<script", "<iframe", "<form", "<style", "<img", "<svg", "href=\"javascript", "href=\"/"} {
		if strings.Contains(lower, bad) {
			t.Fatalf("%s in what is shown: %s", bad, lower)
		}
	}
	Classify(m, own())
}

func TestCorpusKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			checkMessage(t, Parse(read(t, file)))
		})
	}
}

// TestHostileSizesStayLinear holds that no message of the largest size takes
// the process away from everybody else.
func TestHostileSizesStayLinear(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	head := "From: a@b.example\nMIME-Version: 1.0\n"
	for name, raw := range map[string]string{
		"levels":        head + strings.Repeat("Content-Type: multipart/mixed; boundary=a\n\n--a\n", size/48),
		"quotes":        head + "\n" + strings.Repeat("> ", size/2),
		"introductions": head + "\n" + strings.Repeat("On 1/1/2026 a@b wrote\n", size/22),
		"colons":        head + "\n" + strings.Repeat("On 1/1/2026 a@b wrot:\n", size/22),
		"tags":          head + "Content-Type: text/html\n\n" + strings.Repeat("<div><blockquote>", size/17),
		"silent":        head + "Content-Type: text/html\n\n" + strings.Repeat("<svg>", size/5),
		"attributes":    head + "Content-Type: text/html\n\n<a " + strings.Repeat("b=c ", size/4) + ">",
		"words":         head + "Subject: " + strings.Repeat("=?utf-8?B?w7E=?= ", 20000) + "\n\nx",
		"references":    head + "References: " + strings.Repeat("<a@b.example> ", 100000) + "\n\nx",
		"recipients":    head + "To: " + strings.Repeat("a@b.example, ", 50000) + "\n\nx",
	} {
		start := time.Now()
		checkMessage(t, Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n"))))
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s took %v", name, took)
		}
	}
}

func TestHashTellsARedeliveryFromAnotherMessage(t *testing.T) {
	t.Parallel()
	a := Parse([]byte("Message-ID: <1@a.example>\r\n\r\nHello\r\n"))
	again := Parse([]byte("Received: from x\r\nMessage-ID: <1@a.example>\r\n\r\nHello\n\n"))
	other := Parse([]byte("Message-ID: <1@a.example>\r\n\r\nHello!\r\n"))
	if a.Hash != again.Hash {
		t.Error("a field that a relay added made it another message")
	}
	if a.Hash == other.Hash {
		t.Error("two texts have one hash")
	}
}

func BenchmarkParse(b *testing.B) {
	raw := read(b, "testdata/eml/inline-image.eml")
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		m := Parse(raw)
		Classify(m, own())
		Fold(m.Text)
	}
}

func BenchmarkParseLarge(b *testing.B) {
	line := strings.Repeat("QUJD", 19) + "\r\n"
	raw := append([]byte("From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
		bytes.Repeat([]byte(line), (20<<20)/len(line))...)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		Parse(raw)
	}
}
