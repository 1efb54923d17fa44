// Package receive takes mail from the network by SMTP (RFC 5321). It knows
// neither what a message says nor where it goes: whether there is a recipient
// and what becomes of a message are two functions that it is given.
//
// Its invariant: a sender is told 250 only after Deliver returned without an
// error, and is told to try again whenever it did not. So no message is lost;
// one may come twice, which whoever delivers recognises by its id and hash.
package receive

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"stoa/internal/fault"
	"stoa/internal/mail"
)

// Settings say how mail is received. Domain, Known and Deliver are required.
type Settings struct {
	Domain string      // what the server calls itself
	TLS    *tls.Config // for STARTTLS; nil: it is not offered

	MaxBytes       int64         // of a message; 0: mail.MaxBytes
	MaxConnections int           // at one time; 0: 100
	MaxPerHost     int           // at one time from one address; 0: 20
	MaxRecipients  int           // of one message; 0: 100, as RFC 5321 4.5.3.1.8 asks for at least
	Idle           time.Duration // between commands, and for the data of one message; 0: 5 minutes, as RFC 5321 4.5.3.2 asks for
	DeliverWithin  time.Duration // 0: one minute

	// Known reports whether there is such a recipient. An error makes the
	// sender try again later.
	Known func(ctx context.Context, addr string) (bool, error)
	// Deliver keeps a message for ever, or fails. It is called by several
	// goroutines at once. An error that Refuse made is final; after any other
	// the sender tries again.
	Deliver func(ctx context.Context, d Delivery) error
	Log     *slog.Logger // nil: nothing is logged
}

// A Delivery is one message as it came, with what SMTP said about it.
type Delivery struct {
	From   string   // the return path; "" for a bounce
	To     []string // recipients that Known knew
	Remote string   // the address that it came from, without port
	Helo   string   // what the sender calls itself: not to be believed
	TLS    bool
	Raw    []byte

	Verdict mail.Verdict // of where it comes from; the zero one where nobody judged
}

// Refuse returns an error of Deliver that is final: the sender is told why and
// does not try again.
func Refuse(why string) error { return fault.New(fault.InvalidOperation, "%s", why) }

// maxUnknown is how many unknown recipients one connection may name: more is
// somebody who tries out addresses.
const maxUnknown = 20

// Serve receives mail on l until ctx is done, then gives messages under way up
// to grace. It returns when every connection is closed. l is closed.
func Serve(ctx context.Context, l net.Listener, s Settings, grace time.Duration) error {
	s.defaults()
	b := &backend{s: s, ctx: context.WithoutCancel(ctx)}
	server := smtp.NewServer(b)
	server.Domain = s.Domain
	server.TLSConfig = s.TLS
	server.MaxRecipients = s.MaxRecipients
	server.MaxMessageBytes = s.MaxBytes
	server.MaxLineLength = maxLine
	server.ReadTimeout, server.WriteTimeout = s.Idle, s.Idle
	server.EnableSMTPUTF8 = true
	server.ErrorLog = lines{s.Log}

	gate := newGate(l, s.MaxConnections, s.MaxPerHost)
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		b.closing.Store(true)
		gate.drain()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := server.Shutdown(stop)
		gate.closeAll()
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		stopped <- err
	}()
	err := server.Serve(gate)
	if ctx.Err() == nil {
		gate.closeAll()
		return err
	}
	return <-stopped
}

// maxLine is far over the 998 octets of RFC 5322, because programs send HTML
// in one line, and a message that is refused for it is a citizen unheard.
const maxLine = 1 << 20

func (s *Settings) defaults() {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&s.MaxConnections, 100)
	set(&s.MaxPerHost, 20)
	set(&s.MaxRecipients, 100)
	if s.MaxBytes == 0 {
		s.MaxBytes = mail.MaxBytes
	}
	if s.Idle == 0 {
		s.Idle = 5 * time.Minute
	}
	if s.DeliverWithin == 0 {
		s.DeliverWithin = time.Minute
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
}

type backend struct {
	s       Settings
	ctx     context.Context // outlives the server's: what was accepted is delivered
	closing atomic.Bool
}

func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	if b.closing.Load() {
		return nil, answer(421, smtp.EnhancedCode{4, 3, 2}, "Service is closing, come back later")
	}
	_, secure := c.TLSConnectionState()
	return &session{b: b, d: Delivery{Remote: host(c.Conn().RemoteAddr()), Helo: c.Hostname(), TLS: secure}}, nil
}

// A session is one connection: any number of messages, one after the other.
type session struct {
	b       *backend
	d       Delivery
	unknown int
}

func (s *session) Reset() { s.d.From, s.d.To = "", nil }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.b.closing.Load() {
		return answer(421, smtp.EnhancedCode{4, 3, 2}, "Service is closing, come back later")
	}
	s.d.From, s.d.To = from, nil
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.unknown >= maxUnknown {
		return answer(421, smtp.EnhancedCode{4, 7, 0}, "Too many unknown recipients")
	}
	ctx, cancel := context.WithTimeout(s.b.ctx, s.b.s.DeliverWithin)
	defer cancel()
	known, err := s.b.s.Known(ctx, to)
	if err != nil {
		s.b.s.Log.ErrorContext(ctx, "mail recipient lookup", slog.String("error", err.Error()))
		return tryAgain()
	}
	if !known {
		s.unknown++
		return answer(550, smtp.EnhancedCode{5, 1, 1}, "There is no such recipient here")
	}
	s.d.To = append(s.d.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
			return e
		}
		return tryAgain()
	}
	ctx, cancel := context.WithTimeout(s.b.ctx, s.b.s.DeliverWithin)
	defer cancel()
	start := time.Now()
	d := s.d
	d.Raw = raw
	err = s.deliver(ctx, d)
	outcome := "kept"
	if err != nil {
		outcome = "failed"
	}
	s.b.s.Log.InfoContext(ctx, "mail received", slog.String("outcome", outcome), slog.Int("bytes", len(raw)),
		slog.Int("recipients", len(d.To)), slog.Bool("tls", d.TLS), slog.Duration("took", time.Since(start)))
	return err
}

// deliver hands d over and turns what comes back into an answer.
func (s *session) deliver(ctx context.Context, d Delivery) error {
	err := s.b.s.Deliver(ctx, d)
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.InvalidOperation {
		return answer(550, smtp.EnhancedCode{5, 7, 1}, f.Message)
	}
	s.b.s.Log.ErrorContext(ctx, "mail not kept", slog.String("error", err.Error()))
	return tryAgain()
}

func answer(code int, enhanced smtp.EnhancedCode, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func tryAgain() *smtp.SMTPError {
	return answer(451, smtp.EnhancedCode{4, 3, 0}, "The message could not be kept now, try again later")
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

// lines writes what the library reports to the log.
type lines struct{ log *slog.Logger }

func (l lines) Printf(string, ...any) { l.Println() }

// Println leaves the text out: it may quote what a stranger sent.
func (l lines) Println(...any) { l.log.Debug("smtp connection ended in error") }
