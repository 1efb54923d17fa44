package receive

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"stoa/internal/mail"
)

// A box keeps what is delivered, or fails as it is told to.
type box struct {
	mu   sync.Mutex
	got  []Delivery
	fail error
}

func (b *box) deliver(_ context.Context, d Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.got = append(b.got, d)
	return nil
}

func (b *box) all() []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

func known(_ context.Context, addr string) (bool, error) {
	if strings.HasPrefix(addr, "broken@") {
		return false, errors.New("the store is away")
	}
	return mail.Domain(addr) == "harborview.example", nil
}

// start runs a server until the test ends and returns its address and a stop
// that waits for its end.
func start(t testing.TB, s Settings) (addr string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Domain = "mx.harborview.example"
	if s.Known == nil {
		s.Known = known
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, s, 5*time.Second) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return l.Addr().String(), stop
}

// A talk is one SMTP connection, spoken by hand.
type talk struct {
	t *testing.T
	*textproto.Conn
}

func dial(t *testing.T, addr string) *talk {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &talk{t, textproto.NewConn(c)}
}

// say sends a line and holds the answer's code and a part of its text.
func (k *talk) say(line string, code int, part string) string {
	k.t.Helper()
	if line != "" {
		if err := k.PrintfLine("%s", line); err != nil {
			k.t.Fatal(err)
		}
	}
	_, text, err := k.ReadResponse(code)
	if err != nil {
		k.t.Fatalf("%q was answered %v, not %d", line, err, code)
	}
	if !strings.Contains(text, part) {
		k.t.Fatalf("%q was answered %q, without %q", line, text, part)
	}
	return text
}

func (k *talk) data(body string, code int, part string) {
	k.t.Helper()
	k.say("DATA", 354, "")
	w := k.DotWriter()
	if _, err := w.Write([]byte(body)); err != nil {
		k.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		k.t.Fatal(err)
	}
	k.say("", code, part)
}

func TestMessageIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	b := &box{}
	addr, _ := start(t, Settings{Deliver: b.deliver})
	k := dial(t, addr)
	k.say("", 220, "mx.harborview.example")
	hello := k.say("EHLO client.example", 250, "SIZE 31457280")
	if strings.Contains(hello, "STARTTLS") || strings.Contains(hello, "AUTH") {
		t.Errorf("offered what there is not: %s", hello)
	}
	k.say("MAIL FROM:<ana@citizen.example> SIZE=100", 250, "")
	k.say("RCPT TO:<help@harborview.example>", 250, "")
	k.say("RCPT TO:<water+abc@harborview.example>", 250, "")
	k.data("Subject: x\n\n.leading dot\nend\n", 250, "")
	k.say("MAIL FROM:<>", 250, "")
	k.say("RCPT TO:<help@harborview.example>", 250, "")
	k.data("Subject: bounce\n\nsecond on the same connection\n", 250, "")
	k.say("QUIT", 221, "")
	got := b.all()
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	if string(got[0].Raw) != "Subject: x\r\n\r\n.leading dot\r\nend\r\n" {
		t.Errorf("came as %q", got[0].Raw)
	}
	if got[0].From != "ana@citizen.example" || len(got[0].To) != 2 || got[0].To[1] != "water+abc@harborview.example" || got[0].Helo != "client.example" || got[0].Remote != "127.0.0.1" {
		t.Errorf("%+v", got[0])
	}
	if got[1].From != "" || len(got[1].To) != 1 {
		t.Errorf("the second message took something of the first: %+v", got[1])
	}
}

func TestNobodyIsRelayedFor(t *testing.T) {
	t.Parallel()
	b := &box{}
	addr, _ := start(t, Settings{Deliver: b.deliver})
	k := dial(t, addr)
	k.say("", 220, "")
	k.say("EHLO client.example", 250, "")
	k.say("MAIL FROM:<ana@citizen.example>", 250, "")
	for _, to := range []string{"victim@elsewhere.example", "help%elsewhere.example@elsewhere.example"} {
		k.say("RCPT TO:<"+to+">", 550, "no such recipient")
	}
	k.say("RCPT TO:<broken@harborview.example>", 451, "try again")
	k.say("DATA", 502, "")
	for range maxUnknown - 2 {
		k.say("RCPT TO:<guess@elsewhere.example>", 550, "")
	}
	k.say("RCPT TO:<help@harborview.example>", 421, "unknown recipients")
	if len(b.all()) != 0 {
		t.Error("a message was taken")
	}
}

