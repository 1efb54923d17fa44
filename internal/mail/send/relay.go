package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"stoa/internal/mail"
)

// A Security says how the connection to a relay is protected.
type Security string

// The ways to protect a connection.
const (
	StartTLS  Security = "starttls" // upgraded before anything is said; refused where the relay cannot
	TLS       Security = "tls"      // from the first byte, port 465
	Plaintext Security = "none"     // for a relay on the same machine
)

// A Relay is the server of an operator that sends mail to the world.
type Relay struct {
	Addr         string // host:port
	Security     Security
	User, Secret string // for AUTH; "" for none. Never sent over a connection that is not protected
	Domain       string // what we call ourselves
	AllowPrivate bool   // the relay may have an address of this machine or network
	Roots        *tls.Config
	Timeout      time.Duration // for the whole; 0: two minutes
}

// Send implements Transport.
func (r *Relay) Send(ctx context.Context, e mail.Envelope, raw []byte) error {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := r.dial(ctx)
	if err != nil {
		return classify(err)
	}
	defer conn.Close() //nolint:errcheck // what matters was answered
	if d, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(d)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	return classify(r.talk(conn, e, raw))
}

func (r *Relay) talk(conn net.Conn, e mail.Envelope, raw []byte) error {
	c, err := r.client(conn)
	if err != nil {
		return err
	}
	if err := c.Hello(r.Domain); err != nil {
		return err
	}
	if r.User != "" {
		if r.Security == Plaintext {
			return &Error{Text: "the relay asks for a password and the connection is not protected"}
		}
		if err := c.Auth(r.mechanism(c)); err != nil {
			return err
		}
	}
	if size, ok := c.MaxMessageSize(); ok && size > 0 && len(raw) > size {
		return &Error{Code: 552, Status: "5.3.4", Text: "the message is larger than the relay takes"}
	}
	if err := c.SendMail(e.From, e.To, bytes.NewReader(raw)); err != nil {
		return err
	}
	_ = c.Quit() // the message is sent; how the relay says goodbye changes nothing
	return nil
}

// client greets the relay and protects the connection.
func (r *Relay) client(conn net.Conn) (*smtp.Client, error) {
	if r.Security != StartTLS {
		return smtp.NewClient(conn), nil
	}
	return smtp.NewClientStartTLS(conn, r.tls())
}

func (r *Relay) mechanism(c *smtp.Client) sasl.Client {
	if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
		return sasl.NewLoginClient(r.User, r.Secret)
	}
	return sasl.NewPlainClient("", r.User, r.Secret)
}

func (r *Relay) tls() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.Roots != nil {
		c = r.Roots.Clone()
	}
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(r.Addr)
	}
	return c
}

// dial looks at the address that the name led to before it connects, so that
// a name cannot lead into the operator's own network.
func (r *Relay) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read address of relay: %w", err)
		}
		if a := ap.Addr().Unmap(); !r.AllowPrivate && !public(a) {
			return &Error{Text: "the relay has an address of a private network, which is not allowed unless configured"}
		}
		return nil
	}}
	if r.Security == TLS {
		return (&tls.Dialer{NetDialer: &d, Config: r.tls()}).DialContext(ctx, "tcp", r.Addr)
	}
	return d.DialContext(ctx, "tcp", r.Addr)
}

// carrierGrade is the shared space of RFC 6598, which net/netip does not call private.
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !carrierGrade.Contains(a)
}

// classify tells what may pass from what will not. Whatever no server said is
// temporary: a name, a network or a certificate can be mended; only our own
// refusals and answers of class 5 are final.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if s, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return &Error{Temporary: s.Code/100 != 5, Code: s.Code, Status: status(s.EnhancedCode), Text: oneLine(s.Message)}
	}
	return &Error{Temporary: true, Text: "the relay cannot be reached or broke off", cause: err}
}

func status(c smtp.EnhancedCode) string {
	if c[0] <= 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
}

const maxAnswer = 500 // bytes of a server's answer that are kept

func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	return s[:min(len(s), maxAnswer)]
}
