package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"stoa/internal/app"
	"stoa/internal/mail"
	"stoa/internal/mail/receive"
	"stoa/internal/mail/send"
	"stoa/internal/mail/verify"
	"stoa/internal/org"
	"stoa/internal/web/mailbox"
	"stoa/internal/web/page"
)

// MailSettings say how mail comes and goes. The zero value takes none and sends none.
type MailSettings struct {
	Listen  string // host:port to take mail on by SMTP; "" for none
	AnyPort bool   // take a free port where that one is taken
	Domain  string // of message ids, and what the receiver calls itself; "localhost"

	Judge *verify.Judge // judges where mail comes from; nil: nobody does

	Relay   *send.Relay // through which mail goes out; nil for none
	Mailbox bool        // keep what goes out in the data folder instead, and show it on a page to this machine
	WriteTo string      // whom that page offers to write to

	DKIMKey, DKIMSelector string // file of the key (PEM) that signs mail from Domain; "" for none
}

// mailboxDir is the folder of the local mailbox below the data folder.
const mailboxDir = "mailbox"

// A mailOffice is how one server takes and sends mail.
type mailOffice struct {
	set      MailSettings
	apps     []app.Mail
	listener net.Listener  // nil: none is taken
	mailbox  *send.Mailbox // nil: there is a relay, or none
}

func newMailOffice(ctx context.Context, set Settings) (_ *mailOffice, err error) {
	m := &mailOffice{set: set.Mail}
	m.set.Domain = cmp.Or(m.set.Domain, "localhost")
	post := app.Post{Domain: m.set.Domain, Transport: send.Nowhere{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	switch {
	case m.set.Mailbox:
		if m.mailbox, err = send.NewMailbox(filepath.Join(set.DataDir, mailboxDir)); err != nil {
			return nil, err
		}
		post.Transport = m.mailbox
	case m.set.Relay != nil:
		r := *m.set.Relay
		r.Domain = cmp.Or(r.Domain, m.set.Domain)
		post.Transport = &r
	}
	if m.set.DKIMKey != "" {
		key, err := os.ReadFile(m.set.DKIMKey)
		if err != nil {
			return nil, fmt.Errorf("DKIM key: %w", err)
		}
		if post.Signer, err = mail.NewSigner(m.set.Domain, cmp.Or(m.set.DKIMSelector, "stoa"), key); err != nil {
			return nil, err
		}
	}
	m.apps = set.Apps.Mail(post)
	if m.set.Listen != "" {
		if m.listener, err = m.listen(ctx); err != nil {
			return nil, fmt.Errorf("receive mail: %w", err)
		}
	}
	return m, nil
}

func (m *mailOffice) listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", m.set.Listen)
	if err == nil || !m.set.AnyPort {
		return l, err
	}
	host, _, split := net.SplitHostPort(m.set.Listen)
	if split != nil {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
}

// jobs returns what the apps do to send mail.
func (m *mailOffice) jobs() (kinds []org.JobKind) {
	for _, a := range m.apps {
		kinds = append(kinds, a.Jobs...)
	}
	return kinds
}

// address returns where mail is taken, "" where none is.
func (m *mailOffice) address() string {
	if m.listener == nil {
		return ""
	}
	return m.listener.Addr().String()
}

// serve takes mail until ctx is done.
func (m *mailOffice) serve(ctx context.Context, o *org.Org, certs *certificates, log *slog.Logger) error {
	if m.listener == nil {
		return nil
	}
	s := receive.Settings{
		Domain: m.set.Domain, Log: log,
		Known: func(ctx context.Context, addr string) (bool, error) {
			a, err := m.forAddress(ctx, o, addr)
			return a != nil, err
		},
		Deliver: func(ctx context.Context, d receive.Delivery) error { return m.deliver(ctx, o, d) },
	}
	if certs != nil {
		s.TLS = certs.config()
	}
	return receive.Serve(ctx, m.listener, s, grace)
}

// forAddress returns the app that takes mail for an address, nil for none.
func (m *mailOffice) forAddress(ctx context.Context, o *org.Org, addr string) (*app.Mail, error) {
	for i := range m.apps {
		if ok, err := m.apps[i].Known(ctx, o, addr); err != nil || ok {
			return &m.apps[i], err
		}
	}
	return nil, nil
}

// deliver judges a message and hands it to the apps of its recipients, each once.
func (m *mailOffice) deliver(ctx context.Context, o *org.Org, d receive.Delivery) error {
	if j := m.set.Judge; j != nil {
		d.Verdict = j.Message(ctx, verify.Arrival{Remote: d.Remote, Helo: d.Helo, From: d.From, Raw: d.Raw})
	}
	to := map[*app.Mail][]string{}
	for _, addr := range d.To {
		a, err := m.forAddress(ctx, o, addr)
		if err != nil {
			return err
		}
		if a == nil {
			return errors.New("a recipient went away between RCPT and DATA")
		}
		to[a] = append(to[a], addr)
	}
	for i := range m.apps {
		if addrs := to[&m.apps[i]]; addrs != nil {
			part := d
			part.To = addrs
			if err := m.apps[i].Deliver(ctx, o, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// pages returns what shows the mailbox, none where there is none.
func (m *mailOffice) pages() []page.Route {
	if m.mailbox == nil {
		return nil
	}
	o := mailbox.Options{Box: m.mailbox, To: m.set.WriteTo}
	if m.listener != nil {
		o.Write = m.write
	}
	return mailbox.Routes(o)
}

// write sends what somebody types on the mailbox page, as their own program would: by SMTP.
func (m *mailOffice) write(ctx context.Context, e mail.Envelope, raw []byte) error {
	r := send.Relay{Addr: m.address(), Security: send.Plaintext, Domain: "localhost", AllowPrivate: true, Timeout: 30 * time.Second}
	if err := r.Send(ctx, e, raw); err != nil {
		return err
	}
	return m.mailbox.Keep(e.From, raw)
}

// close lets go of the port and of the mailbox; there may be none.
func (m *mailOffice) close() error {
	if m == nil {
		return nil
	}
	var err error
	if m.listener != nil {
		if err = m.listener.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	if m.mailbox != nil {
		err = errors.Join(err, m.mailbox.Close())
	}
	return err
}