func TestFailureOfTheStoreMakesTheSenderTryAgain(t *testing.T) {
	t.Parallel()
	b := &box{fail: errors.New("the disk is full: /var/lib/secret")}
	addr, _ := start(t, Settings{Deliver: b.deliver})
	k := dial(t, addr)
	k.say("", 220, "")
	k.say("EHLO client.example", 250, "")
	send := func(code int, part string) {
		t.Helper()
		k.say("MAIL FROM:<ana@citizen.example>", 250, "")
		k.say("RCPT TO:<help@harborview.example>", 250, "")
		k.data("Subject: x\n\nx\n", code, part)
	}
	send(451, "could not be kept now")
	b.mu.Lock()
	b.fail = Refuse("We do not take this")
	b.mu.Unlock()
	send(550, "We do not take this")
	b.mu.Lock()
	b.fail = nil
	b.mu.Unlock()
	send(250, "")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := &box{}
	addr, _ := start(t, Settings{Deliver: b.deliver, MaxBytes: 1000, MaxRecipients: 2, MaxConnections: 3, MaxPerHost: 2})
	k := dial(t, addr)
	k.say("", 220, "")
	k.say("EHLO client.example", 250, "SIZE 1000")
	k.say("MAIL FROM:<ana@citizen.example> SIZE=1001", 552, "size")
	k.say("MAIL FROM:<ana@citizen.example>", 250, "")
	k.say("RCPT TO:<a@harborview.example>", 250, "")
	k.say("RCPT TO:<b@harborview.example>", 250, "")
	k.say("RCPT TO:<c@harborview.example>", 452, "")
	k.data(strings.Repeat("x", 2000), 552, "size")
	second := dial(t, addr)
	second.say("", 220, "")
	third := dial(t, addr)
	third.say("", 421, "Too many connections")
	second.say("QUIT", 221, "")
	if len(b.all()) != 0 {
		t.Error("a message over the limit was taken")
	}
}

// TestBareLineFeedEndsNoMessage holds against smuggling: a dot between line
// feeds is text, so that what follows is no second message.
func TestBareLineFeedEndsNoMessage(t *testing.T) {
	t.Parallel()
	b := &box{}
	addr, _ := start(t, Settings{Deliver: b.deliver})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprintf(c, "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@harborview.example>\r\nDATA\r\n")
	fmt.Fprintf(c, "Subject: x\r\n\r\none\n.\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<help@harborview.example>\r\nDATA\r\nSubject: smuggled\r\n\r\n.\r\nQUIT\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "221") {
			break
		}
	}
	if got := b.all(); len(got) != 1 || got[0].From != "a@b.example" || !strings.Contains(string(got[0].Raw), "smuggled") {
		t.Errorf("%d messages", len(got))
	}
}

func TestStartTLS(t *testing.T) {
	t.Parallel()
	b := &box{}
	cert, roots := certificate(t)
	addr, _ := start(t, Settings{Deliver: b.deliver, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}})
	c, err := smtp.DialStartTLS(addr, &tls.Config{RootCAs: roots, ServerName: "mx.harborview.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("ana@citizen.example", []string{"help@harborview.example"}, strings.NewReader("Subject: x\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := b.all(); len(got) != 1 || !got[0].TLS {
		t.Errorf("%+v", got)
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
}

// TestStopWaitsForTheMessageUnderWay stops the server while a message is being
// kept: its sender is told that it was, and idle connections end at once.
func TestStopWaitsForTheMessageUnderWay(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	var kept atomic.Int32
	addr, stop := start(t, Settings{Deliver: func(context.Context, Delivery) error {
		close(entered)
		<-release
		kept.Add(1)
		return nil
	}})
	idle := dial(t, addr)
	idle.say("", 220, "")
	k := dial(t, addr)
	k.say("", 220, "")
	k.say("EHLO client.example", 250, "")
	k.say("MAIL FROM:<ana@citizen.example>", 250, "")
	k.say("RCPT TO:<help@harborview.example>", 250, "")
	k.say("DATA", 354, "")
	if err := k.PrintfLine("Subject: x\r\n\r\nx\r\n."); err != nil {
		t.Fatal(err)
	}
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	idle.say("", 421, "")
	close(release)
	k.say("", 250, "")
	if err := <-stopped; err != nil || kept.Load() != 1 {
		t.Errorf("stopped with %v, %d kept", err, kept.Load())
	}
}

// certificate makes one for mx.harborview.example.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mx.harborview.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// BenchmarkReceive sends one message a connection over eight connections and
// reads each as the desk does.
func BenchmarkReceive(b *testing.B) {
	body := "From: ana@citizen.example\r\nTo: help@harborview.example\r\nSubject: lamp\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + strings.Repeat("The lamp is out.\r\n", 200)
	addr, _ := start(b, Settings{Deliver: func(_ context.Context, d Delivery) error {
		m := mail.Parse(d.Raw)
		mail.Classify(m, mail.Own{})
		mail.Fold(m.Text)
		return nil
	}})
	b.SetParallelism(4)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			c, err := smtp.Dial(addr)
			if err != nil {
				b.Error(err)
				return
			}
			if err := c.SendMail("ana@citizen.example", []string{"help@harborview.example"}, strings.NewReader(body)); err != nil {
				b.Error(err)
			}
			_ = c.Quit()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
