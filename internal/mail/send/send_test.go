package send

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"stoa/internal/fault"
	"stoa/internal/mail"
)

// A world is the server of somebody else. It answers as it is told to.
type world struct {
	mu       sync.Mutex
	mailErr  error
	rcptErr  error
	dataErr  error
	messages []string
	user     string
}

func (w *world) NewSession(*smtp.Conn) (smtp.Session, error) { return &worldSession{w: w}, nil }

type worldSession struct {
	w  *world
	to []string
}

func (s *worldSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *worldSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, secret string) error {
		if secret != "secret" {
			return smtp.ErrAuthFailed
		}
		s.w.user = user
		return nil
	}), nil
}
func (s *worldSession) Reset()                               {}
func (s *worldSession) Logout() error                        { return nil }
func (s *worldSession) Mail(string, *smtp.MailOptions) error { return s.w.mailErr }
func (s *worldSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.w.rcptErr == nil {
		s.to = append(s.to, to)
	}
	return s.w.rcptErr
}

func (s *worldSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.w.dataErr == nil {
		s.w.mu.Lock()
		s.w.messages = append(s.w.messages, strings.Join(s.to, ",")+" "+string(b))
		s.w.mu.Unlock()
	}
	return s.w.dataErr
}

func (w *world) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(w)
	s.AllowInsecureAuth = true
	s.MaxMessageBytes = 10000
	go s.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

var envelope = mail.Envelope{From: "help@harborview.example", To: []string{"ana@citizen.example", "bob@citizen.example"}}

var raw = []byte("Subject: x\r\n\r\n.dot\r\n")

func TestRelayTakesAMessage(t *testing.T) {
	t.Parallel()
	w := &world{}
	r := &Relay{Addr: w.start(t), Security: Plaintext, Domain: "harborview.example", AllowPrivate: true}
	if err := r.Send(t.Context(), envelope, raw); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ana@citizen.example,bob@citizen.example " + string(raw)}, w.messages); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsSayWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	refused := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no\r\nsuch user"}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		w         *world
		change    func(*Relay)
		raw       []byte
		permanent bool
		code      int
	}{
		"an unknown recipient is final":            {w: &world{rcptErr: refused(550)}, permanent: true, code: 550},
		"a sender that is not allowed is final":    {w: &world{mailErr: refused(553)}, permanent: true, code: 553},
		"a refused content is final":               {w: &world{dataErr: refused(554)}, permanent: true, code: 554},
		"greylisting passes":                       {w: &world{rcptErr: refused(451)}, code: 451},
		"a full mailbox passes":                    {w: &world{dataErr: refused(452)}, code: 452},
		"a relay that is away comes back":          {w: &world{}, change: func(r *Relay) { r.Addr = closed.Addr().String() }},
		"a name that is unknown now may be known":  {w: &world{}, change: func(r *Relay) { r.Addr = "relay.invalid:25" }},
		"a private address is refused for good":    {w: &world{}, change: func(r *Relay) { r.AllowPrivate = false }, permanent: true},
		"a relay without STARTTLS gets nothing":    {w: &world{}, change: func(r *Relay) { r.Security = StartTLS }},
		"no password goes over an open connection": {w: &world{}, change: func(r *Relay) { r.User = "u" }, permanent: true},
		"what is too large is not even begun":      {w: &world{}, raw: bytes.Repeat([]byte("x"), 20000), permanent: true, code: 552},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Relay{Addr: c.w.start(t), Security: Plaintext, Domain: "harborview.example", AllowPrivate: true}
			if c.change != nil {
				c.change(r)
			}
			body := c.raw
			if body == nil {
				body = raw
			}
			err := r.Send(t.Context(), envelope, body)
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("%v is no Error", err)
			}
			if Permanent(err) != c.permanent || e.Code != c.code {
				t.Errorf("permanent=%t code=%d: %v", Permanent(err), e.Code, err)
			}
			if strings.ContainsAny(e.Error(), "\r\n") {
				t.Errorf("%q has line ends", e.Error())
			}
			if len(c.w.messages) > 0 || c.w.user != "" {
				t.Error("something was sent")
			}
		})
	}
}

func TestInterruptedSendingIsTemporary(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // it never greets
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil {
			cancel()
			defer c.Close()
			io.Copy(io.Discard, c) //nolint:errcheck // until the other side leaves
		}
	}()
	r := &Relay{Addr: l.Addr().String(), Security: Plaintext, Domain: "harborview.example", AllowPrivate: true}
	if err := r.Send(ctx, envelope, raw); err == nil || Permanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	b, err := NewMailbox(t.TempDir() + "/mail")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	e := mail.Envelope{To: []string{"Ana+x@Citizen.example", "../../evil@x.example"}}
	for _, text := range []string{"one", "two"} {
		if err := b.Send(t.Context(), e, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Keep("ana@citizen.example", []byte("mine")); err != nil {
		t.Fatal(err)
	}
	all, err := b.Addresses()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"../../evil@x.example", "ana@citizen.example"}, all); diff != "" {
		t.Error(diff)
	}
	list, err := b.List("ANA@citizen.example")
	if err != nil || len(list) != 3 || !list[0].Sent || list[1].Sent || list[0].At.Before(list[1].At) {
		t.Fatalf("%+v, %v", list, err)
	}
	got, err := b.Read("ana@citizen.example", list[1].Name)
	if err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"../x.eml", "20060102T150405.000000.x.eml", "", list[0].Name + "/../" + list[1].Name} {
		if _, err := b.Read("ana@citizen.example", name); fault.From(err).Code != fault.NotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
	if list, err := b.List("nobody@x.example"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
