// Package send hands composed messages over: to a relay by SMTP, or into a
// local mailbox for trying things out. It decides nothing about a message and
// does not try twice; it says whether trying again can help.
package send

import (
	"context"
	"errors"
	"fmt"

	"stoa/internal/mail"
)

// A Transport sends one message to all recipients of its envelope or to none,
// and answers with nil or an *Error.
type Transport interface {
	Send(ctx context.Context, e mail.Envelope, raw []byte) error
}

// An Error says why a message was not sent.
type Error struct {
	Temporary bool
	Code      int    // of SMTP; 0 where no server spoke
	Status    string // such as 5.1.1 (RFC 3463); "" for none
	Text      string
	cause     error
}

func (e *Error) Error() string {
	if e.Code == 0 {
		return e.Text
	}
	return fmt.Sprintf("%d %s %s", e.Code, e.Status, e.Text)
}

// Unwrap returns what happened underneath, nil where a server refused.
func (e *Error) Unwrap() error { return e.cause }

// Permanent reports whether err says that trying again is of no use.
func Permanent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Temporary
}

// Nowhere is the transport of a server that has none: it refuses every message for good.
type Nowhere struct{}

// Send implements Transport.
func (Nowhere) Send(context.Context, mail.Envelope, []byte) error {
	return &Error{Text: "no relay for mail is set up"}
}
