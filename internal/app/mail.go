package app

import (
	"context"

	"stoa/internal/mail"
	"stoa/internal/mail/receive"
	"stoa/internal/mail/send"
	"stoa/internal/org"
)

// A Post is how mail leaves this Stoa.
type Post struct {
	Domain    string // of message ids
	Transport send.Transport
	Signer    *mail.Signer // nil: messages go out unsigned
}

// Mail is what an app does with mail.
type Mail struct {
	Jobs []org.JobKind // that send it

	// Known reports whether the app takes mail for an address.
	Known func(ctx context.Context, o *org.Org, addr string) (bool, error)
	// Deliver keeps a message for ever, or fails and is asked again. It may be called again with one that it has kept.
	Deliver func(ctx context.Context, o *org.Org, d receive.Delivery) error
}

// Mail returns what all apps do with mail that leaves by p.
func (all Apps) Mail(p Post) (m []Mail) {
	for _, a := range all {
		if a.Mail != nil {
			m = append(m, a.Mail(p))
		}
	}
	return m
}
